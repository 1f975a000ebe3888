import Alerting
import Analysis
import Basics
import Capture
import FoundationEssentials
import Imaging
import Logging
import Service
import Streams

/// One camera's way through the daemon: capture, analysis, event logic; each stage on a thread or queue of its own.
///
/// `@unchecked Sendable`: `recorder`, `calibration`, `calibrated` and `verdicts` are touched only on the analysis stage's
/// serial queue, where `next`, `deliver` and `ended` run.
final class CameraLine: WatchedLine, @unchecked Sendable {
    let name: String
    private let session: CaptureSession
    /// For sharper pictures of events.
    private let main: SnapshotStream?
    private let stage: AnalysisStage
    private let clocks: any Clocks
    private let log: Logger
    private let settings: CameraSettings
    private let store: ProfileStore
    private let model: String
    /// What operators said about this camera's events.
    private let labels: @Sendable () -> [LabelledEvent]
    private let learning: LiveLearning?
    private var recorder: EventRecorder
    /// Nil until something was learned.
    private var calibration: CameraCalibration?
    /// When thresholds were calculated last.
    private var calibrated: MonotonicTime
    /// When this run began, Unix milliseconds UTC.
    private let startMs: Int64
    private var verdicts: VerdictLogWriter?
    /// Written by the capture thread and the analysis queue.
    private let cameraEvents: Locked<CameraRecorder>
    private let view: Locked<View>
    private let pace = AnalysisPace()

    /// What `status` and the daemon's end ask about.
    private struct View {
        var state = "connecting"
        var detail: String?
        var openEvents = 0
        var isOver = false
        var hasFailed = false
        /// An operator said something about an event.
        var isLabelled = false
        /// A version that takes over with the next verdict.
        var next: CameraProfile?
        /// Regime that the profile does not know, while it lasts.
        var unknown: Regime?
        /// How far learning has come, in words.
        var learning: String?
        /// Why open events must end, told by the capture thread, carried out on the analysis queue.
        var ending: CloseReason?
    }

    /// Thresholds are calculated again after this long.
    private static let calibrationInterval: Duration = .seconds(600)

    init(
        _ settings: CameraSettings, source: SourceDescription, main: SourceDescription?, engine: AnalysisEngine,
        profile: CameraProfile?,
        store: ProfileStore, writer: EventWriter, labels: @escaping @Sendable () -> [LabelledEvent],
        learning: LiveLearning?, ids: EventIDGenerator, cameraIDs: EventIDGenerator,
        verdicts: consuming VerdictLogWriter?, clocks: any Clocks, log: Logger
    ) {
        self.learning = learning
        name = settings.name
        self.settings = settings
        self.store = store
        self.labels = labels
        self.clocks = clocks
        model = engine.model.identity
        calibrated = clocks.monotonic()
        startMs = clocks.wallTimeMs()
        var log = log
        log[metadataKey: "camera"] = .string(settings.name)
        self.log = log
        self.verdicts = verdicts
        self.main = main.map { [log] in
            SnapshotStream(camera: settings.name, source: $0, clocks: clocks, log: log)
        }
        recorder = EventRecorder(
            machine: EventMachine(
                camera: settings.name, rules: settings.confirmation,
                provenance: Provenance(model: model, profile: profile?.identity ?? "none"), ids: ids),
            writer: writer, mainStream: self.main?.pictures)
        let live = store.liveFolder(settings.profile, camera: settings.name)
        try? FileManager.default.createDirectory(atPath: live, withIntermediateDirectories: true)
        let cameraEvents = Locked(
            CameraRecorder(machine: CameraEventMachine(camera: settings.name, ids: cameraIDs), writer: writer))
        self.cameraEvents = cameraEvents
        let view = Locked(View())
        self.view = view
        let news = Locked(CameraNews())
        session = CaptureSession(
            camera: settings.name, source: source, clocks: clocks, decoding: DecoderProgram.place
        ) { @Sendable [log] event in
            Self.note(event, view)
            Self.tell(event, news, log, clocks)
            Self.note(event, cameraEvents, clocks)
        }
        stage = AnalysisStage(
            camera: settings.name, engine: engine, profile: profile,
            rate: settings.analysis(isLossless: source.isLossless), ledger: session.ledger, driftFolder: live)
        if let profile { adopt(profile) }
    }

