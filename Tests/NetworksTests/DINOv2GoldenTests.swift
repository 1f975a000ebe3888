import ModelFiles
import Networks
import Tensors
import TestSupport
import Testing

@Suite(.enabled(if: SharedData.hasGolden("dinov2"), "the reference vectors of dinov2 are not here"))
struct DINOv2GoldenTests {
    let context = ComputeContext(pool: ComputePool(width: 2))

    @Test(arguments: ["a_noreg", "b_reg4"])
    func `Every stored token and position equals the official model's`(_ model: String) throws {
        let outputs = try SharedData.golden("dinov2", "outputs_\(model).safetensors")
        let inputs = try SharedData.golden("dinov2", "inputs.safetensors")
        let transformer = try VisionTransformer(try weights(model))
        var checked = 0
        for input in inputs.names {
            let size = String(input.dropFirst("input_".count))
            let stored = outputs.names.filter { $0.hasPrefix(size + ".") }
            #expect(!stored.isEmpty)
            let image = channelsLast(try inputs.tensor(input))
            let layers = Array(0..<transformer.depth)
            let tokens = transformer.allTokens(image, layers: layers, context: context)
            let patches = transformer(image, layers: layers, context: context)
            for name in stored {
                let expected = try outputs.tensor(name)
                let key = String(name.dropFirst(size.count + 1))
                try compare(key, expected, tokens, patches, transformer, image)
                checked += 1
            }
            for tensor in tokens + patches { context.workspace.giveBack(tensor) }
        }
        #expect(checked == outputs.names.count)
    }

    private func compare(
        _ key: String, _ expected: Tensor, _ tokens: [Tensor], _ patches: [Tensor], _ transformer: VisionTransformer,
        _ image: Tensor
    ) throws {
        let width = transformer.width
        let leading = transformer.leadingTokens
        let last = transformer.depth - 1
        func rows(_ tensor: Tensor, _ rows: some Sequence<Int>) -> [Float] {
            rows.flatMap { Array(UnsafeBufferPointer(start: tensor.row($0), count: width)) }
        }
        let grid = transformer.gridSize(of: image.shape)
        let found: [Float]
        switch key {
        case "pos_embed":
            found = transformer.positions(rows: grid.rows, columns: grid.columns).array
            let error = difference(found, expected)
            #expect(error.largest < 1e-5, "\(key): \(error)")
            return
        case "tokens_after_pos": found = transformer.embed(image, context: context).array
        case "x_norm_patchtokens": found = patches[last].array
        case "x_norm_clstoken": found = rows(tokens[last], 0...0)
        case "x_norm_regtokens": found = rows(tokens[last], 1..<leading)
        case "block0_out": found = transformer.residualStream(image, blocks: 1, context: context).array
        default:
            let parts = key.split(separator: ".")
            let layer = try #require(parts.first.flatMap { Int($0.dropFirst("layer".count)) })
            switch parts.last {
            case "cls": found = rows(tokens[layer], 0...0)
            case "patch": found = rows(tokens[layer], leading..<tokens[layer].shape[0])
            case "patch_every17": found = rows(patches[layer], stride(from: 0, to: patches[layer].shape[0], by: 17))
            default:
                Issue.record("unknown tensor \(key)")
                return
            }
        }
        let error = difference(found, expected)
        #expect(error.largest < 1e-4 && error.rms < 2e-5, "\(key): \(error)")
    }

    /// The registers of the second model are stored alone; the rest is shared with the first.
    private func weights(_ model: String) throws -> any TensorSource {
        var tensors: [String: Tensor] = [:]
        for name in Set(["a_noreg", model]) {
            let file = try SharedData.golden("dinov2", "weights_\(name).safetensors")
            for tensor in file.names { tensors[tensor] = try file.tensor(tensor) }
        }
        return TensorTable(tensors)
    }
}
