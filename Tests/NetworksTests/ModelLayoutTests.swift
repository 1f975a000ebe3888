import Basics
import Forgeries
import FoundationEssentials
import ModelFiles
import Networks
import Tensors
import Testing

@Suite struct ModelLayoutTests {
    /// Small random values; variances and gains near 1, so that signals neither vanish nor explode.
    static func table(_ tensors: OfficialNames.Tensors) -> TensorTable {
        var generator = SeededGenerator(seed: 3)
        var table: [String: Tensor] = [:]
        for (name, extents) in tensors {
            let tensor = Tensor(Shape(extents))
            let isScale = name.hasSuffix("running_var") || (extents.count == 1 && name.hasSuffix(".weight"))
            let spread = 1 / Double(max(1, extents.dropFirst().reduce(1, *))).squareRoot()
            for index in 0..<tensor.count {
                tensor[index] = isScale ? 1 : Float(generator.uniform(in: -spread..<spread))
            }
            table[name] = tensor
        }
        return TensorTable(table)
    }

    /// A checkpoint of zeros with holes on disk, whatever the size of the model.
    static func checkpoint(_ tensors: OfficialNames.Tensors) throws -> CheckpointFile {
        var writer = CheckpointWriter()
        for (name, extents) in tensors { writer.add(name, zeros: extents) }
        let path = "/tmp/layout-\(UInt64.random(in: 0...UInt64.max)).pth"
        try writer.archive().write(to: path)
        // The mapping outlives the name.
        defer { try? FileManager.default.removeItem(atPath: path) }
        return try CheckpointFile(path: path)
    }

    struct Official: Sendable, CustomTestStringConvertible {
        let name: String
        let width: Int
        let depth: Int
        var registers = 0
        let tensors: Int
        let parameters: Int
        var testDescription: String { name }
    }

    static let officials = [
        Official(name: "ViT-S/14", width: 384, depth: 12, tensors: 175, parameters: 22_056_576),
        Official(name: "ViT-B/14", width: 768, depth: 12, tensors: 175, parameters: 86_580_480),
        Official(name: "ViT-L/14", width: 1024, depth: 24, tensors: 343, parameters: 304_368_640),
        Official(
            name: "ViT-L/14 with 4 registers", width: 1024, depth: 24, registers: 4, tensors: 344,
            parameters: 304_372_736),
    ]

    @Test(arguments: officials)
    func `Official transformers are recognised in their checkpoints`(_ official: Official) throws {
        let names = OfficialNames.dinov2(
            width: official.width, depth: official.depth, registers: official.registers)
        let file = try Self.checkpoint(names)
        #expect(file.names.count == official.tensors)
        let layout = try VisionTransformerLayout(file)
        try layout.plan.check(file)
        #expect(layout.description == official.name)
        // The mask token is in the file and not in the network.
        #expect(layout.plan.parameters == official.parameters - official.width)
    }

    @Test func `ViT-S loads from its checkpoint and runs`() throws {
        let source = Self.table(OfficialNames.dinov2(width: 384, depth: 12))
        var writer = CheckpointWriter()
        for name in source.names {
            writer.add(name, try source.tensor(name).array, extents: source.extents(of: name) ?? [])
        }
        let path = "/tmp/vits-\(UInt64.random(in: 0...UInt64.max)).pth"
        try writer.archive().write(to: path)
        defer { try? FileManager.default.removeItem(atPath: path) }
        let file = try CheckpointFile(path: path)
        let (read, held) = (try VisionTransformer(file), try VisionTransformer(source))
        #expect(read.heads == 6 && read.depth == 12 && read.width == 384 && read.patchSize == 14)
        let context = ComputeContext()
        let image = Tensor([56, 84, 3], (0..<56 * 84 * 3).map { Float($0 % 17) / 17 })
        let found = read(image, layers: [11], context: context)[0]
        #expect(found.shape == [24, 384])
        let strange = found.array.filter { !$0.isFinite }
        #expect(strange.isEmpty)
        #expect(found.array == held(image, layers: [11], context: context)[0].array)
    }

    @Test(arguments: [18, 34, 50, 101, 152])
    func `A ResNet of every depth is recognised, built and run`(_ depth: Int) throws {
        let source = Self.table(OfficialNames.oln(depth: depth, width: 8, channels: 16, features: 32))
        let layout = try ResNetLayout(source)
        #expect(layout.description == "ResNet-\(depth), base width 8")
        let context = ComputeContext()
        let image = Tensor([64, 96, 3], repeating: 0.5)
        let maps = try ResNet(source)(image, context: context)
        #expect(maps.map(\.tensor.shape[2]) == [8, 16, 32, 64].map { depth >= 50 ? 4 * $0 : $0 })
        #expect(maps.map(\.stride) == [4, 8, 16, 32])
        let pyramid = try FeaturePyramid(source)(maps, context: context)
        #expect(pyramid.count == 5)
        let strange = pyramid.flatMap(\.tensor.array).filter { !$0.isFinite }
        #expect(strange.isEmpty)
    }

    private func refusal(
        _ tensors: OfficialNames.Tensors, _ code: ModelFileError.Code, _ words: String...
    ) throws {
        let file = try Self.checkpoint(tensors)
        let error = try #require(throws: ModelFileError.self) {
            let layout = try VisionTransformerLayout(file)
            try layout.plan.check(file)
        }
        #expect(error.code == code, "\(error)")
        for word in words + [file.origin] { #expect(error.message.contains(word), "\(error)") }
    }

    @Test func `Transformers that are not whole, or others, are refused with the key`() throws {
        let whole = OfficialNames.dinov2(width: 128, depth: 3)
        try refusal(whole.filter { $0.name != "blocks.1.attn.qkv.bias" }, .missingTensor, "blocks.1.attn.qkv.bias")
        try refusal(whole.filter { !$0.name.hasPrefix("blocks.1.") }, .missingTensor, "blocks.1.", "(and 13 more)")
        try refusal(whole.filter { $0.name != "pos_embed" }, .missingTensor, "pos_embed")
        try refusal(whole + [("blocks.2.attn.extra", [3])], .unexpectedTensor, "blocks.2.attn.extra")
        try refusal(whole + [("blocks.0.mlp.w12.weight", [8, 8])], .unexpectedTensor, "ViT-g")
        try refusal(whole + [("blocks.0.0.norm1.weight", [8])], .unexpectedTensor, "block_chunks=0")
        try refusal(whole + [("blocks.1000000.norm1.weight", [8])], .wrongShape, "blocks.1000000.norm1.weight")
        func changed(_ name: String, _ extents: [Int]) -> OfficialNames.Tensors {
            whole.map { $0.name == name ? (name, extents) : $0 }
        }
        try refusal(changed("pos_embed", [1, 1371, 128]), .wrongShape, "pos_embed", "[1, 1371, 128]")
        try refusal(
            changed("blocks.2.mlp.fc2.weight", [128, 500]), .wrongShape, "blocks.2.mlp.fc2.weight", "[128, 512]")
        try refusal(changed("patch_embed.proj.weight", [128, 3, 14, 13]), .wrongShape, "patch_embed.proj.weight")
        try refusal(changed("patch_embed.proj.weight", [32, 3, 14, 14]), .wrongShape, "32 values per token")
        try refusal(changed("patch_embed.proj.weight", [100_000, 3, 1, 1]), .wrongShape, "[100000, 3, 1, 1]")
        try refusal(changed("norm.weight", [0]), .wrongShape, "norm.weight", "[0]")
    }
}
