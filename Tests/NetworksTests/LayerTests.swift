import Basics
import ModelFiles
import Networks
import Tensors
import Testing

@Suite struct LayerTests {
    let contexts = [ComputeContext(pool: ComputePool(width: 1)), ComputeContext(pool: ComputePool(width: 2))]

    @Test(arguments: [(1, 1, 1), (3, 5, 7), (1, 130, 300), (67, 33, 65), (200, 64, 10), (129, 7, 1)])
    func `A linear layer equals the naive sums`(_ rows: Int, _ inputs: Int, _ outputs: Int) {
        let weight = random([outputs, inputs], seed: 1)
        let bias = random([outputs], seed: 2)
        let input = random([rows, inputs], seed: 3)
        for activation in [Activation.none, .relu, .gelu] {
            for context in contexts {
                let output = Tensor([rows, outputs], repeating: .nan)
                Linear(weight: weight, bias: bias)(input, into: output, activation: activation, context: context)
                for row in 0..<rows {
                    for column in 0..<outputs {
                        var sum = Double(bias.pointer[column])
                        for index in 0..<inputs {
                            sum +=
                                Double(input.pointer[row * inputs + index])
                                * Double(weight.pointer[column * inputs + index])
                        }
                        let expected = apply(activation, sum)
                        #expect(abs(Double(output.pointer[row * outputs + column]) - expected) < 2e-5)
                    }
                }
            }
        }
    }

