import Analysis
import Basics
import Imaging

/// One engine of the comparison and how long its frames took.
struct Contender {
    let engine: AnalysisEngine
    private let profile: CameraProfile
    private var memory = CameraMemory()
    private var judged = 0
    private let clocks: any Clocks
    private(set) var judging = Series()
    /// Processor time of the judgements, over all cores.
    private(set) var working = Series()
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
        let before = processorTime()
        let start = clocks.monotonic()
        let verdict = engine.judge(next(frame), with: profile, memory: &memory)
        judging.add(clocks.monotonic() - start)
        working.add(processorTime() - before)
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
    mutating func warm(_ frame: Frame) { _ = engine.judge(next(frame), with: profile, memory: &memory) }

    /// The picture as the next one of a stream of 5 per second: pictures come again and again, time only goes on.
    private mutating func next(_ frame: Frame) -> Frame {
        defer { judged += 1 }
        return Frame(
            camera: frame.camera, sequence: UInt64(judged), presentationTime: .milliseconds(200 * judged),
            arrival: frame.arrival, wallTimeMs: frame.wallTimeMs, pixels: frame.pixels)
    }
}
