import Basics
import Glibc
import ModelFiles
import ObjectAnomaly
import Tensors
import TestSupport
import Testing

@Suite struct CouplingFlowTests {
    /// A small random flow of any width; its permutations are the published ones, made anew.
    private func tensors(width: Int, hidden: Int = 6, seed: UInt64) -> [String: Tensor] {
        var random = SeededGenerator(seed: seed)
        var tensors: [String: Tensor] = [:]
        let (front, back) = (width / 2, width - width / 2)
        for (module, (number, inputs, outputs)) in [0, 2].flatMap({ module in
            [(1, front, 2 * back), (2, back, 2 * front)].map { (module, $0) }
        }) {
            let name = "roi_head.flow_model.module_list.\(module).subnet\(number)"
            for (part, shape) in [
                (".0.weight", [hidden, inputs]), (".0.bias", [hidden]), (".2.weight", [outputs, hidden]),
                (".2.bias", [outputs]),
            ] {
                let count = shape.reduce(1, *)
                tensors[name + part] = Tensor(
                    Shape(shape), (0..<count).map { _ in Float(random.uniform(in: -0.7..<0.7)) })
            }
        }
        return tensors
    }

    private func rows(_ count: Int, _ width: Int, seed: UInt64) -> Tensor {
        var random = SeededGenerator(seed: seed)
        return Tensor([count, width], (0..<count * width).map { _ in Float(random.uniform(in: -2..<2)) })
    }

    @Test func `Permutations are numpy's`() {
        let first = CouplingFlow.publishedPermutation(1024, seed: 0)
        #expect(first.prefix(12) == [927, 27, 77, 609, 320, 1, 230, 772, 924, 751, 308, 481])
        let second = CouplingFlow.publishedPermutation(1024, seed: 1)
        #expect(second.prefix(12) == [830, 795, 495, 822, 859, 104, 27, 986, 735, 786, 491, 844])
        #expect(first.sorted() == Array(0..<1024) && second.sorted() == Array(0..<1024))
        #expect(CouplingFlow.publishedPermutation(1, seed: 3) == [0])
        #expect(CouplingFlow.publishedPermutation(0, seed: 3) == [])
    }

    @Test(
        .enabled(if: SharedData.hasGolden("ffs_flow"), "the reference vectors of ffs_flow are not here"),
        arguments: [0, 1])
    func `Permutations of another width are the checkpoint's`(_ seed: Int) throws {
        let file = try SharedData.golden("ffs_flow", "ffs.safetensors")
        let expected = try file.integers("perm\(seed)").map { Int($0) }
        #expect(CouplingFlow.publishedPermutation(expected.count, seed: UInt32(seed)) == expected)
    }

    @Test(arguments: [2, 3, 8, 17], [1, 5, 40])
    func `The inverse undoes the flow`(_ width: Int, _ count: Int) throws {
        let flow = try CouplingFlow(TensorTable(tensors(width: width, seed: 5)))
        let given = rows(count, width, seed: 6)
        let (values, there) = flow.forward(given, workspace: Workspace())
        let (returned, back) = flow.inverse(values, workspace: Workspace())
        expectClose(returned.array, given.array, within: 1e-4, "rows")
        expectClose(back.array, there.array.map { -$0 }, within: 1e-4, "log-determinants")
    }

    @Test func `The log-determinant is that of small volumes`() throws {
        let width = 4
        let flow = try CouplingFlow(TensorTable(tensors(width: width, seed: 7)))
        let point = rows(1, width, seed: 8)
        let logarithm = flow.forward(point, workspace: Workspace()).logDeterminants.array[0]
        let step: Float = 1e-2
        var jacobian: [[Double]] = []
        for column in 0..<width {
            let (above, below) = (Tensor([1, width], point.array), Tensor([1, width], point.array))
            above.pointer[column] += step
            below.pointer[column] -= step
            let (up, down) = (
                flow.forward(above, workspace: Workspace()).values, flow.forward(below, workspace: Workspace()).values
            )
            jacobian.append(zip(up.array, down.array).map { Double($0 - $1) / Double(2 * step) })
        }
        #expect(abs(log(abs(determinant(jacobian))) - Double(logarithm)) < 1e-2)
    }

