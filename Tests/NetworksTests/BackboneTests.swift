import ModelFiles
import Networks
import Tensors
import Testing

/// Small networks with random weights: what the reference vectors do not reach.
@Suite struct BackboneTests {
    private func batchNorm(_ tensors: inout [String: Tensor], _ name: String, _ channels: Int, _ seed: UInt64) {
        tensors[name + ".weight"] = random([channels], seed: seed)
        tensors[name + ".bias"] = random([channels], seed: seed + 1)
        tensors[name + ".running_mean"] = random([channels], seed: seed + 2)
        tensors[name + ".running_var"] = Tensor([channels], repeating: 0.7)
    }

    /// Basic blocks, two in the first stage, one in the others.
    private func residual(_ widths: [Int] = [6, 8, 10, 12]) -> [String: Tensor] {
        var tensors = ["net.conv1.weight": random([6, 3, 7, 7], seed: 1)]
        batchNorm(&tensors, "net.bn1", 6, 2)
        var channels = 6
        for (index, width) in widths.enumerated() {
            for block in 0..<(index == 0 ? 2 : 1) {
                let name = "net.layer\(index + 1).\(block)"
                tensors[name + ".conv1.weight"] = random([width, channels, 3, 3], seed: 10)
                tensors[name + ".conv2.weight"] = random([width, width, 3, 3], seed: 11)
                batchNorm(&tensors, name + ".bn1", width, 12)
                batchNorm(&tensors, name + ".bn2", width, 15)
                if index > 0 {
                    tensors[name + ".downsample.0.weight"] = random([width, channels, 1, 1], seed: 18)
                    batchNorm(&tensors, name + ".downsample.1", width, 19)
                }
                channels = width
            }
        }
        return tensors
    }

    private func pyramid(_ widths: [Int] = [6, 8, 10, 12], _ width: Int = 5) -> [String: Tensor] {
        var tensors: [String: Tensor] = [:]
        for (index, channels) in widths.enumerated() {
            tensors["neck.lateral_convs.\(index).conv.weight"] = random([width, channels, 1, 1], seed: 30)
            tensors["neck.lateral_convs.\(index).conv.bias"] = random([width], seed: 31)
            tensors["neck.fpn_convs.\(index).conv.weight"] = random([width, width, 3, 3], seed: 32)
            tensors["neck.fpn_convs.\(index).conv.bias"] = random([width], seed: 33)
        }
        return tensors
    }

    @Test(arguments: [(32, 32), (64, 96), (96, 160), (224, 32)])
    func `Any multiple of 32 gives levels of the right size, whatever the cores`(_ height: Int, _ width: Int) throws {
        let backbone = try ResNet(TensorTable(residual()), prefix: "net")
        let neck = try FeaturePyramid(TensorTable(pyramid()))
        #expect(backbone.widths == [6, 8, 10, 12])
        #expect(neck.width == 5)
        let image = random([height, width, 3], seed: 40)
        var first: [[Float]] = []
        for cores in [1, 2, 5] {
            let context = ComputeContext(pool: ComputePool(width: cores))
            let maps = backbone(image, context: context)
            let levels = neck(maps, context: context)
            for (index, map) in maps.enumerated() {
                #expect(map.tensor.shape == [height >> (index + 2), width >> (index + 2), backbone.widths[index]])
                #expect(map.stride == 4 << index)
            }
            for (index, level) in levels.enumerated() {
                let half = { (extent: Int) in index == 4 ? (extent / 32 + 1) / 2 : extent >> (index + 2) }
                #expect(level.tensor.shape == [half(height), half(width), 5])
                #expect(level.stride == 4 << index)
            }
            #expect(levels.count == 5)
            let values = (maps + levels).map(\.tensor.array)
            if first.isEmpty { first = values }
            // The order of additions does not depend on how the work is split.
            #expect(values == first)
        }
    }

    @Test func `Backbones whose tensors do not follow each other are refused by name`() throws {
        func refusal(_ change: (inout [String: Tensor]) -> Void) throws -> ModelFileError {
            var tensors = residual()
            change(&tensors)
            return try #require(throws: ModelFileError.self) { _ = try ResNet(TensorTable(tensors), prefix: "net") }
        }
        var error = try refusal { $0["net.layer3.0.conv1.weight"] = nil }
        #expect(error.code == .missingTensor && error.message.contains("net.layer3.0.conv1.weight"))
        error = try refusal { $0["net.layer2.0.downsample.0.weight"] = nil }
        #expect(error.code == .missingTensor && error.message.contains("net.layer2.0.downsample.0.weight"))
        error = try refusal { $0["net.layer2.0.conv1.weight"] = random([8, 7, 3, 3], seed: 1) }
        #expect(error.code == .wrongShape && error.message.contains("net.layer2.0.conv1.weight"))
        error = try refusal { $0["net.layer1.1.conv2.weight"] = random([6, 6, 5, 5], seed: 1) }
        #expect(error.code == .wrongShape && error.message.contains("net.layer1.1.conv2.weight"))
        error = try refusal { $0["net.layer4.0.bn2.bias"] = Tensor([11]) }
        #expect(error.code == .wrongShape && error.message.contains("net.layer4.0.bn2.bias"))
        error = try refusal { $0["net.bn1.running_var"] = Tensor([6], repeating: -1) }
        #expect(error.code == .notFinite && error.message.contains("net.bn1.running_var"))
        error = try refusal { $0["net.layer1.0.bn1.weight"] = Tensor([6], repeating: .infinity) }
        #expect(error.code == .notFinite && error.message.contains("net.layer1.0.bn1.weight"))
        var odd = pyramid()
        odd["neck.fpn_convs.2.conv.weight"] = random([5, 4, 3, 3], seed: 1)
        error = try #require(throws: ModelFileError.self) { _ = try FeaturePyramid(TensorTable(odd)) }
        #expect(error.code == .wrongShape && error.message.contains("level 2"))
    }

