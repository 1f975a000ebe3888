import Alerting
import Analysis
import Basics
import Capture
import Imaging
import Logging
import Service

/// One camera's way through the daemon: capture, analysis, event logic; each stage on a thread or queue of its own.
///
/// `@unchecked Sendable`: `recorder` and `verdicts` are touched only on the analysis stage's serial queue, where `next`,
/// `deliver` and `ended` run.
final class CameraLine: @unchecked Sendable {
    let name: String
    private let session: CaptureSession
    private let stage: AnalysisStage
    private let clocks: any Clocks
    private let log: Logger
    private var recorder: EventRecorder
    private var verdicts: VerdictLogWriter?
    private let view: Locked<View>

    /// What `status` and the daemon's end ask about.
    private struct View {
        var state = "connecting"
        var detail: String?
        var openEvents = 0
        var isOver = false
        var hasFailed = false
        /// Why open events must end, told by the capture thread, carried out on the analysis queue.
        var ending: CloseReason?
    }

    init(
        _ settings: CameraSettings, source: SourceDescription, engine: AnalysisEngine, profile: CameraProfile,
        rules: EventRules, writer: EventWriter, ids: EventIDGenerator, verdicts: consuming VerdictLogWriter?,
        clocks: any Clocks, log: Logger
    ) {
        name = settings.name
        self.clocks = clocks
        var log = log
        log[metadataKey: "camera"] = .string(settings.name)
        self.log = log
        self.verdicts = verdicts
        recorder = EventRecorder(
            machine: EventMachine(
                camera: settings.name, rules: rules,
                provenance: Provenance(model: engine.model.identity, profile: profile.identity), ids: ids),
            writer: writer)
        stage = AnalysisStage(
            camera: settings.name, engine: engine, profile: profile, framesPerSecond: settings.analysisRate)
        let view = Locked(View())
        self.view = view
        session = CaptureSession(camera: settings.name, source: source, clocks: clocks) { @Sendable [log] event in
            Self.note(event, view, log)
        }
    }

    /// Begins to watch; `ended` is called once, when no more frames will come and all were judged.
    func start(ended: @escaping @Sendable () -> Void) {
        stage.start(
            taking: { @Sendable [self] in next() },
            delivering: { @Sendable [self] frame, verdict in deliver(frame, verdict) },
            ended: { @Sendable [self] in
                let reason = view.withLock { $0.ending } ?? .shutdown
                recorder.stop(reason)
                verdicts = nil
                view.withLock {
                    $0.openEvents = 0
                    $0.isOver = true
                }
                ended()
            })
        session.start()
    }

    /// Stops capture, judges nothing more, and returns when the last event was handed to the writer.
    func stop() {
        session.stop()
        stage.waitUntilFinished()
    }

    var isOver: Bool { view.withLock { $0.isOver } }
    var hasFailed: Bool { view.withLock { $0.hasFailed } }

    var status: DaemonStatus.Camera {
        // In this order, so that no frame is counted as scored before it arrived.
        let analysis = stage.counters
        let capture = session.counters
        let view = view.withLock { $0 }
        return DaemonStatus.Camera(
            name: name, state: view.state, detail: view.detail, arrived: capture.arrived, scored: analysis.scored,
            gated: analysis.gated,
            dropped: capture.droppedSuperseded + capture.droppedStopped + capture.droppedDamaged,
            reconnects: capture.connections > 0 ? capture.connections - 1 : 0,
            analysisMs: stage.lastTimings.total.milliseconds, openEvents: view.openEvents)
    }

    // MARK: On the analysis queue

    private func next() -> Frame? {
        while true {
            switch session.mailbox.take(timeout: .seconds(1)) {
            case .frame(let frame):
                return frame
            case .nothing:
                if view.withLock({ $0.ending }) == .cameraLost {
                    recorder.stop(.cameraLost)
                } else {
                    recorder.tick(clocks.monotonic())
                }
                countOpenEvents()
            case .ended:
                return nil
            }
        }
    }

    private func deliver(_ frame: Frame, _ verdict: Verdict) {
        recorder.ingest(frame, verdict)
        countOpenEvents()
        do {
            try verdicts?.append(verdict)
        } catch {
            log.warning("the verdict log ends here: \(error)")
            verdicts = nil
        }
    }

    private func countOpenEvents() {
        let count = recorder.machine.openEvents.count
        view.withLock { $0.openEvents = count }
    }

    // MARK: On the capture thread

    private static func note(_ event: CaptureEvent, _ view: Locked<View>, _ log: Logger) {
        func become(_ state: String, _ detail: String?, ending: CloseReason? = nil) {
            view.withLock {
                $0.state = state
                $0.detail = detail
                $0.ending = ending
            }
        }
        switch event {
        case .connected(let info):
            become("watching", describe(info))
            log.info("watching \(describe(info))")
        case .changed(let info):
            become("watching", describe(info))
            log.info("the stream changed to \(describe(info))")
        case .lost(let error):
            become("reconnecting", error.message, ending: .cameraLost)
            log.warning("lost: \(error.message)")
        case .retrying(let wait):
            log.info("trying again in \(wait.milliseconds) ms")
        case .ended:
            become("ended", nil, ending: .endOfStream)
            log.info("the recording has ended")
        case .failed(let error):
            become("failed", error.message, ending: .cameraLost)
            view.withLock { $0.hasFailed = true }
            log.error("cannot watch: \(error.message)")
        }
    }

    private static func describe(_ info: StreamInfo) -> String {
        let rate = info.framesPerSecond.map { " at \(Int($0.rounded())) frames/s" } ?? ""
        return "\(info.codec) \(info.width)x\(info.height) \(info.format.rawValue)\(rate)"
    }
}
