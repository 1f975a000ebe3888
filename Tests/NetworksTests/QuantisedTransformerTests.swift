import Basics
import ModelFiles
import Networks
import Tensors
import TestSupport
import Testing

@Suite struct QuantisedLinearTests {
    let context = ComputeContext(pool: ComputePool(width: 2))

    private func random(_ shape: Shape, seed: UInt64) -> Tensor {
        var generator = SeededGenerator(seed: seed)
        return Tensor(shape, (0..<shape.count).map { _ in Float(generator.uniform(in: -1..<1)) })
    }

    @Test(arguments: [1, 5, 97, 300])
    func `A quantised layer is close to the exact one, whatever the number of rows`(_ rows: Int) {
        let weight = random([70, 90], seed: 1)
        let (bias, scale) = (random([70], seed: 2), random([70], seed: 3))
        let input = random([rows, 90], seed: 4)
        let exact = random([rows, 70], seed: 5)
        let quantised = Tensor(exact.shape, exact.elements)
        Linear(weight: weight, bias: bias, scale: scale)(input, into: exact, accumulating: true, context: context)
        QuantisedLinear(weight: weight, bias: bias, scale: scale)(
            input, into: quantised, accumulating: true, context: context)
        let error = difference(quantised.array, exact)
        #expect(error.largest < 0.06 && error.rms < 0.015, "\(error)")
    }

    @Test func `A weight that is no matrix and a scale that does not fit are refused`() throws {
        let table = TensorTable([
            "cube.weight": Tensor([2, 2, 2], repeating: 1), "flat.weight": Tensor([3, 2], repeating: 1),
            "flat.bias": Tensor([2], repeating: 1),
        ])
        #expect(throws: ModelFileError.self) { try QuantisedLinear(table, "cube") }
        #expect(throws: ModelFileError.self) { try QuantisedLinear(table, "flat") }
        #expect(throws: ModelFileError.self) { try QuantisedLinear(table, "none") }
        let good = TensorTable(["flat.weight": Tensor([3, 2], repeating: 1)])
        #expect(throws: ModelFileError.self) {
            try QuantisedLinear(good, "flat", scale: Tensor([2], repeating: 1))
        }
    }
}

@Suite(.enabled(if: SharedData.hasGolden("dinov2"), "the reference vectors of dinov2 are not here"))
struct QuantisedTransformerGoldenTests {
    @Test func `Tokens in 8 bits stay near those of the official model`() throws {
        let outputs = try SharedData.golden("dinov2", "outputs_a_noreg.safetensors")
        let inputs = try SharedData.golden("dinov2", "inputs.safetensors")
        let weights = try SharedData.golden("dinov2", "weights_a_noreg.safetensors")
        let transformer = try VisionTransformer(weights, precision: .int8)
        for width in [1, 2] {
            let context = ComputeContext(pool: ComputePool(width: width))
            for size in ["126x210", "224x224", "518x518"] {
                let image = channelsLast(try inputs.tensor("input_\(size)"))
                let found = transformer(image, layers: [transformer.depth - 1], context: context)[0]
                let expected = try outputs.tensor("\(size).x_norm_patchtokens")
                let error = difference(found.array, expected)
                // Tokens have unit variance.
                #expect(error.rms < 0.02 && error.largest < 0.15, "\(size): \(error)")
                context.workspace.giveBack(found)
            }
        }
    }

    @Test func `A second frame of the same size allocates nothing`() throws {
        let inputs = try SharedData.golden("dinov2", "inputs.safetensors")
        let weights = try SharedData.golden("dinov2", "weights_a_noreg.safetensors")
        let transformer = try VisionTransformer(weights, precision: .int8)
        let context = ComputeContext(pool: ComputePool(width: 2))
        let image = channelsLast(try inputs.tensor("input_224x224"))
        var allocations = 0
        for round in 0..<3 {
            let found = transformer(image, layers: [1, 3], context: context)
            for tensor in found { context.workspace.giveBack(tensor) }
            if round == 0 { allocations = context.workspace.allocations }
        }
        #expect(context.workspace.allocations == allocations)
    }
}
