internal import Basics
internal import Dispatch

/// Delivers to one target, on a thread of its own, one message at a time.
///
/// `@unchecked Sendable`: `schedule`, `tidied`, `isFailing` and `isStoreFailing` are touched only by that thread.
final class OutboxLine: @unchecked Sendable {
    let queue: OutboxQueue
    let transport: any NotificationTransport
    private let writer: EventWriter
    private let clocks: any Clocks
    private let report: @Sendable (Outbox.Report) -> Void
    private let bell = DispatchSemaphore(value: 0)
    private let over = DispatchSemaphore(value: 0)
    private let state = Locked(State())
    private var schedule: DeliverySchedule
    private var tidied: MonotonicTime?
    private var isFailing = false
    private var isStoreFailing = false

    private struct State {
        var isRunning = false
        /// Stop as soon as nothing can be delivered at once.
        var isEnding = false
        /// Stop now.
        var isStopped = false
    }

    private static let tidyInterval: Duration = .seconds(10)
    private static let storeRetry: Duration = .seconds(1)

    init(
        _ queue: OutboxQueue, _ transport: any NotificationTransport, _ writer: EventWriter, _ clocks: any Clocks,
        seed: UInt64, report: @escaping @Sendable (Outbox.Report) -> Void
    ) {
        self.queue = queue
        self.transport = transport
        self.writer = writer
        self.clocks = clocks
        self.report = report
        schedule = DeliverySchedule(seed: seed)
    }

    /// False when the system has no thread left.
    func start() -> Bool {
        state.withLock { $0.isRunning = true }
        let hasThread = OwnThread.start { @Sendable [self] in
            run()
            over.signal()
        }
        if !hasThread { state.withLock { $0.isRunning = false } }
        return hasThread
    }

    func wake() { bell.signal() }

    /// Delivers what can be delivered at once, and ends.
    func beginEnd() {
        state.withLock { $0.isEnding = true }
        bell.signal()
    }

    /// Ends now, at most one attempt later.
    func stop() {
        guard state.withLock({ $0.isRunning }) else { return }
        state.withLock { $0.isStopped = true }
        transport.interrupt()
        bell.signal()
        over.wait()
    }

    /// Returns whether it ended by itself.
    func waitUntilOver(upTo limit: DispatchTime) -> Bool {
        guard state.withLock({ $0.isRunning }) else { return true }
        guard over.wait(timeout: limit) == .success else { return false }
        over.signal()
        return true
    }

    // MARK: - On its thread

    private func run() {
        transport.start()
        while !state.withLock({ $0.isStopped }) {
            let (pause, isEnding) = (next(), state.withLock { $0.isEnding })
            if pause == .zero { continue }
            if isEnding { break }
            _ = bell.wait(timeout: .now() + .nanoseconds(Int(clamping: pause.nanoseconds)))
            // Several rings are one.
            while bell.wait(timeout: .now()) == .success {}
            transport.refresh()
        }
        transport.stop()
    }

    /// Does one thing; returns how long there is nothing to do then.
    func next() -> Duration {
        do throws(StoreError) {
            try tidy()
            let heads = try writer.look { try queue.heads($0) }
            isStoreFailing = false
            switch schedule.next(heads, at: clocks.monotonic()) {
            case .idle: return Self.tidyInterval
            case .wait(let duration): return min(max(duration, .milliseconds(1)), Self.tidyInterval)
            case .deliver(let camera):
                try take(camera)
                return .zero
            }
        } catch {
            return storeFailed(error)
        }
    }

    private func take(_ camera: String) throws(StoreError) {
        let timeMs = clocks.wallTimeMs()
        switch try writer.look({ try queue.step(camera, $0) }) {
        case .merge(let fellows)?:
            try writer.mark { try queue.merge(fellows, timeMs: timeMs, $0) }
        case .suppress(let notification)?:
            try writer.mark { try queue.suppress(notification, timeMs: timeMs, $0) }
            schedule.passed(camera)
        case .deliver(let notification)?:
            settle(notification, transport.deliver(notification))
        case nil: break
        }
    }

    /// What was delivered must be marked before anything else is done, or it would be delivered again and again while
    /// the disk is full.
    private func settle(_ notification: EventNotice, _ outcome: DeliveryOutcome) {
        while true {
            do throws(StoreError) {
                try mark(notification, outcome)
                return
            } catch {
                let pause = storeFailed(error)
                if state.withLock({ $0.isStopped || $0.isEnding }) { return }
                clocks.sleep(for: pause)
            }
        }
    }

    private func mark(_ notification: EventNotice, _ outcome: DeliveryOutcome) throws(StoreError) {
        let timeMs = clocks.wallTimeMs()
        guard let reason = outcome.reason else {
            try writer.mark { try queue.delivered(notification, timeMs: timeMs, $0) }
            schedule.succeeded(notification.camera)
            if isFailing { report(.working(target: queue.target.name)) }
            isFailing = false
            return
        }
        // An attempt that was cut short says nothing.
        if state.withLock({ $0.isStopped }) { return }
        let isGivenUp = try writer.mark { try queue.failed(notification, outcome, timeMs: timeMs, $0) }
        if isGivenUp {
            schedule.passed(notification.camera)
            report(.rejected(target: queue.target.name, id: notification.id, reason: reason))
        } else {
            schedule.failed(notification.camera, outcome, at: clocks.monotonic())
            if !isFailing { report(.failing(target: queue.target.name, reason: reason)) }
            isFailing = true
        }
    }

    private func tidy() throws(StoreError) {
        let now = clocks.monotonic()
        if let tidied, now - tidied < Self.tidyInterval { return }
        let timeMs = clocks.wallTimeMs()
        let isDue = try writer.look { try queue.needsTidying(timeMs: timeMs, $0) }
        if isDue {
            let dropped = try writer.mark { try queue.tidy(timeMs: timeMs, $0) }
            if dropped > 0 { report(.dropped(target: queue.target.name, count: dropped)) }
        }
        tidied = now
    }

    /// Returns when to try again.
    private func storeFailed(_ error: StoreError) -> Duration {
        if !isStoreFailing { report(.storeFailing(target: queue.target.name, error)) }
        isStoreFailing = true
        return Self.storeRetry
    }
}
