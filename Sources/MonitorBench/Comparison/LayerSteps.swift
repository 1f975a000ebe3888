import Basics
import ModelFiles
import Networks
import Tensors

/// One layer with its own weights on inputs of the right shape, to be timed by itself.
struct LayerStep {
    /// Layers that cost the same share a name.
    let group: String
    /// Of the direct algorithm.
    let gflop: Double
    let run: () -> Void
}

/// A compared network taken apart, in the order in which it computes. What has no weights (attention, pooling,
/// enlarging) is not among the steps.
final class LayerSteps {
    private(set) var steps: [LayerStep] = []
    private let source: any TensorSource
    private let context: ComputeContext
    /// Inputs, outputs and residuals must not overlap; steps of equal shapes share them.
    private var memory: [String: Tensor] = [:]
    private var generator = SeededGenerator(seed: 1)

    /// - Parameters: as for `ComparedNetwork`; `width` and `height` are those of the input.
    /// - Throws: `ModelFileError` when the weights do not fit the kind.
    init(
        _ kind: ComparedNetwork.Kind, _ source: any TensorSource, width: Int, height: Int, context: ComputeContext
    ) throws {
        self.source = source
        self.context = context
        switch kind {
        case .vit: try addTransformer(width: width, height: height)
        case .detector: try addDetector(width: width, height: height)
        case .boxHead:
            for name in ["shared_fcs.0", "shared_fcs.1"] {
                try addLinear("roi_head.bbox_head." + name, rows: height, activation: .relu)
            }
        }
    }

    private func tensor(_ role: String, _ shape: Shape) -> Tensor {
        let key = "\(role) \(shape)"
        if let known = memory[key] { return known }
        let tensor = Tensor(shape)
        for index in 0..<tensor.count { tensor.pointer[index] = Float.random(in: 0..<1, using: &generator) }
        memory[key] = tensor
        return tensor
    }

    // MARK: Transformer

    private func addTransformer(width: Int, height: Int) throws {
        let patches = try addConvolution(
            "patch_embed.proj", [height, width, 3], stride: source.extents(of: "patch_embed.proj.weight")?.last ?? 1)
        let tokens = 1 + patches[0] * patches[1]
        let values = patches[2]
        var block = 0
        while source.contains("blocks.\(block).norm1.weight") {
            let name = "blocks.\(block)."
            try addNorm(name + "norm1", tokens, values)
            try addLinear(name + "attn.qkv", rows: tokens)
            try addLinear(name + "attn.proj", rows: tokens, accumulating: true)
            try addNorm(name + "norm2", tokens, values)
            try addLinear(name + "mlp.fc1", rows: tokens, activation: .gelu)
            try addLinear(name + "mlp.fc2", rows: tokens, accumulating: true)
            block += 1
        }
        try addNorm("norm", tokens, values)
    }

    private func addNorm(_ name: String, _ rows: Int, _ width: Int) throws {
        let norm = try LayerNorm(source, name, width: width)
        let (input, output) = (tensor("in", [rows, width]), tensor("out", [rows, width]))
        steps.append(
            LayerStep(group: "norm \(rows)x\(width)", gflop: 0) { [context] in
                norm(input, into: output, context: context)
            })
    }

    private func addLinear(
        _ name: String, rows: Int, activation: Activation = .none, accumulating: Bool = false
    ) throws {
        let layer = try Linear(source, name)
        let input = tensor("in", [rows, layer.inputWidth])
        let output = tensor("out", [rows, layer.outputWidth])
        let end = activation == .gelu ? " gelu" : accumulating ? " added" : ""
        steps.append(
            LayerStep(
                group: "linear \(rows)x\(layer.inputWidth) -> \(layer.outputWidth)\(end)",
                gflop: 2e-9 * Double(rows * layer.inputWidth * layer.outputWidth)
            ) { [context] in
                layer(input, into: output, activation: activation, accumulating: accumulating, context: context)
            })
    }

    // MARK: Detector

    private func addDetector(width: Int, height: Int) throws {
        var levels: [Shape] = []
        for (level, map) in try addBackbone(width: width, height: height).enumerated() {
            levels.append(try addConvolution("neck.lateral_convs.\(level).conv", map))
        }
        for (level, map) in levels.enumerated() { try addConvolution("neck.fpn_convs.\(level).conv", map, padding: 1) }
        if let last = levels.last { levels.append([(last[0] + 1) / 2, (last[1] + 1) / 2, last[2]]) }
        for map in levels { try addConvolution("rpn_head.rpn_conv", map, padding: 1, activation: .relu) }
        if source.contains("pixel_head.conv.weight") {
            let hidden = try addConvolution("pixel_head.conv", levels[1], padding: 1, activation: .relu)
            try addConvolution("pixel_head.proj", hidden)
        }
    }

    private func addBackbone(width: Int, height: Int) throws -> [Shape] {
        let stem = try addConvolution(
            "backbone.conv1", [height, width, 3], stride: 2, padding: 3, batchNorm: "backbone.bn1", activation: .relu)
        var map: Shape = [stem[0] / 2, stem[1] / 2, stem[2]]
        var maps: [Shape] = []
        for stage in 1...4 {
            var block = 0
            while source.contains("backbone.layer\(stage).\(block).conv1.weight") {
                map = try addBlock(
                    "backbone.layer\(stage).\(block)", map, stride: stage > 1 && block == 0 ? 2 : 1)
                block += 1
            }
            maps.append(map)
        }
        return maps
    }

    private func addBlock(_ name: String, _ input: Shape, stride: Int) throws -> Shape {
        if source.contains(name + ".downsample.0.weight") {
            try addConvolution(name + ".downsample.0", input, stride: stride, batchNorm: name + ".downsample.1")
        }
        let isBottleneck = source.contains(name + ".conv3.weight")
        let kernels = isBottleneck ? [1, 3, 1] : [3, 3]
        var map = input
        for (index, kernel) in kernels.enumerated() {
            map = try addConvolution(
                "\(name).conv\(index + 1)", map, stride: index == (isBottleneck ? 1 : 0) ? stride : 1,
                padding: kernel / 2, batchNorm: "\(name).bn\(index + 1)", activation: .relu,
                adding: index == kernels.count - 1)
        }
        return map
    }

    @discardableResult
    private func addConvolution(
        _ name: String, _ input: Shape, stride: Int = 1, padding: Int = 0, batchNorm: String? = nil,
        activation: Activation = .none, adding: Bool = false
    ) throws -> Shape {
        let layer = try Convolution(source, name, stride: stride, padding: padding, batchNorm: batchNorm)
        let result = layer.outputShape(input)
        let (image, output) = (tensor("in", input), tensor("out", result))
        let residual = adding ? tensor("residual", result) : nil
        let size = "\(layer.kernelHeight)x\(layer.kernelWidth)/\(stride)"
        let depth = layer.kernelHeight * layer.kernelWidth * layer.inputChannels
        steps.append(
            LayerStep(
                group: "\(size) \(layer.inputChannels) -> \(layer.outputChannels) at \(result[1])x\(result[0])",
                gflop: 2e-9 * Double(result.count * depth)
            ) { [context] in
                layer(image, into: output, activation: activation, adding: residual, context: context)
            })
        return result
    }
}
