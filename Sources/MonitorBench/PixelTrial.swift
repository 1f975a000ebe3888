import Analysis
import Basics
import Evaluation
import Imaging
import PixelAnomaly
import Tensors

/// What a learning run would gather from a series of pictures.
struct GatheredPatches {
    private let engine: AnalysisEngine
    private(set) var material: LearningMaterial?

    init(engine: AnalysisEngine) { self.engine = engine }

    /// Takes a picture's features, as `AnalysisEngine.material` gives them.
    mutating func add(_ features: (patches: Tensor, objects: Tensor), at time: Duration) {
        if material == nil {
            let shape = features.patches.shape
            material = LearningMaterial(
                gridWidth: shape[1], gridHeight: shape[0], patchWidth: shape[2], objectWidth: features.objects.shape[1],
                limits: .init(), seed: 1)
        }
        material?.add(patches: features.patches, objects: features.objects, time: time)
    }
}

/// One way to learn a pixel profile, what it cost, and how well it tells anomalies.
final class PixelTrial {
    let name: String
    let profile: PixelProfile
    /// Of the whole of learning, and of its longest stage.
    let learning: Duration
    let condensation: Duration
    /// The most memory of the program while it learned, and how much more that is than before.
    let peakMemory: Int
    let ownMemory: Int
    private let background: Background
    private let detector: PixelDetector
    private let context = ComputeContext()
    private var frames = ScoredSamples()
    private var cells = ScoredSamples()

    var etalons: Int { profile.etalons.reduce(0) { $0 + $1.count } }

    init(
        _ name: String, patches: (patches: PatchSet, heldOutShare: Double), background: Background,
        settings: PixelLearningSettings = .init(), clocks: any Clocks
    ) throws {
        self.name = name
        self.background = background
        var settings = settings
        settings.heldOutShare = patches.heldOutShare
        ProcessMemory.resetPeak()
        let before = ProcessMemory.now().resident
        let start = clocks.monotonic()
        var stages: [PixelLearningProgress.Stage: MonotonicTime] = [:]
        profile = try PixelNormalityLearner(settings: settings, seed: 1).learn(patches.patches) { progress in
            stages[progress.stage] = clocks.monotonic()
        }
        learning = clocks.monotonic() - start
        condensation = (stages[.condensation] ?? start) - (stages[.classifier] ?? start)
        peakMemory = ProcessMemory.now().peak
        ownMemory = peakMemory - before
        detector = PixelDetector(profile)
    }

    /// Scores a picture's patches, `[rows, columns, D]`; `truth` says of each cell whether it is anomalous, and is nil
    /// where nothing is.
    func judge(_ patches: Tensor, truth: [Bool]?) throws {
        let described = background.describe(patches, workspace: context.workspace)
        defer { context.workspace.giveBack(described) }
        let scores = try detector(described, context: context)
        frames.add([scores.peak], [truth?.contains(true) ?? false])
        cells.add(scores.surprise, truth ?? scores.surprise.map { _ in false })
    }

    /// Area under the ROC curve over frames by their highest surprise, and over cells; average precision over cells.
    var quality: (frames: Double, cells: Double, precision: Double) {
        let (frame, cell) = (frames.curve, cells.curve)
        return (frame.auroc ?? 0, cell.auroc ?? 0, cell.averagePrecision ?? 0)
    }
}

/// Scores with what they should have told.
private struct ScoredSamples {
    private var scores: [Float] = []
    private var labels: [Bool] = []

    mutating func add(_ scores: [Float], _ labels: [Bool]) {
        self.scores += scores
        self.labels += labels
    }

    var curve: ROC { ROC(scores: scores, labels: labels) }
}

/// For each cell of a grid whether at least half of its pixels are set.
func cellTruth(_ isSet: [Bool], width: Int, height: Int, columns: Int, rows: Int) -> [Bool] {
    (0..<rows * columns).map { cell in
        let (row, column) = (cell / columns, cell % columns)
        // Half-open, and never empty where the grid is finer than the picture.
        func span(_ index: Int, _ count: Int, _ length: Int) -> Range<Int> {
            let first = index * length / count
            return first..<max(first + 1, (index + 1) * length / count)
        }
        let (lines, places) = (span(row, rows, height), span(column, columns, width))
        let count = lines.reduce(0) { sum, y in sum + places.count { isSet[y * width + $0] } }
        return 2 * count >= lines.count * places.count
    }
}

/// Seconds with one decimal.
func seconds(_ duration: Duration) -> String { number(Double(duration.nanoseconds) / 1e9, 1) }
