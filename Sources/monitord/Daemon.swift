import Alerting
import Analysis
import Basics
import Capture
import Dispatch
import Glibc
import Imaging
import Logging
import ModelFiles
import Notifying
import Service
import Streams

/// Wires the stages of all cameras, and stops them in order. No logic lives here.
///
/// `@unchecked Sendable`: everything is set up in `init` and read-only afterwards, but for what `Locked` guards.
final class Daemon: @unchecked Sendable {
    /// Why the daemon cannot run at all, and the exit status that says so.
    struct Refusal: Error {
        let message: String
        let status: Int32
    }

    private let settings: Settings
    private let clocks: any Clocks
    private let log: Logger
    private let engine: AnalysisEngine
    private let writer: EventWriter
    private let outbox: Outbox
    private let lines: [any WatchedLine]
    /// Nil when no camera wants to learn by itself.
    private let learning: LiveLearning?
    /// Cameras that cannot be watched because of their configuration or profile, with the reason.
    private let refused: [(name: String, reason: String)]
    private let started: MonotonicTime
    private let notify: SystemdNotify
    private let over = DispatchSemaphore(value: 0)

    init(
        _ settings: Settings, environment: [String: String], clocks: any Clocks, log: Logger
    ) throws(Refusal) {
        notify = SystemdNotify(environment: environment)
        self.settings = settings
        self.clocks = clocks
        self.log = log
        started = clocks.monotonic()
        engine = try Self.engine(settings, clocks)
        log.info("model \(engine.model.identity) on \(engine.threads) cores")
        engine.load.observe { @Sendable in Self.note(isShortOfTime: $0, log) }
        // A file that may not grow is a full disk, not the end.
        signal(SIGXFSZ, SIG_IGN)
        let committed = Locked<Outbox?>(nil)
        // A clock that was set back between two runs must not make ids that sort before those of the history.
        let latest: EventID?
        do throws(StoreError) {
            writer = try EventWriter(path: settings.database, clocks: clocks) { @Sendable in
                Self.announce($0, log)
                committed.withLock { $0 }?.wake()
            }
            latest = try writer.latestID
            let outbox = try Self.outbox(settings, writer, environment, clocks, log)
            committed.withLock { $0 = outbox }
            self.outbox = outbox
        } catch {
            throw Refusal(message: error.message, status: Status.inputOutput)
        }
        var ids = SystemRandomNumberGenerator()
        var lines: [any WatchedLine] = []
        var refused: [(name: String, reason: String)] = []
        let cameras = Locked<[String: CameraLine]>([:])
        learning = Self.learning(settings, engine.model, cameras, clocks)
        for camera in settings.cameras {
            do {
                let seed = ids.next()
                if let recording = camera.source.verdictLog {
                    lines.append(
                        try Self.replay(
                            recording, camera, settings, engine.model, writer, seed: seed, after: latest,
                            clocks: clocks,
                            log: log))
                    continue
                }
                let line = try Self.line(
                    camera, settings, engine, writer, learning, seed: seed, after: latest,
                    environment: environment, clocks: clocks, log: log)
                lines.append(line)
                cameras.withLock { $0[camera.name] = line }
            } catch {
                refused.append((camera.name, "\(error)"))
                log.error("cannot watch: \(error)", metadata: ["camera": .string(camera.name)])
            }
        }
        self.lines = lines
        self.refused = refused
        guard !lines.isEmpty else {
            throw Refusal(message: "no camera can be watched; see the errors above", status: Status.configuration)
        }
    }

    private static func engine(_ settings: Settings, _ clocks: any Clocks) throws(Refusal) -> AnalysisEngine {
        do throws(ModelFileError) {
            let model = try AnomalyModel(try ModelBundle.open(path: settings.model))
            return AnalysisEngine(
                model: model, threads: settings.computeThreads, framesAtOnce: settings.framesAtOnce, clocks: clocks)
        } catch {
            throw Refusal(message: "model: \(error.message)", status: Status.badData)
        }
    }