    private func transformer(width: Int = 32, layerScale: Bool = true) -> [String: Tensor] {
        var tensors = [
            "vit.cls_token": random([1, 1, width], seed: 1), "vit.pos_embed": random([1, 26, width], seed: 2),
            "vit.patch_embed.proj.weight": random([width, 3, 4, 4], seed: 3),
            "vit.patch_embed.proj.bias": random([width], seed: 4), "vit.norm.weight": random([width], seed: 5),
            "vit.norm.bias": random([width], seed: 6),
        ]
        for block in 0..<2 {
            for (key, shape) in [
                ("norm1.weight", [width]), ("norm1.bias", [width]), ("attn.qkv.weight", [3 * width, width]),
                ("attn.qkv.bias", [3 * width]), ("attn.proj.weight", [width, width]), ("attn.proj.bias", [width]),
                ("norm2.weight", [width]), ("norm2.bias", [width]), ("mlp.fc1.weight", [50, width]),
                ("mlp.fc1.bias", [50]), ("mlp.fc2.weight", [width, 50]), ("mlp.fc2.bias", [width]),
            ] as [(String, Shape)] {
                tensors["vit.blocks.\(block).\(key)"] = random(shape, seed: 7)
            }
            if layerScale {
                tensors["vit.blocks.\(block).ls1.gamma"] = Tensor([width], repeating: 1)
                tensors["vit.blocks.\(block).ls2.gamma"] = Tensor([width], repeating: 1)
            }
        }
        return tensors
    }

    @Test(arguments: [(4, 4), (20, 20), (8, 28), (52, 44)], [1, 2, 4])
    func `Any grid and number of heads runs, and cores do not change the result`(
        _ size: (height: Int, width: Int), _ heads: Int
    ) throws {
        let network = try VisionTransformer(TensorTable(transformer()), prefix: "vit.", heads: heads)
        #expect(network.patchSize == 4 && network.depth == 2 && network.heads == heads)
        let image = random([size.height, size.width, 3], seed: 9)
        let grid = network.gridSize(of: image.shape)
        var first: [Float] = []
        for cores in [1, 2, 3] {
            let context = ComputeContext(pool: ComputePool(width: cores))
            let outputs = network(image, layers: [1, 0], context: context)
            #expect(outputs.count == 2)
            #expect(outputs[0].shape == [grid.rows * grid.columns, 32])
            let tokens = network.allTokens(image, layers: [1], context: context)[0]
            #expect(Array(tokens.elements[32...]) == outputs[0].array)
            #expect(outputs[0].array != outputs[1].array)
            let values = outputs[0].array
            if first.isEmpty { first = values }
            var largest: Float = 0
            for (left, right) in zip(values, first) { largest = max(largest, abs(left - right)) }
            #expect(largest < 1e-5)
        }
    }

    @Test func `Layer scale of one equals none`() throws {
        let image = random([20, 20, 3], seed: 9)
        let context = ComputeContext()
        let outputs = try [true, false].map { layerScale in
            let tensors = TensorTable(transformer(layerScale: layerScale))
            return try VisionTransformer(tensors, prefix: "vit.", heads: 2)(image, layers: [1], context: context)[0]
                .array
        }
        #expect(outputs[0] == outputs[1])
    }

    @Test func `Transformers whose tensors do not fit are refused by name`() throws {
        func refusal(heads: Int? = 2, _ change: (inout [String: Tensor]) -> Void) throws -> ModelFileError {
            var tensors = transformer()
            change(&tensors)
            return try #require(throws: ModelFileError.self) {
                _ = try VisionTransformer(TensorTable(tensors), prefix: "vit.", heads: heads)
            }
        }
        // Without a known number of heads 64 values per head are assumed, which 32 values cannot give.
        #expect(try refusal(heads: nil) { _ in }.message.contains("32"))
        #expect(try refusal(heads: 3) { _ in }.code == .wrongShape)
        #expect(try refusal { $0["vit.pos_embed"] = random([1, 25, 32], seed: 1) }.message.contains("vit.pos_embed"))
        #expect(try refusal { $0["vit.pos_embed"] = random([1, 26, 30], seed: 1) }.message.contains("vit.pos_embed"))
        #expect(try refusal { $0["vit.cls_token"] = random([1, 2, 32], seed: 1) }.message.contains("vit.cls_token"))
        #expect(try refusal { $0["vit.register_tokens"] = random([1, 1, 31], seed: 1) }.code == .wrongShape)
        #expect(try refusal { $0["vit.blocks.1.mlp.fc2.weight"] = nil }.message.contains("vit.blocks.1.mlp.fc2.weight"))
        #expect(
            try refusal { $0["vit.blocks.0.attn.qkv.weight"] = random([64, 32], seed: 1) }.code == .wrongShape)
        #expect(
            try refusal { $0["vit.blocks.0.ls1.gamma"] = random([31], seed: 1) }.message
                .contains("vit.blocks.0.ls1.gamma"))
        #expect(
            try refusal { $0["vit.patch_embed.proj.weight"] = random([32, 3, 4, 5], seed: 1) }.message
                .contains("vit.patch_embed.proj.weight"))
        #expect(try refusal { $0["vit.norm.bias"] = Tensor([32], repeating: .nan) }.code == .notFinite)
    }
}
