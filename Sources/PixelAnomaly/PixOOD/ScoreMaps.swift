internal import CKernels
public import Tensors

/// PixOOD's maps as published: the score of every class, optionally on enlarged features, and the anomaly map at picture
/// size. For evaluation; `PixelDetector` is what runs on a stream.
public struct ScoreMaps: Sendable {
    private let decision: NeymanPearson
    private let knots: [RatioKnots]
    private let classifier: PatchClassifier
    private let index: EtalonIndex
    private let columns: Range<Int>
    /// The classes that `scores` computes, in its order.
    public let evaluated: [Int]

    /// - Parameters:
    ///   - evaluated: classes that the decision needs; distances to the others' etalons are not computed. nil: all.
    ///   - columns: channels of the features that are compared with the etalons.
    ///   - side: points of the calibration grid along each axis.
    public init(
        _ decision: NeymanPearson, classifier: PatchClassifier, etalons: [EtalonSet], columns: Range<Int>, side: Int,
        evaluated: [Int]? = nil
    ) {
        precondition(decision.classCount == classifier.classCount && decision.classCount == etalons.count)
        self.decision = decision
        self.classifier = classifier
        self.columns = columns
        self.evaluated = evaluated ?? Array(etalons.indices)
        index = EtalonIndex(self.evaluated.map { etalons[$0] })
        knots = self.evaluated.map { decision.knots($0, side: side) }
    }

    /// `s_I` of every evaluated class.
    ///
    /// - Parameters:
    ///   - features: `[h, w, D]`
    ///   - factor: features and logits are enlarged bilinearly this many times first.
    /// - Returns: `[h * factor, w * factor, evaluated.count]`
    public func scores(_ features: Tensor, factor: Int = 1, context: ComputeContext) -> Tensor {
        let (h, w, classes) = (features.shape[0], features.shape[1], decision.classCount)
        let cells = h * factor * w * factor
        let logits = Tensor([h, w, classes])
        classifier(features, into: logits, context: context)
        let fineLogits = Tensor([h * factor, w * factor, classes])
        ck_upsample_bilinear(
            logits.pointer, h, w, classes, fineLogits.pointer, h * factor, w * factor, 0,
            h * factor)
        let distances = Tensor([evaluated.count, cells])
        if factor == 1 {
            index.nearest(features, columns: columns, into: distances, context: context)
        } else {
            index.nearestEnlarged(features, columns: columns, factor: factor, into: distances, context: context)
        }
        let result = Tensor([h * factor, w * factor, evaluated.count])
        for cell in 0..<cells {
            for (place, label) in evaluated.enumerated() {
                let similarity = NeymanPearson.similarity(
                    Double(distances.pointer[place * cells + cell]), unit: decision.distanceUnit)
                let ratio = decision.ratio(
                    label, logit: Double(fineLogits.pointer[cell * classes + label]), similarity: similarity)
                result.pointer[cell * evaluated.count + place] = Float(knots[place].score(ratio))
            }
        }
        return result
    }

    /// `1 - max over the evaluated classes of the enlarged score`.
    ///
    /// - Parameters:
    ///   - scores: `[h, w, C]`
    ///   - evaluated: places in the innermost extent of `scores` of the classes that may explain a pixel, not empty.
    /// - Returns: `[height, width]`, in [0, 1].
    public static func anomaly(_ scores: Tensor, evaluated: [Int], height: Int, width: Int) -> Tensor {
        let classes = scores.shape[2]
        let large = Tensor([height, width, classes])
        ck_upsample_bilinear(
            scores.pointer, scores.shape[0], scores.shape[1], classes, large.pointer, height, width, 0, height)
        let result = Tensor([height, width])
        for pixel in 0..<height * width {
            let best = evaluated.reduce(-Float.infinity) { max($0, large.pointer[pixel * classes + $1]) }
            result.pointer[pixel] = 1 - best
        }
        return result
    }
}
