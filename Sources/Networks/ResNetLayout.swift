public import ModelFiles

/// What kind of residual network and feature pyramid a file holds, told from its tensors alone; see `ResNet` and
/// `FeaturePyramid`.
public struct ResNetLayout: Sendable, Hashable, CustomStringConvertible {
    private struct Stage: Sendable, Hashable {
        let blocks: Int
        /// Channels inside a block and behind it.
        let inner: Int
        let outer: Int
        /// Whether the first block's shortcut has a convolution.
        let hasDownsample: Bool
    }

    /// Three convolutions per block instead of two.
    public let isBottleneck: Bool
    /// Channels of the stem: 64 in official models.
    public let baseWidth: Int
    /// Channels of every level of the pyramid.
    public let pyramidWidth: Int
    private let stages: [Stage]

    /// - Throws: `ModelFileError` when a tensor that tells a size is missing or absurd.
    public init(_ source: any TensorSource) throws(ModelFileError) {
        isBottleneck = source.contains("backbone.layer1.0.conv3.weight")
        let last = isBottleneck ? "conv3" : "conv2"
        baseWidth = try source.extents(of: "backbone.conv1.weight", rank: 4, each: 1...8192)[0]
        var stages: [Stage] = []
        for stage in 1...4 {
            let name = "backbone.layer\(stage)."
            stages.append(
                Stage(
                    blocks: max(1, try source.count(of: name, most: 64)),
                    inner: try source.extents(of: name + "0.conv1.weight", rank: 4, each: 1...8192)[0],
                    outer: try source.extents(of: name + "0.\(last).weight", rank: 4, each: 1...8192)[0],
                    hasDownsample: source.contains(name + "0.downsample.0.weight")))
        }
        self.stages = stages
        pyramidWidth = try source.extents(of: "neck.lateral_convs.0.conv.weight", rank: 4, each: 1...8192)[0]
    }

    /// Every tensor that the two networks read.
    public var plan: TensorPlan {
        var plan = TensorPlan()
        func normalised(_ convolution: String, _ normalisation: String, _ extents: [Int]) {
            plan.want("backbone.\(convolution).weight", extents)
            for part in ["weight", "bias", "running_mean", "running_var"] {
                plan.want("backbone.\(normalisation).\(part)", [extents[0]])
            }
        }
        normalised("conv1", "bn1", [baseWidth, 3, 7, 7])
        var channels = baseWidth
        for (index, stage) in stages.enumerated() {
            for block in 0..<stage.blocks {
                let name = "layer\(index + 1).\(block)"
                let kernels = isBottleneck ? [1, 3, 1] : [3, 3]
                let needsDownsample = block == 0 && (index > 0 || channels != stage.outer)
                if needsDownsample || (block == 0 && stage.hasDownsample) {
                    normalised("\(name).downsample.0", "\(name).downsample.1", [stage.outer, channels, 1, 1])
                }
                for (number, kernel) in kernels.enumerated() {
                    let outputs = number == kernels.count - 1 ? stage.outer : stage.inner
                    normalised(
                        "\(name).conv\(number + 1)", "\(name).bn\(number + 1)", [outputs, channels, kernel, kernel])
                    channels = outputs
                }
            }
            plan.wantLayer("neck.lateral_convs.\(index).conv", [pyramidWidth, channels, 1, 1])
            plan.wantLayer("neck.fpn_convs.\(index).conv", [pyramidWidth, pyramidWidth, 3, 3])
        }
        plan.leave(.ending(".num_batches_tracked"), because: "counts the batches of training")
        plan.leave(.beginning("backbone.fc."), because: "a classifier of ImageNet's classes")
        return plan
    }

    /// Such as `ResNet-50`, with the base width where it is not the official one.
    public var description: String {
        let depths: [[Int]: String] =
            isBottleneck
            ? [[3, 4, 6, 3]: "50", [3, 4, 23, 3]: "101", [3, 8, 36, 3]: "152"]
            : [[2, 2, 2, 2]: "18", [3, 4, 6, 3]: "34"]
        let blocks = stages.map(\.blocks)
        let name =
            depths[blocks].map { "ResNet-\($0)" }
            ?? "ResNet of \(blocks.map { "\($0)" }.joined(separator: "+")) \(isBottleneck ? "bottleneck" : "basic") blocks"
        return baseWidth == 64 ? name : "\(name), base width \(baseWidth)"
    }
}