    private static func outbox(
        _ settings: Settings, _ writer: EventWriter, _ environment: [String: String], _ clocks: any Clocks,
        _ log: Logger
    ) throws(StoreError) -> Outbox {
        let around = Transports.Surroundings(
            environment: environment, cameras: settings.cameras.map(\.name),
            reader: try EventReader(path: settings.database)
        ) { @Sendable target, line in log.info("\(line)", metadata: ["target": .string(target)]) }
        var random = SystemRandomNumberGenerator()
        let targets = settings.notify.map { target in
            let transport: any NotificationTransport
            do {
                transport = try Transports.make(target, around, seed: random.next())
            } catch {
                log.error("cannot notify: \(error)", metadata: ["target": .string(target.target.name)])
                transport = MissingTransport(reason: "\(error)")
            }
            return (target: target.target, transport: transport)
        }
        return try Outbox(targets, writer: writer, clocks: clocks, seed: random.next()) { @Sendable in
            Self.tell($0, log)
        }
    }

    private static func learning(
        _ settings: Settings, _ model: AnomalyModel, _ lines: Locked<[String: CameraLine]>, _ clocks: any Clocks
    ) -> LiveLearning? {
        let pupils = settings.cameras.filter { $0.learningMinutes > 0 && $0.source.verdictLog == nil }.map { camera in
            (
                camera.name,
                LiveLearning.Pupil(camera) { @Sendable report in lines.withLock { $0[camera.name] }?.note(report) }
            )
        }
        guard !pupils.isEmpty else { return nil }
        return LiveLearning(
            Dictionary(uniqueKeysWithValues: pupils), model: model, store: ProfileStore(root: settings.profiles),
            clocks: clocks
        ) { @Sendable profile in
            let lines = lines.withLock { Array($0.values) }
            for line in lines where line.profile == profile.record.camera { line.use(profile) }
        }
    }

    private static func line(
        _ camera: CameraSettings, _ settings: Settings, _ engine: AnalysisEngine, _ writer: EventWriter,
        _ learning: LiveLearning?, seed: UInt64, after latest: EventID?, environment: [String: String],
        clocks: any Clocks, log: Logger
    ) throws -> CameraLine {
        let source = try camera.sourceDescription(environment: environment)
        let store = ProfileStore(root: settings.profiles)
        // A recording ends before much is learned of it; a live camera teaches itself.
        let learning = source.isLive && camera.learningMinutes > 0 ? learning : nil
        let profile = try profile(camera, store, engine.model, isOptional: learning != nil)
        let reader = try EventReader(path: settings.database)
        if let warning = profile?.warning { log.warning("\(warning)", metadata: ["camera": .string(camera.name)]) }
        return CameraLine(
            camera, source: source, main: main(camera, environment, log), engine: engine, profile: profile,
            store: store, writer: writer,
            labels: { @Sendable [name = camera.name] in
                // Without labels thresholds are a little less sharp; the next calibration asks again.
                (try? reader.labels(camera: name, since: 0)) ?? []
            },
            learning: learning, ids: EventIDGenerator(seed: seed, after: latest),
            cameraIDs: EventIDGenerator(seed: ~seed, after: latest),
            verdicts: try camera.verdictLog.map(VerdictLogWriter.init),
            clocks: clocks, log: log)
    }

    /// A recorded verdict log, with the operator's thresholds, or with those of the profile as they are now.
    private static func replay(
        _ recording: String, _ camera: CameraSettings, _ settings: Settings, _ model: AnomalyModel,
        _ writer: EventWriter, seed: UInt64, after latest: EventID?, clocks: any Clocks, log: Logger
    ) throws -> ReplayLine {
        let reader = try VerdictLogReader(path: recording)
        var profile = "none"
        var rules = camera.fixedRules
        if rules == nil {
            let store = ProfileStore(root: settings.profiles)
            let loaded: CameraProfile
            do throws(AnalysisError) {
                loaded = try CameraProfile.load(camera.profile, from: store, for: model)
            } catch {
                throw ServiceError(
                    .settings, "a recorded verdict log needs rules.enter, or thresholds from a profile: \(error)")
            }
            profile = loaded.identity
            rules = CameraCalibration(camera, loaded.record, store: store).rules([])
        }
        return ReplayLine(
            camera, reader: reader, rules: rules ?? camera.confirmation,
            provenance: Provenance(model: "recorded", profile: profile), writer: writer,
            ids: EventIDGenerator(seed: seed, after: latest),
            cameraIDs: EventIDGenerator(seed: ~seed, after: latest),
            verdicts: try camera.verdictLog.map(VerdictLogWriter.init), clocks: clocks, log: log)
    }

