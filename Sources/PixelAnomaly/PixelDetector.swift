public import Tensors

/// Scores the patches of a frame with a camera's profile.
///
/// Intermediate results live in the context's workspace: frames of one size allocate nothing but the returned map.
public struct PixelDetector: Sendable {
    public let profile: PixelProfile
    /// How often each cell's surprise is averaged with its neighbours' (3x3): single cells are noisy, objects cover
    /// several.
    public let smoothingPasses: Int
    private let index: EtalonIndex
    private let scorer: SurpriseScorer

    public init(_ profile: PixelProfile, smoothingPasses: Int = 1) {
        self.profile = profile
        self.smoothingPasses = smoothingPasses
        index = EtalonIndex(profile.etalons)
        scorer = SurpriseScorer(tables: profile.tables, evaluated: profile.evaluated)
    }

    /// Surprise of every patch of a frame.
    ///
    /// - Parameter features: `[h, w, D]`, D as the profile was learned from.
    /// - Throws: `PixelAnomalyError.Code.wrongFeatures` when D differs.
    public func callAsFunction(_ features: Tensor, context: ComputeContext) throws(PixelAnomalyError) -> PixelScores {
        guard features.shape.rank == 3, features.shape[2] == profile.featureWidth else {
            throw PixelAnomalyError(
                .wrongFeatures,
                "the frame's features have shape \(features.shape), the profile was learned from \(profile.featureWidth) "
                    + "channels; learn this camera again with the present model")
        }
        let (height, width) = (features.shape[0], features.shape[1])
        let surprise = context.workspace.borrow([height * width])
        defer { context.workspace.giveBack(surprise) }
        score(features, into: surprise, context: context)
        let scores = PixelScores(width: width, height: height, surprise: surprise.array)
        return (0..<smoothingPasses).reduce(scores) { smoothed, _ in smoothed.smoothed() }
    }

    /// Surprise of rows `[N, D]` or `[h, w, D]`, not smoothed.
    func score(_ features: Tensor, into surprise: Tensor, context: ComputeContext) {
        let count = surprise.count
        guard count > 0 else { return }
        let logits = context.workspace.borrow([count, profile.classCount])
        let distances = context.workspace.borrow([profile.classCount, count])
        profile.classifier(features, into: logits, context: context)
        index.nearest(features, columns: profile.columns, into: distances, context: context)
        scorer(logits: logits, distances: distances, into: surprise)
        context.workspace.giveBack(logits)
        context.workspace.giveBack(distances)
    }
}
