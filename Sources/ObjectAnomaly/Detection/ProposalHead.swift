internal import CKernels
public import ModelFiles
public import Networks
public import Tensors

/// The class-agnostic proposal network of OLN (Kim et al. 2021): one anchor per cell, a box as four distances, and a
/// localisation quality instead of a class.
///
/// The hidden features of each cell are divided by their L2 norm, as the authors' code does and the paper does not say.
/// Proposals are not suppressed and not cut across levels.
public struct ProposalHead: Sendable {
    private let hidden: Convolution
    /// `[5, C]`: objectness, then top, bottom, left, right.
    private let weight: Tensor
    /// `[5]`
    private let bias: Tensor

    /// Reads `<prefix>.rpn_conv`, `.rpn_obj` and `.rpn_reg`.
    /// - Throws: `ModelFileError` when a tensor is missing, not finite, or shapes do not fit.
    public init(_ source: any TensorSource, prefix: String = "rpn_head") throws(ModelFileError) {
        hidden = try Convolution(source, prefix + ".rpn_conv", padding: 1)
        let channels = hidden.outputChannels
        let parts = [
            try source.parameter(prefix + ".rpn_obj.weight", shape: [1, channels, 1, 1]),
            try source.parameter(prefix + ".rpn_reg.weight", shape: [4, channels, 1, 1]),
        ]
        weight = Tensor([5, channels], parts.flatMap(\.array))
        bias = Tensor(
            [5],
            try source.parameter(prefix + ".rpn_obj.bias", shape: [1]).array
                + source.parameter(prefix + ".rpn_reg.bias", shape: [4]).array)
    }

    /// Channels of the pyramid this head reads.
    public var inputChannels: Int { hidden.inputChannels }

    /// - Parameters:
    ///   - pyramid: P2 to P6.
    ///   - perLevel: most proposals of one level.
    ///   - width, height: size of the picture inside the padded input; boxes are clipped to it.
    public func callAsFunction(
        _ pyramid: [FeatureMap], perLevel: Int, width: Int, height: Int, context: ComputeContext
    ) -> Proposals {
        let workspace = context.workspace
        let counts = pyramid.map { min(perLevel, $0.tensor.shape[0] * $0.tensor.shape[1]) }
        let total = counts.reduce(0, +)
        let boxes = workspace.borrow([total, 4])
        let objectness = workspace.borrow([total])
        var first = 0
        for (map, count) in zip(pyramid, counts) {
            let (quality, distances) = outputs(of: map, context: context)
            Self.select(
                count, quality, distances, map: map, width: width, height: height,
                boxes: boxes.pointer + 4 * first, objectness: objectness.pointer + first, workspace: workspace)
            workspace.giveBack(quality)
            workspace.giveBack(distances)
            first += count
        }
        return Proposals(boxes: boxes, objectness: objectness, countPerLevel: counts)
    }

    /// Objectness logits `[H * W]` and distances `[H * W, 4]` (top, bottom, left, right) of a level; both borrowed.
    package func outputs(of map: FeatureMap, context: ComputeContext) -> (objectness: Tensor, distances: Tensor) {
        let workspace = context.workspace
        let cells = map.tensor.shape[0] * map.tensor.shape[1]
        let features = workspace.borrow(hidden.outputShape(map.tensor.shape))
        hidden(map.tensor, into: features, activation: .relu, context: context)
        let objectness = workspace.borrow([cells])
        let distances = workspace.borrow([cells, 4])
        let channels = hidden.outputChannels
        context.pool.forRanges(cells, grain: 256) { @Sendable range in
            let start = range.lowerBound
            ck_proposal_outputs(
                features.pointer + start * channels, range.count, channels, weight.pointer, bias.pointer,
                objectness.pointer + start, distances.pointer + 4 * start)
        }
        workspace.giveBack(features)
        return (objectness, distances)
    }

    /// Writes the boxes and logits of a level's `count` best cells.
    package static func select(
        _ count: Int, _ quality: Tensor, _ distances: Tensor, map: FeatureMap, width: Int, height: Int,
        boxes: UnsafeMutablePointer<Float>, objectness: UnsafeMutablePointer<Float>, workspace: Workspace
    ) {
        let keys = workspace.borrow([2 * quality.count])
        withUnsafeTemporaryAllocation(of: Int32.self, capacity: count) { cells in
            let found = ck_top_k(quality.pointer, quality.count, count, keys.pointer, cells.baseAddress)
            for index in 0..<found { objectness[index] = quality.pointer[Int(cells[index])] }
            ck_decode_distances(
                distances.pointer, cells.baseAddress, found, Int32(map.tensor.shape[1]), Float(map.stride),
                Float(width),
                Float(height), boxes)
        }
        workspace.giveBack(keys)
    }
}
