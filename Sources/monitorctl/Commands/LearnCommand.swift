import Alerting
import Analysis
import ArgumentParser
import Basics
import Capture
import Dispatch
import FoundationEssentials
import Glibc
import Imaging
import ModelFiles
import Service
import Streams

struct LearnCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "learn", abstract: "Learn what is normal for a camera, from clips or from the live stream.",
        discussion: """
            Choose a time when nothing happens that you would want to hear of. The result is a new version of the \
            camera's profile; the old one stays in force until the new one is complete, proven on held-out time and \
            verified. Day, infrared night and thermal are learned apart; a regime that the material does not show is \
            taken over from the version before. A run that is interrupted goes on where it was when the same command is \
            given again. It runs at the lowest priority. A running monitord takes the new version over at once.
            """)

    @OptionGroup var configuration: ConfigurationOptions
    @Option(name: .long, help: "The camera's name in the configuration.") var camera: String
    @Option(
        help: "Learn from this clip, folder of pictures or stream instead of the camera; may be repeated with its like."
    )
    var source: [String] = []
    @Option(help: "How long to watch a live stream, a quarter of it to prove what was learned: 90s, 30m, 2h.")
    var duration = DurationArgument(argument: "30m")!
    @Option(help: "Pictures per second to learn from; default: the camera's analysis_fps. 0 takes all.") var fps:
        Double?
    @Option(help: "Learn from at most this many pictures.") var frames = 9000
    @Option(help: "Chooses the random samples; the same seed and clips give the same profile.") var seed: UInt64 = 1
    @Flag(help: "Drop what an interrupted run gathered.") var restart = false

    func validate() throws {
        guard frames >= 100 else { throw ValidationError("--frames must be at least 100") }
        if let fps, !(0...240).contains(fps) { throw ValidationError("--fps must be 0 to 240") }
    }

    func run() throws {
        try reporting {
            let settings = try configuration.settings()
            guard let camera = settings.cameras.first(where: { $0.name == self.camera }) else {
                let known = settings.cameras.map(\.name).joined(separator: ", ")
                Terminal.note("monitorctl: \(configuration.config) has no camera \(self.camera); it has: \(known)")
                throw Status.configuration
            }
            let sources = try descriptions(camera)
            // Before the compute threads start, which inherit it: live cameras come first.
            OwnThread.yieldToOthers()
            let clocks = SystemClocks()
            let model = try AnomalyModel(try ModelBundle.open(path: settings.model))
            let engine = AnalysisEngine(model: model, threads: settings.computeThreads, clocks: clocks)
            let rate = fps ?? camera.analysisRate
            let plan = LearningPlan(
                sources: sources.map(\.url.description), framesPerSecond: rate, maximumFrames: frames, seed: seed,
                isRepeatable: !sources.contains(where: \.isLive), privacy: camera.privacy)
            let store = ProfileStore(root: settings.profiles)
            let learner = try ProfileLearner(
                profile: camera.profile, plan: plan, engine: engine, store: store, restart: restart)
            if learner.framesGathered > 0 {
                Terminal.note("going on with an interrupted run: \(learner.framesGathered) pictures are gathered")
            }
            let interruption = Interruption()
            var bar = ProgressBar(clocks: clocks)
            defer { bar.finishLine() }
            do {
                try gather(sources, learner, clocks, interruption, &bar)
                let learned = try learner.learn(wallTimeMs: clocks.wallTimeMs()) { progress in
                    if interruption.happened { throw Interrupted() }
                    bar.show(progress.stage, fraction: progress.fraction)
                }
                for note in learned.notes { Terminal.note(note) }
                var proving = ProfileProving(learned, by: learner, engine: engine, rules: camera.confirmation)
                try prove(sources, &proving, learner.framesGathered, rate, clocks, interruption, &bar)
                let evidence = proving.finish()
                let record = try learner.install(learned, evidence: try evidence.files())
                bar.finishLine()
                Terminal.note(
                    LearningSummary.text(
                        record, camera.budget(record, evidence).forecasts(perDay: camera.falseAlarmsPerDay),
                        budget: camera.falseAlarmsPerDay))
                try RunningDaemon.takeOver(camera.profile, socket: settings.controlSocket)
            } catch is Interrupted {
                try learner.checkpoint()
                bar.finishLine()
                Terminal.note(
                    "stopped; the same command goes on from here (\(learner.framesGathered) pictures gathered)")
                throw ExitCode(130)
            }
        }
    }

    private func descriptions(_ camera: CameraSettings) throws -> [SourceDescription] {
        let environment = ProcessInfo.processInfo.environment
        guard !source.isEmpty else { return [try camera.sourceDescription(environment: environment)] }
        let sources = try source.map { text in
            var description = SourceDescription(url: try CameraURL(text))
            if let rate = camera.frameRate { description.imagesPerSecond = rate }
            description.privacy = camera.privacy
            return description
        }
        // A live stream is not seen twice, so the second pass over the clips would not know which frames were held out.
        guard Set(sources.map(\.isLive)).count == 1 else {
            Terminal.note(
                "monitorctl: --source names clips (\(Self.list(sources) { !$0.isLive })) and live streams "
                    + "(\(Self.list(sources, \.isLive))); learn from the ones or the others")
            throw Status.usage
        }
        return sources
    }

    private static func list(_ sources: [SourceDescription], _ belongs: (SourceDescription) -> Bool) -> String {
        sources.filter(belongs).map(\.url.description).joined(separator: ", ")
    }

    private func gather(
        _ sources: [SourceDescription], _ learner: ProfileLearner, _ clocks: any Clocks, _ interruption: Interruption,
        _ bar: inout ProgressBar
    ) throws {
        for source in sources where !learner.hasEnough {
            let length = duration.value * 3 / 4
            let reader = try LearningFrames(source, camera: camera, for: length, clocks: clocks) {
                interruption.happened
            }
            learner.beginSource()
            let start = clocks.monotonic()
            while !learner.hasEnough, let frame = try reader.next() {
                try learner.gather(frame)
                var share = Double(learner.framesGathered) / Double(frames)
                if source.isLive { share = max(share, (clocks.monotonic() - start) / length) }
                bar.show("gathering", fraction: share, detail: "\(learner.framesGathered) pictures")
            }
            if interruption.happened { throw Interrupted() }
        }
        bar.show("gathering", fraction: 1, detail: "\(learner.framesGathered) pictures")
    }

    /// Clips are read again, for their held-out time; a live stream is watched for a while longer.
    private func prove(
        _ sources: [SourceDescription], _ proving: inout ProfileProving, _ gathered: Int, _ rate: Double,
        _ clocks: any Clocks, _ interruption: Interruption, _ bar: inout ProgressBar
    ) throws {
        for source in sources where source.isLive || !proving.isComplete {
            let length = duration.value / 4
            let reader = try LearningFrames(source, camera: camera, for: length, clocks: clocks) {
                interruption.happened
            }
            proving.beginSource()
            var gate = FrameGate(framesPerSecond: rate)
            let start = clocks.monotonic()
            while source.isLive || !proving.isComplete, let frame = try reader.next() {
                var share = Double(proving.passed) / Double(max(1, gathered))
                if source.isLive {
                    share = (clocks.monotonic() - start) / length
                    if gate.admits(frame.presentationTime) { proving.judge(frame) }
                } else {
                    proving.take(frame)
                }
                bar.show("proving", fraction: share, detail: "\(proving.judged) pictures")
            }
            if interruption.happened { throw Interrupted() }
        }
    }
}

/// SIGINT or SIGTERM asked to stop.
private struct Interrupted: Error {}

/// Notices SIGINT and SIGTERM, so that a run can keep what it has; a second one ends the program at once.
private final class Interruption {
    private let flag = Locked(false)
    private let sources: [any DispatchSourceSignal]

    init() {
        sources = [SIGINT, SIGTERM].map { [flag] number in
            signal(number, SIG_IGN)
            let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
            source.setEventHandler { @Sendable in
                flag.withLock { $0 = true }
                signal(number, SIG_DFL)
            }
            source.resume()
            return source
        }
    }

    deinit { for source in sources { source.cancel() } }

    var happened: Bool { flag.withLock { $0 } }
}
