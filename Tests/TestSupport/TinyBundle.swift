internal import Basics
internal import FoundationEssentials
public import ModelFiles
internal import Tensors

/// Model bundles with tiny random networks, written to a folder of the test.
public struct TinyBundle {
    public var detector: String?
    public var pixelFeatures: String?
    /// 1: nothing is ever detected.
    public var scoreThreshold: Float
    public var pixels: ModelCard.PixelNetwork?

    public init(
        detector: String? = "oln-resnet-fpn", pixelFeatures: String? = "vit", scoreThreshold: Float = 0,
        pixels: ModelCard.PixelNetwork? = ModelCard.PixelNetwork(
            input: ModelCard.Input(
                mean: [124, 116, 104], std: [58, 57, 57], longSide: 112, sizeDivisor: 14), layers: [0, 1])
    ) {
        self.detector = detector
        self.pixelFeatures = pixelFeatures
        self.scoreThreshold = scoreThreshold
        self.pixels = pixels
    }

    /// Values per token, and hidden values of a mixer.
    private static let tokenWidth = 64
    private static let hiddenWidth = 96
    private static let channels = 8

    /// Writes card and weights.
    @discardableResult
    public func open(in folder: TemporaryFolder) throws -> ModelBundle {
        var writer = SafetensorsWriter()
        var random = SeededGenerator(seed: 5)
        func add(_ name: String, _ shape: Shape, _ size: Double = 1) {
            // Fan-in scaled, so that values neither grow nor vanish from layer to layer.
            let inputs = shape.array.dropFirst().reduce(1, *)
            let spread = size * (3 / Double(inputs)).squareRoot()
            writer.add(
                name, Tensor(shape, (0..<shape.count).map { _ in Float(random.uniform(in: -spread..<spread)) }))
        }
        func constant(_ name: String, _ count: Int, _ value: Float) {
            writer.add(name, Tensor([count], repeating: value))
        }
        addDetector(add, constant)
        addTransformer(add, constant)
        let path = folder.file("weights.safetensors")
        try writer.write(to: path)
        let sum = try Checksum.sha256(file: path)
        let card = ModelCard(
            name: "tiny", architecture: .init(detector: detector, pixelFeatures: pixelFeatures),
            input: ModelCard.Input(mean: [124, 116, 104], std: [58, 57, 57], longSide: 128, sizeDivisor: 32),
            detector: .init(proposalsPerLevel: 30, scoreThreshold: scoreThreshold, nmsIoU: 0.5, maxDetections: 10),
            pixels: pixels, files: ["weights.safetensors": .init(sha256: sum.digest, bytes: sum.bytes)], licence: "none"
        )
        try card.serialized().write(to: URL(filePath: folder.file("card.json")))
        return try ModelBundle.open(path: folder.path)
    }

    private func addDetector(
        _ add: (String, Shape, Double) -> Void, _ constant: (String, Int, Float) -> Void
    ) {
        let channels = Self.channels
        func convolution(_ name: String, _ norm: String, _ shape: Shape) {
            add(name + ".weight", shape, 1)
            for (key, value) in [("weight", 1), ("bias", 0), ("running_mean", 0), ("running_var", 1)] {
                constant("\(norm).\(key)", shape[0], Float(value))
            }
        }
        convolution("backbone.conv1", "backbone.bn1", [channels, 3, 7, 7])
        for stage in 1...4 {
            let name = "backbone.layer\(stage).0"
            for index in 1...2 {
                convolution("\(name).conv\(index)", "\(name).bn\(index)", [channels, channels, 3, 3])
            }
            if stage > 1 { convolution("\(name).downsample.0", "\(name).downsample.1", [channels, channels, 1, 1]) }
        }
        for level in 0..<4 {
            for (name, side) in [("lateral_convs", 1), ("fpn_convs", 3)] {
                add("neck.\(name).\(level).conv.weight", [channels, channels, side, side], 1)
                constant("neck.\(name).\(level).conv.bias", channels, 0)
            }
        }
        for (name, shape) in [
            ("rpn_head.rpn_conv", [channels, channels, 3, 3]), ("rpn_head.rpn_obj", [1, channels, 1, 1]),
            ("rpn_head.rpn_reg", [4, channels, 1, 1]), ("roi_head.bbox_head.shared_fcs.0", [16, channels * 49]),
            ("roi_head.bbox_head.shared_fcs.1", [16, 16]), ("roi_head.bbox_head.fc_reg", [4, 16]),
            ("roi_head.bbox_head.fc_bbox_score", [1, 16]), ("pixel_head.conv", [channels, channels, 3, 3]),
            ("pixel_head.proj", [channels, channels, 1, 1]),
        ] as [(String, Shape)] {
            add(name + ".weight", shape, 1)
            // Distances of about an anchor's side make boxes.
            constant(name + ".bias", shape[0], name == "rpn_head.rpn_reg" ? 0.4 : 0)
        }
    }

    private func addTransformer(
        _ add: (String, Shape, Double) -> Void, _ constant: (String, Int, Float) -> Void
    ) {
        let (width, hidden) = (Self.tokenWidth, Self.hiddenWidth)
        add("cls_token", [1, 1, width], 1)
        add("pos_embed", [1, 17, width], 4)
        add("patch_embed.proj.weight", [width, 3, 14, 14], 1)
        constant("patch_embed.proj.bias", width, 0)
        for block in 0..<2 {
            let name = "blocks.\(block)."
            for (key, shape) in [
                ("attn.qkv", [3 * width, width]), ("attn.proj", [width, width]), ("mlp.fc1", [hidden, width]),
                ("mlp.fc2", [width, hidden]),
            ] as [(String, Shape)] {
                add(name + key + ".weight", shape, 1)
                constant(name + key + ".bias", shape[0], 0.1)
            }
            for norm in ["norm1", "norm2"] {
                constant(name + norm + ".weight", width, 1)
                constant(name + norm + ".bias", width, 0)
            }
        }
        constant("norm.weight", width, 1)
        constant("norm.bias", width, 0)
    }
}