    @Test func `A linear layer on a flattened map takes PyTorch's channel-major weights`() {
        let channels = 5
        let cells = 6
        let weight = random([3, channels * cells], seed: 4)
        let map = random([2, cells, channels], seed: 5)
        let flattened = Tensor([2, channels * cells])
        for row in 0..<2 {
            for cell in 0..<cells {
                for channel in 0..<channels {
                    flattened.pointer[(row * channels + channel) * cells + cell] =
                        map.pointer[(row * cells + cell) * channels + channel]
                }
            }
        }
        let direct = Tensor([2, 3])
        let rearranged = Tensor([2, 3])
        Linear(weight: weight)(flattened, into: direct, context: contexts[0])
        map.reshape([2, cells * channels])
        Linear(weight: weight, flattenedCells: cells)(map, into: rearranged, context: contexts[0])
        for (left, right) in zip(direct.array, rearranged.array) { #expect(abs(left - right) < 1e-5) }
    }

    struct Geometry: Sendable, CustomTestStringConvertible {
        var height, width, inputs, outputs, kernelHeight, kernelWidth, stride, padding: Int
        var testDescription: String {
            "\(height)x\(width)x\(inputs) -> \(outputs), \(kernelHeight)x\(kernelWidth)/\(stride) pad \(padding)"
        }
    }

    static let geometries = [
        Geometry(height: 1, width: 1, inputs: 1, outputs: 1, kernelHeight: 1, kernelWidth: 1, stride: 1, padding: 0),
        Geometry(height: 7, width: 9, inputs: 5, outputs: 3, kernelHeight: 1, kernelWidth: 1, stride: 1, padding: 0),
        Geometry(height: 7, width: 9, inputs: 5, outputs: 3, kernelHeight: 1, kernelWidth: 1, stride: 2, padding: 0),
        Geometry(height: 13, width: 17, inputs: 6, outputs: 11, kernelHeight: 3, kernelWidth: 3, stride: 1, padding: 1),
        Geometry(height: 13, width: 16, inputs: 6, outputs: 11, kernelHeight: 3, kernelWidth: 3, stride: 2, padding: 1),
        Geometry(height: 40, width: 33, inputs: 3, outputs: 8, kernelHeight: 7, kernelWidth: 7, stride: 2, padding: 3),
        Geometry(height: 3, width: 2, inputs: 4, outputs: 5, kernelHeight: 3, kernelWidth: 5, stride: 1, padding: 4),
        Geometry(
            height: 28, width: 42, inputs: 3, outputs: 16, kernelHeight: 14, kernelWidth: 14, stride: 14, padding: 0),
        Geometry(
            height: 31, width: 37, inputs: 40, outputs: 70, kernelHeight: 3, kernelWidth: 3, stride: 1, padding: 1),
        Geometry(height: 1, width: 1, inputs: 16, outputs: 16, kernelHeight: 3, kernelWidth: 3, stride: 1, padding: 1),
        Geometry(height: 4, width: 4, inputs: 16, outputs: 48, kernelHeight: 3, kernelWidth: 3, stride: 1, padding: 1),
        Geometry(height: 5, width: 3, inputs: 64, outputs: 16, kernelHeight: 3, kernelWidth: 3, stride: 1, padding: 1),
        Geometry(
            height: 34, width: 27, inputs: 32, outputs: 80, kernelHeight: 3, kernelWidth: 3, stride: 1, padding: 1),
        Geometry(height: 5, width: 1, inputs: 2, outputs: 3, kernelHeight: 3, kernelWidth: 3, stride: 3, padding: 2),
    ]

    /// Planned cells for which small maps, medium and large ones choose different ways of computing.
    @Test(arguments: geometries, [1, 500, 5000])
    func `A convolution equals the naive sums, whatever map it was planned for`(_ geometry: Geometry, _ cells: Int) {
        let weight = random([geometry.outputs, geometry.inputs, geometry.kernelHeight, geometry.kernelWidth], seed: 6)
        let bias = random([geometry.outputs], seed: 7)
        let input = random([geometry.height, geometry.width, geometry.inputs], seed: 8)
        let convolution = Convolution(
            weight: weight, bias: bias, stride: geometry.stride, padding: geometry.padding, cells: cells)
        let plain = naive(input, weight, stride: geometry.stride, padding: geometry.padding)
        let shape = convolution.outputShape(input.shape)
        #expect(shape.count == plain.count)
        let residual = random(shape, seed: 9)
        // Winograd's transforms round a few parts in a million of the largest sum.
        let tolerance = 1e-5 * max(5, plain.map(abs).max() ?? 0)
        for context in contexts {
            for activation in [Activation.none, .relu] {
                for added in [nil, residual] {
                    let output = Tensor(shape, repeating: .nan)
                    convolution(input, into: output, activation: activation, adding: added, context: context)
                    for index in 0..<plain.count {
                        let sum =
                            plain[index] + Double(bias.pointer[index % geometry.outputs])
                            + Double(added?.pointer[index] ?? 0)
                        #expect(abs(Double(output.pointer[index]) - apply(activation, sum)) < tolerance)
                    }
                }
            }
        }
    }

    @Test func `Batch normalisation is folded into weights and bias`() throws {
        let source = TensorTable([
            "c.weight": random([4, 3, 3, 3], seed: 10), "c.bias": random([4], seed: 11),
            "n.weight": random([4], seed: 12),
            "n.bias": random([4], seed: 13), "n.running_mean": random([4], seed: 14),
            "n.running_var": Tensor([4], [0.5, 2, 0, 1]),
        ])
        let input = random([6, 5, 3], seed: 15)
        let convolution = try Convolution(source, "c", padding: 1, batchNorm: "n")
        let output = Tensor(convolution.outputShape(input.shape))
        convolution(input, into: output, context: contexts[0])
        let sums = naive(input, try source.tensor("c.weight"), stride: 1, padding: 1)
        func value(_ name: String, _ channel: Int) throws -> Double { Double(try source.tensor(name)[channel]) }
        for index in 0..<sums.count {
            let channel = index % 4
            let normalised =
                (sums[index] + (try value("c.bias", channel)) - (try value("n.running_mean", channel)))
                / ((try value("n.running_var", channel)) + 1e-5).squareRoot()
            let expected = normalised * (try value("n.weight", channel)) + (try value("n.bias", channel))
            #expect(abs(Double(output.pointer[index]) - expected) < 1e-5 * max(1, abs(expected)))
        }
    }

    @Test func `A second run of the same size allocates nothing`() {
        let convolution = Convolution(weight: random([8, 3, 3, 3], seed: 1), padding: 1)
        let context = ComputeContext(pool: ComputePool(width: 2))
        let input = random([20, 20, 3], seed: 2)
        let output = Tensor([20, 20, 8])
        convolution(input, into: output, context: context)
        let before = context.workspace.allocations
        convolution(input, into: output, context: context)
        #expect(context.workspace.allocations == before)
    }

    @Test func `Weights that are missing, of the wrong shape or not finite are refused by name`() {
        let source = TensorTable([
            "a.weight": Tensor([2, 2], [1, .nan, 0, 0]), "b.weight": Tensor([2], [1, 1]),
            "c.weight": Tensor([2, 2], [1, 1, 1, 1]), "c.bias": Tensor([3], [1, 1, 1]),
        ])
        func refusal(_ prefix: String) -> ModelFileError? {
            do throws(ModelFileError) {
                _ = try Linear(source, prefix)
                return nil
            } catch {
                return error
            }
        }
        #expect(refusal("a")?.code == .notFinite)
        #expect(refusal("a")?.message.contains("a.weight") == true)
        #expect(refusal("b")?.code == .wrongShape)
        #expect(refusal("c")?.code == .wrongShape)
        #expect(refusal("c")?.message.contains("c.bias") == true)
        #expect(refusal("d")?.code == .missingTensor)
    }
}
