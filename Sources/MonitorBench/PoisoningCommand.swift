import Analysis
import ArgumentParser
import Basics
import Imaging
import ModelFiles
import PixelAnomaly
import Scenes
import Tensors

/// What an anomaly in the learning window costs, with and without the guard against it.
struct PoisoningCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "poisoning",
        abstract: "Measure what anomalous frames in the learning window change in what the camera's profile finds.",
        discussion: """
            The procedural scene is learned clean and with unknown things in some of its frames, one after the other; \
            then later frames with things of the same kinds are judged.
            """)

    @Option(help: "Folder of the model bundle.") var model: String
    @Option(help: "Pictures to learn from, a third of a second apart.") var learned = 1200
    @Option(help: "Pictures to judge, as far apart.") var judged = 300
    @Option(help: "Seconds that the unknown things are about while learning.") var poisonSeconds = 20.0
    @Option(help: "Separate times at which they are about, together as long.") var bursts = 1
    @Option(help: "Seed of the scene.") var seed: UInt64 = 1

    func validate() throws {
        guard learned >= 400, judged >= 1, poisonSeconds >= 0, bursts >= 1 else {
            throw ValidationError("--learned must be at least 400, --judged and --bursts at least 1")
        }
    }

    private static let rate = 15.0
    private static let step = 5

    func run() throws {
        let clocks = SystemClocks()
        let engine = AnalysisEngine(model: try AnomalyModel(try ModelBundle.open(path: model)), clocks: clocks)
        var window = PoisonedWindow(engine: engine)
        let (calm, eventful) = (SceneRenderer(scene(poisoned: false)), SceneRenderer(scene(poisoned: true)))
        for index in 0..<learned { window.add(index, calm: calm, eventful: eventful, number: index * Self.step) }
        let trials = try window.trials(clocks)
        for index in learned..<learned + judged {
            let (pixels, truth) = calm.render(index * Self.step)
            let patches = engine.material(of: pixels).patches
            let cells = truth.cells(of: patches)
            for trial in trials { try trial.judge(patches, truth: cells) }
        }
        print(window.summary(frames: learned))
        var table = TextTable(
            "Detection of what was learned, model \(engine.model.identity)",
            ["", "frame AUROC", "cell AUROC", "cell AP", "etalons", "learning s"])
        for trial in trials {
            let quality = trial.quality
            table.add(
                trial.name, number(quality.frames, 4), number(quality.cells, 4), number(quality.precision, 4),
                "\(trial.etalons)", seconds(trial.learning))
        }
        print(table.text)
    }

    /// Both scenes have the same place, people and later anomalies.
    private func scene(poisoned: Bool) -> SceneDescription {
        let calm = Double(learned * Self.step) / Self.rate
        let length = Double(judged * Self.step) / Self.rate
        func things(_ second: Double, _ seconds: Double, seed: UInt64) -> [ScriptedAnomaly] {
            [
                ScriptedAnomaly(.crossing, .robot, second: second, seed: seed),
                ScriptedAnomaly(.leftBehind, .car, second: second, untilSecond: second + seconds, seed: seed + 1),
                ScriptedAnomaly(.crossing, .van, second: second + seconds / 2, seed: seed + 2),
            ]
        }
        var anomalies = things(calm + 0.1 * length, 0.3 * length, seed: 30) + things(calm + 0.6 * length, 20, seed: 40)
        if poisoned {
            for burst in 0..<bursts {
                let second = calm * (0.37 + 0.5 * Double(burst) / Double(bursts))
                anomalies += things(second, poisonSeconds / Double(bursts), seed: UInt64(50 + 10 * burst))
            }
        }
        return SceneDescription(
            framesPerSecond: Self.rate, seconds: calm + length, seed: seed, anomalies: anomalies)
    }
}

/// A learning window gathered twice at once: as it would be in calm times, and with an anomaly in it.
private struct PoisonedWindow {
    private let engine: AnalysisEngine
    private var calm: GatheredPatches
    private var poisoned: GatheredPatches
    /// Anomalous cells of the poisoned window's anomalous frames.
    private var truth: [Int32: [Bool]] = [:]
    private var leftOut = (calm: 0, poisoned: 0, anomalous: 0, anomalousRows: 0, rows: 0)

    init(engine: AnalysisEngine) {
        self.engine = engine
        calm = GatheredPatches(engine: engine)
        poisoned = GatheredPatches(engine: engine)
    }

    mutating func add(_ index: Int, calm calmScene: SceneRenderer, eventful: SceneRenderer, number: Int) {
        let time = Duration.milliseconds(1000 * index / 3)
        let usual = engine.material(of: calmScene.render(number).pixels)
        calm.add(usual, at: time)
        let (pixels, seen) = eventful.render(number)
        guard seen.isAnomalous else {
            poisoned.add(usual, at: time)
            return
        }
        let unusual = engine.material(of: pixels)
        poisoned.add(unusual, at: time)
        truth[Int32(index)] = seen.cells(of: unusual.patches)
    }

    mutating func trials(_ clocks: some Clocks) throws -> [PixelTrial] {
        var trials: [PixelTrial] = []
        for (name, gathered) in [("clean", calm), ("poisoned", poisoned)] {
            guard let material = gathered.material else { continue }
            let background = material.background
            let whole = material.patchSet(background)
            trials.append(try PixelTrial(name, patches: whole, background: background, clocks: clocks))
            let guarded = material.recurringPatches(background)
            trials.append(
                try PixelTrial(
                    "\(name), guarded", patches: (guarded.patches, guarded.heldOutShare), background: background,
                    clocks: clocks))
            if name == "clean" {
                leftOut.calm = guarded.leftOut.count
            } else {
                count(guarded.leftOut, of: whole.patches, times: material.times(of: whole.patches))
            }
        }
        return trials
    }

    private mutating func count(_ rows: [Int32], of patches: PatchSet, times: [Int32]) {
        let anomalous = (0..<patches.count).map { truth[times[$0]]?[Int(patches.cells[$0])] ?? false }
        leftOut.poisoned = rows.count
        leftOut.anomalous = rows.count { anomalous[Int($0)] }
        leftOut.anomalousRows = anomalous.count { $0 }
        leftOut.rows = patches.count
    }

    func summary(frames: Int) -> String {
        """
        \(truth.count) of \(frames) learned frames anomalous. Rows left out by the guard: clean \(leftOut.calm) of \
        \(leftOut.rows), poisoned \(leftOut.poisoned), among them \(leftOut.anomalous) of \(leftOut.anomalousRows) \
        anomalous ones.

        """
    }
}

extension GroundTruth {
    /// Which cells of a grid of patches are anomalous; nil when nothing is.
    fileprivate func cells(of patches: Tensor) -> [Bool]? {
        guard isAnomalous else { return nil }
        return cellTruth(
            anomalyMask.map { $0 == 1 }, width: width, height: height, columns: patches.shape[1],
            rows: patches.shape[0])
    }
}