    /// A camera without sharper pictures is better than none.
    private static func main(
        _ camera: CameraSettings, _ environment: [String: String], _ log: Logger
    ) -> SourceDescription? {
        do {
            return try camera.snapshotDescription(environment: environment)
        } catch {
            log.error("no main stream: \(error)", metadata: ["camera": .string(camera.name)])
            return nil
        }
    }

    private static func profile(
        _ camera: CameraSettings, _ store: ProfileStore, _ model: AnomalyModel, isOptional: Bool
    ) throws(AnalysisError) -> CameraProfile? {
        do {
            return try CameraProfile.load(camera.profile, from: store, for: model)
        } catch {
            guard isOptional, error.code == .missingProfile else { throw error }
            return nil
        }
    }

    /// Watches until SIGTERM or SIGINT, or, with `untilEnd`, until every source has ended. Returns the exit status.
    func run(untilEnd: Bool) -> Int32 {
        signal(SIGPIPE, SIG_IGN)
        let signals = [SIGTERM, SIGINT].map(stopOn)
        writer.keep(settings.retentionRules)
        let control = openControl()
        defer { control?.stop() }
        let left = Locked(lines.count)
        for line in lines {
            line.start { @Sendable [over] in
                let isLast = left.withLock { count -> Bool in
                    count -= 1
                    return count == 0
                }
                if isLast, untilEnd { over.signal() }
            }
        }
        if let learning, !learning.start() { log.error("no thread is left to learn with; cameras are only watched") }
        outbox.start()
        notify.ready(status: "watching \(lines.count) of \(settings.cameras.count) cameras")
        over.wait()
        notify.stopping()
        learning?.stop()
        for line in lines { line.beginStop() }
        for line in lines { line.stop() }
        writer.flush()
        outbox.finish(within: .seconds(1))
        let failed = lines.count { $0.hasFailed } + refused.count
        do throws(StoreError) {
            try writer.finish()
        } catch {
            log.error("\(error.message)")
            return Status.inputOutput
        }
        for source in signals { source.cancel() }
        log.info("stopped")
        return untilEnd && failed > 0 ? Status.badData : 0
    }

    private func stopOn(_ number: Int32) -> any DispatchSourceSignal {
        signal(number, SIG_IGN)
        let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
        let isSecond = Locked(false)
        source.setEventHandler { @Sendable [log, over] in
            let again = isSecond.withLock { value -> Bool in
                defer { value = true }
                return value
            }
            // A second signal means: now. Committed events are safe at any time.
            if again { _exit(1) }
            log.info("stopping")
            over.signal()
        }
        source.resume()
        return source
    }

    private func openControl() -> ControlServer? {
        do throws(ControlError) {
            return try ControlServer(path: settings.controlSocket) { @Sendable [self] in answer($0) }
        } catch {
            log.warning("\(error.message)")
            return nil
        }
    }

    private func answer(_ line: String) -> String {
        do {
            switch try ControlRequest(line: line) {
            case .status: return status.json
            case .acknowledge(let request):
                let outcome = try writer.carryOut(request)
                onAcknowledged(outcome)
                outbox.wake()
                return ControlReply.result(outcome)
            case .testNotification(let target):
                return ControlReply.result(NotificationTest(id: try outbox.test(target)))
            case .profileChanged(let profile):
                try takeUp(profile)
                return ControlReply.done
            }
        } catch {
            return ControlReply.failure(error)
        }
    }

    /// An operator said what an event was, or took it back.
    private func onAcknowledged(_ outcome: AckOutcome) {
        log.notice(
            "event labelled \(outcome.label?.rawValue ?? "none")",
            metadata: ["camera": .string(outcome.camera), "event": .string(outcome.event.description)])
        for line in lines where line.name == outcome.camera {
            if outcome.kind == nil { line.reconsider() } else if outcome.label == .falseAlarm { line.acceptPicture() }
        }
    }

    /// Another version of a profile is in force.
    private func takeUp(_ profile: String) throws {
        let loaded = try CameraProfile.load(profile, from: ProfileStore(root: settings.profiles), for: engine.model)
        for line in lines where line.profile == profile { line.use(loaded) }
    }

