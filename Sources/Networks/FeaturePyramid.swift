internal import CKernels
public import ModelFiles
public import Tensors

/// A feature pyramid (Lin et al. 2017): lateral 1x1 convolutions, top-down nearest-neighbour enlargement and addition,
/// 3x3 output convolutions, and one more level that takes every second cell of the coarsest.
public struct FeaturePyramid: Sendable {
    private let laterals: [Convolution]
    private let outputs: [Convolution]

    /// Channels of every level.
    public var width: Int { outputs.first?.outputChannels ?? 0 }

    /// Reads `<prefix>.lateral_convs.{i}.conv.*` and `<prefix>.fpn_convs.{i}.conv.*` for as many levels as there are.
    /// - Parameter planned: size of the pictures to come.
    /// - Throws: `ModelFileError` when a tensor is missing, not finite, or shapes do not fit each other.
    public init(
        _ source: any TensorSource, prefix: String = "neck", planned: PlannedInput = .typical
    ) throws(ModelFileError) {
        var laterals: [Convolution] = []
        var outputs: [Convolution] = []
        repeat {
            let lateral = try Convolution(source, "\(prefix).lateral_convs.\(laterals.count).conv")
            let output = try Convolution(
                source, "\(prefix).fpn_convs.\(laterals.count).conv", padding: 1,
                cells: planned.cells(stride: 4 << laterals.count))
            let width = outputs.first?.outputChannels ?? lateral.outputChannels
            guard lateral.kernelHeight == 1, lateral.kernelWidth == 1, output.kernelHeight == 3,
                output.kernelWidth == 3,
                lateral.outputChannels == width, output.inputChannels == width, output.outputChannels == width
            else {
                throw ModelFileError(
                    .wrongShape,
                    "\(source.origin): the tensors of pyramid level \(laterals.count) (\(prefix)) do not fit")
            }
            laterals.append(lateral)
            outputs.append(output)
        } while source.contains("\(prefix).lateral_convs.\(laterals.count).conv.weight")
        self.laterals = laterals
        self.outputs = outputs
    }

    /// - Parameter maps: backbone levels, finest first, as many as the pyramid has; they stay the caller's.
    /// - Returns: P2 to P5 and P6 (for four levels), borrowed from the context's workspace.
    public func callAsFunction(_ maps: [FeatureMap], context: ComputeContext) -> [FeatureMap] {
        precondition(maps.count == laterals.count, "the pyramid has another number of levels")
        let workspace = context.workspace
        var inner: [Tensor] = []
        for (map, lateral) in zip(maps, laterals) {
            let sum = workspace.borrow(lateral.outputShape(map.tensor.shape))
            lateral(map.tensor, into: sum, context: context)
            inner.append(sum)
        }
        for level in (0..<inner.count - 1).reversed() {
            Self.addEnlarged(inner[level + 1], to: inner[level], context: context)
        }
        var levels: [FeatureMap] = []
        for (index, output) in outputs.enumerated() {
            let result = workspace.borrow(inner[index].shape)
            output(inner[index], into: result, context: context)
            workspace.giveBack(inner[index])
            levels.append(FeatureMap(tensor: result, stride: maps[index].stride))
        }
        guard let last = levels.last else { return [] }
        let (height, width, channels) = (last.tensor.shape[0], last.tensor.shape[1], last.tensor.shape[2])
        let extra = workspace.borrow([(height - 1) / 2 + 1, (width - 1) / 2 + 1, channels])
        ck_take_every_second(last.tensor.pointer, width, channels, extra.shape[0], extra.shape[1], extra.pointer)
        levels.append(FeatureMap(tensor: extra, stride: 2 * last.stride))
        return levels
    }

    private static func addEnlarged(_ coarse: Tensor, to fine: Tensor, context: ComputeContext) {
        context.pool.forRanges(fine.shape[0], grain: 8) { @Sendable rows in
            ck_add_nearest(
                coarse.pointer, coarse.shape[0], coarse.shape[1], fine.pointer, fine.shape[0], fine.shape[1],
                fine.shape[2], rows.lowerBound, rows.count)
        }
    }
}