    func start(ended: @escaping @Sendable () -> Void) {
        stage.start(
            taking: { @Sendable [self] in next() },
            noticing: { @Sendable [self] frame, changes in
                let now = Self.now(clocks)
                cameraEvents.withLock { $0.note(changes, in: frame, at: now) }
            },
            delivering: { @Sendable [self] frame, verdict in deliver(frame, verdict) },
            ended: { @Sendable [self] in
                let reason = view.withLock { $0.ending } ?? .shutdown
                recorder.stop(reason)
                if reason == .endOfStream {
                    let now = Self.now(clocks)
                    cameraEvents.withLock { $0.stop(reason, at: now) }
                }
                save()
                verdicts = nil
                view.withLock {
                    $0.openEvents = 0
                    $0.isOver = true
                }
                ended()
            })
        session.start()
        main?.start()
    }

    func beginStop() {
        session.stop(timeout: .zero)
        main?.stop(timeout: .zero)
    }

    /// Stops capture, judges nothing more, and returns when the last event was handed to the writer.
    func stop() {
        session.stop()
        main?.stop()
        stage.waitUntilFinished()
        log.info("frames: \(session.ledger.counts)")
        // Not earlier: a camera that failed for good stays away until the daemon stops.
        let now = Self.now(clocks)
        cameraEvents.withLock { $0.stop(.shutdown, at: now) }
    }

    func acceptPicture() { stage.acceptPicture() }

    /// Another version takes over with the next frame.
    func use(_ profile: CameraProfile) {
        stage.use(profile)
        view.withLock { $0.next = profile }
    }

    func reconsider() { view.withLock { $0.isLabelled = true } }

    var profile: String { settings.profile }
    var isOver: Bool { view.withLock { $0.isOver } }
    var hasFailed: Bool { view.withLock { $0.hasFailed } }

    var status: DaemonStatus.Camera {
        let capture = session.counters
        let view = view.withLock { $0 }
        return DaemonStatus.Camera(
            name: name, state: view.state,
            detail: [view.unknown.map { "\($0.words) not learned" }, view.learning, view.detail, main?.detail]
                .compactMap(\.self).joined(separator: "; "),
            frames: session.ledger.counts, capture: capture,
            analysisMs: stage.lastTimings.total.milliseconds, openEvents: view.openEvents,
            pace: pace.reading(at: clocks.monotonic()))
    }

    // MARK: On the analysis queue

    private func next() -> Frame? {
        while true {
            switch session.mailbox.take(timeout: .seconds(1)) {
            case .frame(let frame):
                let now = Self.now(clocks)
                cameraEvents.withLock { $0.sawFrame(at: now) }
                return frame
            case .nothing:
                let now = Self.now(clocks)
                cameraEvents.withLock { $0.tick(now) }
                if view.withLock({ $0.ending }) == .cameraLost {
                    recorder.stop(.cameraLost)
                } else {
                    recorder.tick(clocks.monotonic())
                }
                calibration?.tick(clocks.monotonic())
                calibrate()
                countOpenEvents()
            case .ended:
                return nil
            }
        }
    }

    /// Returns whether the camera is to be looked at closely.
    private func deliver(_ frame: Frame, _ verdict: Verdict) -> Bool {
        calibrate()
        if !verdict.isViewHidden { calibration?.take(verdict) }
        recorder.ingest(frame, verdict)
        countOpenEvents()
        note(verdict)
        if verdict.isJudged {
            let now = clocks.monotonic()
            pace.judged(verdict.timings, delay: now - frame.arrival, at: now)
        }
        if !verdict.isJudged, !verdict.light.isSwitching, !verdict.isViewHidden { learning?.offer(frame) }
        do {
            try verdicts?.append(verdict)
        } catch {
            log.warning("the verdict log ends here: \(error)")
            verdicts = nil
        }
        return recorder.machine.isSuspicious
    }

    /// A new version takes over, thresholds follow new evidence and new labels.
    private func calibrate() {
        let (next, isLabelled) = view.withLock { view in
            defer {
                view.next = nil
                view.isLabelled = false
            }
            return (view.next, view.isLabelled)
        }
        if let next {
            save()
            adopt(next)
            log.notice("profile \(next.identity) takes over")
        } else if isLabelled {
            recalibrate()
        } else if clocks.monotonic() - calibrated >= Self.calibrationInterval {
            save()
            recalibrate()
        }
    }

    private func adopt(_ profile: CameraProfile) {
        let others = profile.record.regimes(learnedWithoutPrivacy: settings.privacy)
        if !others.isEmpty {
            log.warning(
                """
                profile \(profile.identity) (\(others.map(\.words).joined(separator: ", "))) was learned with other privacy \
                zones: their borders may look anomalous; learn again with: monitorctl learn --camera \(name)
                """)
        }
        calibration = CameraCalibration(settings, profile.record, store: store)
        recorder.use(Provenance(model: model, profile: profile.identity))
        recalibrate()
    }