    private func determinant(_ matrix: [[Double]]) -> Double {
        guard matrix.count > 1 else { return matrix[0][0] }
        return matrix.indices.reduce(0) { sum, row in
            let minor = matrix.indices.filter { $0 != row }.map { Array(matrix[$0].dropFirst()) }
            return sum + (row % 2 == 0 ? 1 : -1) * matrix[row][0] * determinant(minor)
        }
    }

    @Test(arguments: [3, 6])
    func `The likelihood's gradient is its slope`(_ width: Int) throws {
        let tensors = tensors(width: width, seed: 9)
        let flow = try CouplingFlow(TensorTable(tensors))
        let given = rows(7, width, seed: 10)
        let gradient = flow.zeros()
        let rowGradient = Tensor(given.shape)
        _ = flow.likelihoodLoss(given, gradient: gradient, rowGradient: rowGradient, workspace: Workspace())
        func loss(_ rows: Tensor, _ tensors: [String: Tensor]) throws -> Double {
            let flow = try CouplingFlow(TensorTable(tensors))
            return flow.likelihoodLoss(rows, gradient: flow.zeros(), workspace: Workspace())
        }
        let step: Float = 3e-3
        for index in stride(from: 0, to: given.count, by: 4) {
            let (above, below) = (Tensor(given.shape, given.array), Tensor(given.shape, given.array))
            above.pointer[index] += step
            below.pointer[index] -= step
            let slope = (try loss(above, tensors) - loss(below, tensors)) / Double(2 * step)
            #expect(abs(slope - Double(rowGradient.pointer[index])) < 0.02, "row value \(index)")
        }
        for (name, found) in gradient.named {
            let full = "roi_head.flow_model." + name
            let index = found.count / 2
            func moved(_ distance: Float) throws -> Double {
                let source = try #require(tensors[full])
                let changed = Tensor(source.shape, source.array)
                changed.pointer[index] += distance
                return try loss(given, tensors.merging([full: changed]) { $1 })
            }
            let slope = (try moved(step) - moved(-step)) / Double(2 * step)
            #expect(abs(slope - Double(found.pointer[index])) < 0.02, "\(name)")
        }
    }

    @Test func `The least likely of many is found whatever the number of cores`() throws {
        let flow = try CouplingFlow(TensorTable(tensors(width: 8, seed: 11)))
        let noise = rows(700, 8, seed: 12)
        let (rows, outlier, surprises) = flow.leastLikely(of: noise, pool: ComputePool(width: 1))
        let other = flow.leastLikely(of: noise, pool: ComputePool(width: 2))
        #expect(rows == other.rows && outlier.array == other.outliers.array)
        #expect(rows.map { surprises.array[$0] } == [surprises.array.max()])
        // The least likely ones of many are those of all, in order.
        let several = flow.leastLikely(5, of: noise, pool: ComputePool(width: 2))
        #expect(several.rows.map { surprises.array[$0] } == Array(surprises.array.sorted(by: >).prefix(5)))
        #expect(several.outliers.shape == [5, 8] && Array(several.outliers.array.prefix(8)) == outlier.array)
        // What running the flow forwards again says, as the authors do.
        let made = flow.inverse(noise, workspace: Workspace()).values
        let again = flow.surprises(
            noise, logDeterminants: flow.forward(made, workspace: Workspace()).logDeterminants)
        expectClose(surprises.array, again.array, within: 1e-3, "likelihoods")
    }

    @Test func `Flows that do not fit together are refused by name`() throws {
        var tensors = tensors(width: 8, seed: 13)
        let name = "roi_head.flow_model.module_list.2.subnet1.2.weight"
        let kept = tensors[name]
        tensors[name] = Tensor([6, 6], repeating: 0)
        #expect { try CouplingFlow(TensorTable(tensors)) } throws: {
            ($0 as? ModelFileError)?.message.contains(name) == true
        }
        tensors[name] = kept
        let other = self.tensors(width: 10, seed: 14).filter { $0.key.contains("module_list.2") }
        #expect { try CouplingFlow(TensorTable(tensors.merging(other) { $1 })) } throws: {
            ($0 as? ModelFileError)?.code == .wrongShape
        }
        tensors["roi_head.flow_model.module_list.0.subnet2.0.weight"] = nil
        #expect { try CouplingFlow(TensorTable(tensors)) } throws: { ($0 as? ModelFileError)?.code == .missingTensor }
    }
}
