public import Imaging
public import ModelFiles
internal import PixelAnomaly
public import Tensors

/// Measures what running a bundle's transformer in 8 bits does to features and scores.
///
/// Features come from both precisions of the same weights; profiles are learned as `monitorctl learn` does.
public struct PrecisionStudy {
    /// A picture to judge, and where something anomalous is seen in it, in its pixels.
    public struct Judged: Sendable {
        public let picture: PixelBuffer
        public let anomalies: [Box]

        public init(picture: PixelBuffer, anomalies: [Box]) {
            self.picture = picture
            self.anomalies = anomalies
        }
    }

    /// What is learned from and judged.
    public struct Pictures: Sendable {
        /// Normal pictures of one size and camera, in time order; at least 100.
        public let learning: [PixelBuffer]
        /// Pictures of the same size, with and without anomalies.
        public let judging: [Judged]

        public init(learning: [PixelBuffer], judging: [Judged]) {
            self.learning = learning
            self.judging = judging
        }
    }

    private let exact: TransformerPatches
    private let int8: TransformerPatches
    private let context: ComputeContext
    private let seed: UInt64

    /// - Parameters:
    ///   - weights: a transformer's tensors under their official names.
    ///   - input: how pictures are put before it.
    ///   - layers: blocks (0-based) whose outputs are the features; nil: the last alone.
    /// - Throws: `ModelFileError` when the weights do not fit or the input cannot be divided into patches.
    public init(
        weights: any TensorSource, input: ModelCard.Input, layers: [Int]? = nil, pool: ComputePool = ComputePool(),
        seed: UInt64 = 1
    ) throws(ModelFileError) {
        exact = try TransformerPatches(weights, input: input, layers: layers, precision: .fp32)
        int8 = try TransformerPatches(weights, input: input, layers: layers, precision: .int8)
        context = ComputeContext(pool: pool)
        self.seed = seed
    }

    /// - Throws: `AnalysisError`: `tooLittleMaterial`, `rejectedResult`.
    public func measure(_ pictures: Pictures) throws(AnalysisError) -> PrecisionEffect {
        let (learning, judging) = (pictures.learning, pictures.judging)
        guard learning.count >= 100, let first = learning.first, !judging.isEmpty,
            (learning + judging.map(\.picture)).allSatisfy({ $0.width == first.width && $0.height == first.height })
        else {
            throw AnalysisError(
                .tooLittleMaterial,
                "\(learning.count) pictures to learn from and \(judging.count) to judge are too few or differ in size; at "
                    + "least 100 and 1 of one size are needed")
        }
        let profiles = (exact: try learn(learning, exact), int8: try learn(learning, int8))
        var (difference, deviation) = (0.0, 0.0)
        var (shared, exactScores, int8Scores, marks): ([Float], [Float], [Float], [Bool]) = ([], [], [], [])
        for item in judging {
            let (features, coarse) = (run(exact, item.picture), run(int8, item.picture))
            difference += Self.energy(features) { features[$0] - coarse[$0] }
            let means = Self.means(features)
            deviation += Self.energy(features) { features[$0] - means[$0 % means.count] }
            exactScores += try scores(features, profiles.exact)
            shared += try scores(coarse, profiles.exact)
            int8Scores += try scores(coarse, profiles.int8)
            marks += Self.marks(item, rows: features.shape[0], columns: features.shape[1])
        }
        return PrecisionEffect(
            featureError: (difference / max(deviation, .leastNormalMagnitude)).squareRoot(),
            surpriseRankCorrelation: Ranks.correlation(exactScores, shared),
            exactAUROC: Ranks.separation(exactScores, marked: marks),
            int8AUROC: Ranks.separation(int8Scores, marked: marks), picturesLearned: learning.count,
            picturesJudged: judging.count, cells: marks.count)
    }

    /// `[rows, columns, D]`
    private func run(_ network: TransformerPatches, _ picture: PixelBuffer) -> Tensor {
        let resize = network.resize(width: picture.width, height: picture.height)
        let input = Tensor([resize.outputHeight, resize.outputWidth, 3])
        resize(picture, into: input.pointer)
        let patches = network(input, context: context)
        defer { context.workspace.giveBack(patches) }
        return Tensor(patches.shape, patches.elements)
    }

    private func learn(
        _ pictures: [PixelBuffer], _ network: TransformerPatches
    ) throws(AnalysisError) -> PixelNormality {
        var material: LearningMaterial?
        for (index, picture) in pictures.enumerated() {
            let patches = run(network, picture)
            var gathered =
                material
                ?? LearningMaterial(
                    gridWidth: patches.shape[1], gridHeight: patches.shape[0], patchWidth: patches.shape[2],
                    objectWidth: 0, limits: .init(), seed: seed)
            gathered.add(patches: patches, objects: Tensor([0, 0]), time: .milliseconds(200 * index))
            material = gathered
        }
        guard let material else { throw AnalysisError(.tooLittleMaterial, "there are no pictures to learn from") }
        let background = material.background
        let (patches, heldOutShare) = material.patchSet(background)
        var settings = PixelLearningSettings()
        settings.heldOutShare = heldOutShare
        do {
            let profile = try PixelNormalityLearner(settings: settings, seed: seed).learn(patches) { _ in }
            return PixelNormality(background: background, detector: PixelDetector(profile))
        } catch {
            throw AnalysisError(.rejectedResult, "the profile cannot be learned: \(error)", cause: error)
        }
    }

    private func scores(_ patches: Tensor, _ normality: PixelNormality) throws(AnalysisError) -> [Float] {
        let described = normality.background.describe(patches, workspace: context.workspace)
        defer { context.workspace.giveBack(described) }
        do throws(PixelAnomalyError) {
            return try normality.detector(described, context: context).surprise
        } catch {
            throw AnalysisError(.rejectedResult, error.message, cause: error)
        }
    }

    private static func energy(_ features: Tensor, _ value: (Int) -> Float) -> Double {
        (0..<features.count).reduce(0) { $0 + Double(value($1)) * Double(value($1)) }
    }

    /// Mean feature of a picture's cells.
    private static func means(_ features: Tensor) -> [Float] {
        let width = features.shape[2]
        var sums = [Float](repeating: 0, count: width)
        for index in 0..<features.count { sums[index % width] += features[index] }
        return sums.map { $0 / Float(features.count / width) }
    }

    /// Cells whose middle lies in a box.
    private static func marks(_ item: Judged, rows: Int, columns: Int) -> [Bool] {
        (0..<rows * columns).map { cell in
            let x = (Float(cell % columns) + 0.5) * Float(item.picture.width) / Float(columns)
            let y = (Float(cell / columns) + 0.5) * Float(item.picture.height) / Float(rows)
            return item.anomalies.contains { x >= $0.x1 && x < $0.x2 && y >= $0.y1 && y < $0.y2 }
        }
    }
}
