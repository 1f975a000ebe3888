internal import CKernels
internal import Glibc
public import ModelFiles
public import Networks
public import Tensors

/// The second stage of OLN: features of each proposal, a refined box and the box's quality.
public struct BoxHead: Sendable {
    private let pooling: RegionPooling
    private let first: Linear
    private let second: Linear
    /// Four box deltas, then the quality's logit.
    private let outputs: Linear

    /// Reads `<prefix>.shared_fcs.0`, `.shared_fcs.1`, `.fc_reg` and `.fc_bbox_score`; the grid is 7 x 7.
    /// - Throws: `ModelFileError` when a tensor is missing, not finite, or shapes do not fit.
    public init(_ source: any TensorSource, prefix: String = "roi_head.bbox_head") throws(ModelFileError) {
        pooling = RegionPooling(bins: 7)
        first = try Linear(source, prefix + ".shared_fcs.0", flattenedCells: 49)
        second = try Linear(source, prefix + ".shared_fcs.1")
        let width = second.outputWidth
        guard second.inputWidth == first.outputWidth else {
            throw ModelFileError(
                .wrongShape, "\(source.origin): the layers of \(prefix).shared_fcs do not fit each other")
        }
        let weight = Tensor(
            [5, width],
            try source.parameter(prefix + ".fc_reg.weight", shape: [4, width]).array
                + source.parameter(prefix + ".fc_bbox_score.weight", shape: [1, width]).array)
        let bias = Tensor(
            [5],
            try source.parameter(prefix + ".fc_reg.bias", shape: [4]).array
                + source.parameter(prefix + ".fc_bbox_score.bias", shape: [1]).array)
        outputs = Linear(weight: weight, bias: bias)
    }

    /// Length of an object's feature vector v.
    public var featureWidth: Int { second.outputWidth }
    /// Channels of the pyramid this head reads.
    public var inputChannels: Int { first.inputWidth / 49 }

    /// Feature vectors v `[N, featureWidth]`, each >= 0, of boxes `[N, 4]` in input pixels; borrowed from the workspace.
    ///
    /// Works through the boxes in blocks, so that the pooled regions stay in cache.
    public func features(_ pyramid: [FeatureMap], boxes: Tensor, context: ComputeContext) -> Tensor {
        let workspace = context.workspace
        let count = boxes.shape[0]
        let block = min(Self.block, max(1, count))
        let result = workspace.borrow([count, featureWidth])
        let regions = workspace.borrow([block, first.inputWidth])
        let hidden = workspace.borrow([block, first.outputWidth])
        let features = workspace.borrow([block, featureWidth])
        var start = 0
        while start < count {
            let rows = start..<min(count, start + block)
            regions.reshape([rows.count, first.inputWidth])
            hidden.reshape([rows.count, first.outputWidth])
            features.reshape([rows.count, featureWidth])
            pooling(pyramid, boxes: boxes, rows: rows, into: regions, context: context)
            first(regions, into: hidden, activation: .relu, context: context)
            second(hidden, into: features, activation: .relu, context: context)
            memcpy(result.row(start), features.pointer, features.count * MemoryLayout<Float>.stride)
            start = rows.upperBound
        }
        for tensor in [regions, hidden, features] { workspace.giveBack(tensor) }
        return result
    }

    /// `[N, 5]` from features: dx, dy, dw, dh (deviations .1, .1, .2, .2) and the quality's logit; borrowed.
    public func refinements(_ features: Tensor, context: ComputeContext) -> Tensor {
        let result = context.workspace.borrow([features.shape[0], 5])
        outputs(features, into: result, context: context)
        return result
    }

    /// Refined boxes `[N, 4]`, clipped to the picture inside the input and divided by the scale, and their scores `[N]` =
    /// sqrt(objectness · quality); both borrowed.
    package static func decode(
        _ proposals: Proposals, _ refinements: Tensor, width: Int, height: Int, scaleX: Float, scaleY: Float,
        workspace: Workspace
    ) -> (boxes: Tensor, scores: Tensor) {
        let boxes = workspace.borrow([proposals.count, 4])
        let scores = workspace.borrow([proposals.count])
        ck_decode_deltas(
            proposals.boxes.pointer, refinements.pointer, 5, proposals.count, Float(width), Float(height), scaleX,
            scaleY,
            boxes.pointer)
        ck_joint_scores(proposals.objectness.pointer, refinements.pointer + 4, 5, proposals.count, scores.pointer)
        return (boxes, scores)
    }

    /// Regions of one block; 128 of 7 x 7 x 64 floats are 1.6 MB.
    private static let block = 128
}
