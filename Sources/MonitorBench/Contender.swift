import Analysis
import Basics
import Imaging

/// One engine of the comparison and how long its frames took.
struct Contender {
    let engine: AnalysisEngine
    private let profile: CameraProfile
    private let clocks: any Clocks
    private(set) var judging = Series()
    private(set) var preprocess = Series()
    private(set) var backbone = Series()
    private(set) var objects = Series()
    private(set) var pixels = Series()
    private(set) var features = Series()
    /// Objects and regions found, for a sense of how much there was to do.
    private(set) var found = (objects: 0, regions: 0)

    init(model: AnomalyModel, threads: Int, profile: CameraProfile, clocks: some Clocks) {
        engine = AnalysisEngine(model: model, threads: threads, clocks: clocks)
        self.profile = profile
        self.clocks = clocks
    }

    /// The full judgement, timed.
    mutating func judge(_ frame: Frame) {
        let start = clocks.monotonic()
        let verdict = engine.judge(frame, with: profile)
        judging.add(clocks.monotonic() - start)
        preprocess.add(verdict.timings.preprocess)
        backbone.add(verdict.timings.backbone)
        objects.add(verdict.timings.objects)
        pixels.add(verdict.timings.pixels)
        found.objects += verdict.objects.count
        found.regions += verdict.regions.count
    }

    /// What needs no profile, timed: patch features and detections.
    mutating func extract(_ frame: Frame) {
        let start = clocks.monotonic()
        _ = engine.material(of: frame.pixels)
        features.add(clocks.monotonic() - start)
    }

    /// The full judgement alone; fills the workspace and keeps nothing.
    func warm(_ frame: Frame) { _ = engine.judge(frame, with: profile) }
}
