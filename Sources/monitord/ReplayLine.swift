import Alerting
import Analysis
import Basics
import Capture
import Dispatch
import Imaging
import Logging
import Service

/// A recorded verdict log on its way through the event logic, instead of a camera: nothing is captured, decoded or judged.
///
/// What operators say about its events, and profiles that are learned meanwhile, change nothing in it: the same log and
/// the same rules give the same events.
///
/// `@unchecked Sendable`: `reader`, `recorder`, `cameraEvents` and `verdicts` are touched only on the thread that
/// `start` begins.
final class ReplayLine: WatchedLine, @unchecked Sendable {
    let name: String
    let profile: String
    private let pace: Pace
    private let writer: EventWriter
    private let clocks: any Clocks
    private let log: Logger
    private let ledger = FrameLedger()
    private var reader: VerdictLogReader
    private var recorder: EventRecorder
    private var cameraEvents: CameraRecorder
    private var verdicts: VerdictLogWriter?
    private let view = Locked(View())
    private let stopping = DispatchSemaphore(value: 0)
    private let finished = DispatchGroup()

    /// What other threads ask about.
    private struct View {
        var state = "replaying"
        var detail: String?
        var openEvents = 0
        var isStopping = false
    }

    /// At full pace a recording is faster than the disk, and of more finished events than this some would be lost.
    private static let mostWaiting = 64
    /// Longer side of the drawn pictures, in pixels.
    private static let pictureSide = 640

    /// - Parameters:
    ///   - rules: with thresholds.
    ///   - provenance: what the events say about who judged.
    init(
        _ settings: CameraSettings, reader: consuming VerdictLogReader, rules: EventRules, provenance: Provenance,
        writer: EventWriter, ids: EventIDGenerator, cameraIDs: EventIDGenerator,
        verdicts: consuming VerdictLogWriter?, clocks: any Clocks, log: Logger
    ) {
        name = settings.name
        profile = settings.profile
        pace = settings.pace
        self.writer = writer
        self.clocks = clocks
        var log = log
        log[metadataKey: "camera"] = .string(settings.name)
        self.log = log
        self.reader = reader
        self.verdicts = verdicts
        recorder = EventRecorder(
            machine: EventMachine(camera: settings.name, rules: rules, provenance: provenance, ids: ids), writer: writer
        )
        cameraEvents = CameraRecorder(
            machine: CameraEventMachine(camera: settings.name, ids: cameraIDs), writer: writer)
    }

    func start(ended: @escaping @Sendable () -> Void) {
        finished.enter()
        let isStarted = OwnThread.start { @Sendable [self] in
            run()
            finished.leave()
            ended()
        }
        guard !isStarted else { return }
        fail("no thread is left to replay with")
        finished.leave()
        ended()
    }

    func beginStop() {
        view.withLock { $0.isStopping = true }
        stopping.signal()
    }

    func stop() {
        beginStop()
        finished.wait()
        log.info("frames: \(ledger.counts)")
    }

    func acceptPicture() {}
    func use(_ profile: CameraProfile) {}
    func reconsider() {}

    var hasFailed: Bool { view.withLock { $0.state == "failed" } }

    var status: DaemonStatus.Camera {
        let view = view.withLock { $0 }
        return DaemonStatus.Camera(
            name: name, state: view.state, detail: view.detail, frames: ledger.counts, capture: CaptureCounters(),
            analysisMs: 0, openEvents: view.openEvents)
    }

    // MARK: - On the thread

    private func run() {
        var replay = VerdictReplay(camera: name, began: clocks.monotonic())
        var reason = CloseReason.endOfStream
        var now = CameraRecorder.Instant(clocks.monotonic(), wallMs: clocks.wallTimeMs())
        do throws(StoreError) {
            while let recorded = try reader.next() {
                let step = try replay.take(recorded, at: "\(reader.path):\(reader.line)")
                guard wait(for: step.verdict) else {
                    reason = .shutdown
                    break
                }
                now = CameraRecorder.Instant(step.verdict.arrival, wallMs: step.verdict.wallTimeMs)
                take(step, at: now)
            }
            if reader.isCut { log.warning("\(reader.path):\(reader.line + 1): the last line is cut off and left out") }
        } catch {
            fail("the replay ends: \(error.message)")
        }
        recorder.stop(reason)
        cameraEvents.stop(reason, at: now)
        verdicts = nil
        view.withLock {
            $0.openEvents = 0
            if $0.state == "replaying" { $0.state = "ended" }
        }
    }

    private func take(_ step: VerdictReplay.Step, at now: CameraRecorder.Instant) {
        ledger.arrived(replacing: false)
        ledger.taken()
        cameraEvents.note(step.changes, in: nil, at: now)
        cameraEvents.sawFrame(at: now)
        recorder.ingest(picture(for: step.verdict), step.verdict)
        do {
            try verdicts?.append(step.verdict)
        } catch {
            log.warning("the verdict log ends here: \(error)")
            verdicts = nil
        }
        ledger.scored()
        countOpenEvents()
    }

    /// Returns when the verdict is due and the writer has room; false when the daemon stops.
    private func wait(for verdict: Verdict) -> Bool {
        while !view.withLock({ $0.isStopping }) {
            let now = clocks.monotonic()
            let isFull = writer.counters.waiting > Self.mostWaiting
            let isEarly = pace == .realtime && now < verdict.arrival
            guard isFull || isEarly else { return true }
            if isEarly {
                recorder.tick(now)
                countOpenEvents()
            }
            let pause: Duration = isEarly ? min(.seconds(1), verdict.arrival - now) : .milliseconds(10)
            _ = stopping.wait(timeout: .now() + .nanoseconds(Int(pause.nanoseconds)))
        }
        return false
    }

    /// A plain ground in the frame's shape, on which an event's box is drawn.
    private func picture(for verdict: Verdict) -> Frame {
        let scale = min(1, Double(Self.pictureSide) / Double(max(verdict.width, verdict.height)))
        let pixels = PixelBuffer(
            width: max(1, Int(Double(verdict.width) * scale)), height: max(1, Int(Double(verdict.height) * scale)),
            format: .gray8)
        pixels.mutableBytes.copyBytes(from: repeatElement(96, count: pixels.byteCount))
        return Frame(
            camera: name, sequence: verdict.sequence, presentationTime: verdict.presentationTime,
            arrival: verdict.arrival, wallTimeMs: verdict.wallTimeMs, pixels: pixels)
    }

    private func countOpenEvents() {
        let count = recorder.machine.openEvents.count
        view.withLock { $0.openEvents = count }
    }

    private func fail(_ message: String) {
        log.error("\(message)")
        view.withLock {
            $0.state = "failed"
            $0.detail = message
        }
    }
}
