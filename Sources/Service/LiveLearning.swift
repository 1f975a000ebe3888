internal import Alerting
public import Analysis
public import Basics
public import Imaging

/// Learns, from the live cameras, the regimes that their profiles do not know, on one thread that yields to all others.
///
/// Cameras offer frames that could not be judged; nothing blocks, and a frame that comes too fast is passed over. One
/// camera is learned at a time: gathered, learned, proven and put in force. What was gathered survives a restart.
public final class LiveLearning: Sendable {
    /// What happened, for the log and the status.
    public enum Report: Sendable {
        /// Share of the material gathered, in 0...1.
        case gathering(Double)
        case learning(LearningProgress)
        /// Share of the proving done, in 0...1.
        case proving(Double)
        /// A new version is in force.
        case learned(notes: [String])
        /// What was gathered makes no profile; it was dropped, and gathering begins anew.
        case startedOver(String)
        /// This camera is not tried again before the next start.
        case failed(String)
    }

    /// One camera that wants to learn.
    public struct Pupil: Sendable {
        let settings: CameraSettings
        let report: @Sendable (Report) -> Void

        /// - Parameter report: called on the learning thread.
        public init(_ settings: CameraSettings, report: @escaping @Sendable (Report) -> Void) {
            self.settings = settings
            self.report = report
        }
    }

    private struct State {
        var offered: [String: Frame] = [:]
        /// When the newest version of each profile came in force.
        var inForce: [String: MonotonicTime] = [:]
        var isStopping = false
    }

    private let engine: AnalysisEngine
    private let store: ProfileStore
    private let clocks: any Clocks
    private let pupils: [String: Pupil]
    private let installed: @Sendable (CameraProfile) -> Void
    private let state = Locked(State())

    /// A camera that offers nothing for this long makes way for another.
    private static let patience: Duration = .seconds(60)
    private static let pause: Duration = .milliseconds(20)
    private static let courtesy: Duration = .seconds(1)

    /// - Parameters:
    ///   - pupils: by the cameras' names.
    ///   - model: shared with the live work.
    ///   - installed: called on the learning thread when a version came in force: for all cameras with that profile, the
    ///     ones that do not learn too.
    public init(
        _ pupils: [String: Pupil], model: AnomalyModel, store: ProfileStore, clocks: any Clocks,
        installed: @escaping @Sendable (CameraProfile) -> Void
    ) {
        self.pupils = pupils
        self.installed = installed
        self.store = store
        self.clocks = clocks
        engine = AnalysisEngine(model: model, threads: 1, clocks: clocks)
    }

    /// Begins; false when the system has no thread left.
    public func start() -> Bool {
        OwnThread.start { @Sendable [self] in
            OwnThread.yieldToOthers()
            run()
        }
    }

    /// Whether a camera is still waiting for, or at, its lessons.
    public func wants(_ camera: String) -> Bool { pupils[camera] != nil }

    /// Offers a frame that could not be judged because its light was not learned. Never blocks.
    public func offer(_ frame: Frame) {
        guard let pupil = pupils[frame.camera] else { return }
        state.withLock { state in
            // A frame from before was offered for want of this version.
            if let since = state.inForce[pupil.settings.profile], frame.arrival <= since { return }
            state.offered[frame.camera] = frame
        }
    }

    /// Ends soon; what was gathered is kept.
    public func stop() { state.withLock { $0.isStopping = true } }

    // MARK: On the learning thread

    private struct Stopped: Error {}

    private var isStopping: Bool { state.withLock { $0.isStopping } }

    private func run() {
        var failed: Set<String> = []
        while !isStopping {
            guard let camera = state.withLock({ $0.offered.keys.filter { !failed.contains($0) }.min() }),
                let pupil = pupils[camera]
            else {
                clocks.sleep(for: Self.pause)
                continue
            }
            do {
                try teach(pupil)
            } catch is Stopped {
                return
            } catch let error as AnalysisError where error.code == .alreadyLearning {
                // An operator is at it; their version may know this light, and then nothing is offered any more.
                clocks.sleep(for: Self.courtesy)
            } catch {
                failed.insert(camera)
                pupil.report(.failed("\(error)"))
            }
        }
    }

    /// Until the camera's profile knows the light, or the camera falls silent.
    private func teach(_ pupil: Pupil) throws {
        let settings = pupil.settings
        let wanted = max(
            200, Int(settings.learningMinutes * 60 * (settings.analysisRate > 0 ? settings.analysisRate : 5)))
        let plan = LearningPlan(
            sources: [settings.source.description], framesPerSecond: settings.analysisRate, maximumFrames: wanted,
            seed: 1, isRepeatable: false, privacy: settings.privacy)
        let learner = try ProfileLearner(profile: settings.profile, plan: plan, engine: engine, store: store)
        do {
            try teach(pupil, learner, wanted)
        } catch let error as AnalysisError where error.code == .tooLittleMaterial {
            // While the learner holds its lock: nobody else's material.
            store.discardLearning(settings.profile)
            pupil.report(.startedOver(error.message))
        }
    }

    private func teach(_ pupil: Pupil, _ learner: ProfileLearner, _ wanted: Int) throws {
        let settings = pupil.settings
        var last = -1
        while !learner.hasEnough {
            guard let frame = try next(of: settings.name, learner) else { return try learner.checkpoint() }
            try learner.gather(frame)
            let percent = 100 * learner.framesGathered / wanted
            if percent != last { pupil.report(.gathering(Double(percent) / 100)) }
            last = percent
        }
        let learned = try learner.learn(wallTimeMs: clocks.wallTimeMs()) { progress in
            if isStopping { throw Stopped() }
            pupil.report(.learning(progress))
        }
        var proving = ProfileProving(learned, by: learner, engine: engine, rules: settings.confirmation)
        let needed = wanted / 4
        while proving.judged < needed, let frame = try next(of: settings.name, learner) {
            proving.judge(frame)
            pupil.report(.proving(Double(proving.judged) / Double(needed)))
        }
        try learner.install(learned, evidence: proving.finish().files())
        installed(try CameraProfile.load(settings.profile, from: store, for: engine.model))
        let now = clocks.monotonic()
        state.withLock { state in
            state.inForce[settings.profile] = now
            for other in pupils.values where other.settings.profile == settings.profile {
                state.offered[other.settings.name] = nil
            }
        }
        pupil.report(.learned(notes: learned.notes))
    }

    /// The camera's newest frame; nil when it offers none any more.
    private func next(of camera: String, _ learner: ProfileLearner) throws -> Frame? {
        let end = clocks.monotonic() + Self.patience
        while true {
            if isStopping {
                try learner.checkpoint()
                throw Stopped()
            }
            if let frame = state.withLock({ $0.offered.removeValue(forKey: camera) }) { return frame }
            guard clocks.monotonic() < end else { return nil }
            clocks.sleep(for: Self.pause)
        }
    }
}
