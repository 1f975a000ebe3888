internal import CKernels
package import Imaging
public import ModelFiles
package import Networks
package import Tensors

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
    /// Length of the chosen features.
    public func width(of features: ObjectFeatures) -> Int { features == .published ? featureWidth : first.outputWidth }
    /// Channels of the pyramid this head reads.
    public var inputChannels: Int { first.inputWidth / 49 }

    /// Feature vectors v `[rows.count, featureWidth]`, each >= 0, of some of the boxes `[N, 4]` in input pixels; borrowed from
    /// the workspace. A box's features do not depend on which others are asked for.
    package func features(
        _ pyramid: [FeatureMap], boxes: Tensor, rows: Range<Int>, context: ComputeContext
    ) -> Tensor {
        let workspace = context.workspace
        let regions = workspace.borrow([rows.count, first.inputWidth])
        let hidden = workspace.borrow([rows.count, first.outputWidth])
        let features = workspace.borrow([rows.count, featureWidth])
        pooling(pyramid, boxes: boxes, rows: rows, into: regions, context: context)
        first(regions, into: hidden, activation: .relu, context: context)
        second(hidden, into: features, activation: .relu, context: context)
        workspace.giveBack(regions)
        workspace.giveBack(hidden)
        return features
    }

    /// Writes what the first layer makes of each box `[N, 4]` in input pixels, before its rectifier:
    /// `[N, width(of: .linear)]`.
    package func linearFeatures(
        _ pyramid: [FeatureMap], boxes: Tensor, into features: Tensor, context: ComputeContext
    ) {
        let count = boxes.shape[0]
        for start in stride(from: 0, to: count, by: Self.block) {
            let rows = start..<min(count, start + Self.block)
            let regions = context.workspace.borrow([rows.count, first.inputWidth])
            let part = context.workspace.borrow([rows.count, first.outputWidth])
            pooling(pyramid, boxes: boxes, rows: rows, into: regions, context: context)
            first(regions, into: part, context: context)
            features.row(start).update(from: part.pointer, count: part.count)
            context.workspace.giveBack(regions)
            context.workspace.giveBack(part)
        }
    }

    /// Boxes described at a time.
    private static let block = 128

    /// `[N, 5]` from features: dx, dy, dw, dh (deviations .1, .1, .2, .2) and the quality's logit; borrowed.
    package func refinements(_ features: Tensor, context: ComputeContext) -> Tensor {
        let result = context.workspace.borrow([features.shape[0], 5])
        outputs(features, into: result, context: context)
        return result
    }

    /// Refines some proposals: writes their boxes, clipped to the picture inside the input and divided by the scale, and
    /// their scores = sqrt(objectness · quality).
    ///
    /// - Parameters:
    ///   - refinements: `[rows.count, 5]`
    ///   - boxes, scores: of all proposals.
    package static func decode(
        _ proposals: Proposals, rows: Range<Int>, _ refinements: Tensor, fit: InputFit, boxes: Tensor, scores: Tensor
    ) {
        precondition(refinements.count == 5 * rows.count && boxes.count == 4 * proposals.count)
        precondition(rows.upperBound <= proposals.count && scores.count == proposals.count)
        let start = rows.lowerBound
        ck_decode_deltas(
            proposals.boxes.pointer + 4 * start, refinements.pointer, 5, rows.count, Float(fit.width),
            Float(fit.height), fit.scaleX, fit.scaleY, boxes.pointer + 4 * start)
        ck_joint_scores(
            proposals.objectness.pointer + start, refinements.pointer + 4, 5, rows.count, scores.pointer + start)
    }
}