    private var status: DaemonStatus {
        let watched = lines.map(\.status)
        let idle = refused.map {
            DaemonStatus.Camera(
                name: $0.name, state: "failed", detail: $0.reason, frames: FrameLedger.Counts(),
                capture: CaptureCounters(),
                analysisMs: 0, openEvents: 0)
        }
        return DaemonStatus(
            version: Product.version, model: engine.model.identity,
            uptimeSeconds: (clocks.monotonic() - started).components.seconds,
            loadPercent: Int((100 * engine.load.demand).rounded()), isShortOfTime: engine.load.isShort,
            cameras: watched + idle,
            database: DaemonStatus.Database(path: settings.database, writer: writer.counters),
            notify: (try? outbox.status) ?? [])
    }

    private static func note(isShortOfTime: Bool, _ log: Logger) {
        if isShortOfTime {
            log.warning(
                """
                there is not enough time to analyse all cameras as often as they should be: what stands still is looked at \
                less often; lower analysis_fps, or see frames_at_once
                """)
        } else {
            log.notice("there is enough time for all cameras again")
        }
    }

    /// One log line per event, after it was committed.
    private static func announce(_ report: EventWriter.Report, _ log: Logger) {
        switch report {
        case .opened(let event):
            log.notice("\(noun(event)) opened: \(summary(event))", metadata: metadata(event))
        case .closed(let event):
            log.notice("\(noun(event)) \(event.state.rawValue): \(summary(event))", metadata: metadata(event))
        case .recovered(let events):
            for event in events {
                log.warning(
                    """
                    \(noun(event)) interrupted: open when an earlier run died, last seen \
                    \(UTCTime.readable(event.lastSeenMs))
                    """,
                    metadata: metadata(event))
            }
        case .failing(let error, let waiting):
            log.error("events cannot be stored (\(waiting) waiting, tried again every second): \(error.message)")
        case .working:
            log.notice("events are stored again")
        case .rejected(let event, let error):
            log.error("\(noun(event)) lost: \(error.message)", metadata: metadata(event))
        case .withoutSnapshots(let event):
            log.warning("\(noun(event)) stored without its pictures: no room", metadata: metadata(event))
        case .news(let news):
            let level: Logger.Level =
                switch news.gravity {
                case .note: .notice
                case .warning: .warning
                case .error: .error
                }
            log.log(level: level, "\(news)")
        }
    }

    /// One log line per change of a target's fortune.
    private static func tell(_ report: Outbox.Report, _ log: Logger) {
        func line(_ level: Logger.Level, _ target: String, _ text: String) {
            log.log(level: level, "\(text)", metadata: ["target": .string(target)])
        }
        switch report {
        case .failing(let target, let reason):
            line(.warning, target, "notifications wait, and are tried again: \(reason)")
        case .working(let target): line(.notice, target, "notifications are delivered again")
        case .rejected(let target, let id, let reason):
            line(.error, target, "notification \(id) given up: \(reason)")
        case .dropped(let target, let count):
            line(.error, target, "\(count) notifications dropped: they waited for too long, or were too many")
        case .forgotten(let target, let waiting):
            line(.notice, target, "no longer a target of notifications; \(waiting) that waited for it are dropped")
        case .storeFailing(let target, let error):
            line(.error, target, "deliveries cannot be marked and may happen again: \(error.message)")
        case .idle(let target): line(.error, target, "no thread is left to notify with")
        }
    }

    private static func noun(_ entry: HistoryEntry) -> String {
        if case .camera = entry { "camera event" } else { "event" }
    }

    private static func summary(_ entry: HistoryEntry) -> String {
        switch entry {
        case .anomaly(let event):
            let tenths = Int((event.surprise * 10).rounded())
            return "\(event.kind.rawValue) surprise \(tenths / 10).\(tenths % 10)"
        case .camera(let event):
            let reason = event.reason.map { " (\($0.rawValue))" } ?? ""
            return event.kind.rawValue + reason + (event.detail.isEmpty ? "" : ": \(event.detail)")
        }
    }

    private static func metadata(_ event: HistoryEntry) -> Logger.Metadata {
        ["camera": .string(event.camera), "event": .string(event.id.description)]
    }
}