    private func recalibrate() {
        calibrated = clocks.monotonic()
        guard let calibration else { return }
        let labels = labels()
        recorder.use(calibration.rules(labels))
        recorder.accept(labels, since: startMs)
    }

    private func save() {
        do {
            try calibration?.save()
        } catch {
            log.warning("what was seen cannot be kept for the thresholds: \(error)")
        }
    }

    /// Says once when the light is one that nothing was learned of.
    private func note(_ verdict: Verdict) {
        guard case .steady(let regime) = verdict.light else { return }
        let unknown = verdict.isJudged ? nil : regime
        let before = view.withLock { view in
            defer { view.unknown = unknown }
            return view.unknown
        }
        guard let unknown, unknown != before else { return }
        let remedy =
            learning?.wants(name) == true
            ? "it is learned now" : "learn it with: monitorctl learn --camera \(name)"
        log.warning("this light (\(unknown.words)) was not learned, so nothing is judged; \(remedy)")
    }

    /// What the learning thread tells.
    func note(_ report: LiveLearning.Report) {
        var words: String?
        switch report {
        case .gathering(let share): words = "learning: \(Int(100 * share)) % gathered"
        case .learning(let progress): words = "learning: \(progress.stage)"
        case .proving(let share): words = "learning: \(Int(100 * share)) % proven"
        case .learned(let notes):
            for note in notes { log.notice("\(note)") }
        case .startedOver(let reason):
            log.warning("learning starts over: \(reason)")
        case .failed(let reason):
            log.error("cannot learn: \(reason)")
        }
        view.withLock { $0.learning = words }
    }

    private func countOpenEvents() {
        let count = recorder.machine.openEvents.count
        view.withLock { $0.openEvents = count }
    }

    // MARK: On the capture thread

    private static func note(_ event: CaptureEvent, _ view: Locked<View>) {
        func become(_ state: String, _ detail: String?, ending: CloseReason? = nil) {
            view.withLock {
                $0.state = state
                $0.detail = detail
                $0.ending = ending
            }
        }
        switch event {
        case .connected(let info), .changed(let info): become("watching", info.words)
        case .lost(let error): become("reconnecting", error.message, ending: .cameraLost)
        case .retrying: break
        case .ended: become("ended", nil, ending: .endOfStream)
        case .failed(let error):
            become("failed", error.message, ending: .cameraLost)
            view.withLock { $0.hasFailed = true }
        }
    }

    private static func tell(_ event: CaptureEvent, _ news: Locked<CameraNews>, _ log: Logger, _ clocks: any Clocks) {
        let now = clocks.monotonic()
        for line in news.withLock({ $0.note(event, at: now) }) { log.log(level: line.level, "\(line.text)") }
    }

    /// What capture tells, as a matter of camera events; the only place where the one's words become the other's.
    private static func note(_ event: CaptureEvent, _ recorder: Locked<CameraRecorder>, _ clocks: any Clocks) {
        func report(_ error: StreamError, isFinal: Bool) {
            guard let kind = CameraEventKind(error.code) else { return }
            let now = now(clocks)
            recorder.withLock { $0.troubled(kind, detail: error.message, isFinal: isFinal, at: now) }
        }
        switch event {
        case .lost(let error): report(error, isFinal: false)
        case .failed(let error): report(error, isFinal: true)
        // Frames themselves tell that the stream is good.
        case .connected, .changed, .retrying, .ended: break
        }
    }

    private static func now(_ clocks: any Clocks) -> CameraRecorder.Instant {
        CameraRecorder.Instant(clocks.monotonic(), wallMs: clocks.wallTimeMs())
    }
}

extension CameraEventKind {
    /// Which trouble of the stream an error is; nil for none of the camera's.
    fileprivate init?(_ code: StreamError.Code) {
        switch code {
        case .unreachable, .timedOut, .stalled, .connectionLost, .missingFile, .notReadable, .outOfResources,
            .decoderMissing:
            self = .lost
        case .authenticationRefused: self = .refused
        case .noVideoStream, .unsupportedCodec, .noSuchStream, .unsupportedSource, .notVideo: self = .noVideo
        case .damaged, .decoderFailed: self = .damaged
        case .stopped: return nil
        }
    }
}
