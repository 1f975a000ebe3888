public import Basics
internal import Dispatch

/// Tells targets what happened: reads what the writer committed together with the events, and delivers it, at least once
/// and in order for each camera and target.
///
/// Each target has a thread of its own; the writer, capture and analysis wait for none. What cannot be delivered waits in
/// the database, across restarts; see `docs/notifications.md` for the guarantees.
public final class Outbox: Sendable {
    /// What the daemon logs. Called on any thread.
    public enum Report: Sendable {
        /// A target cannot take what there is; reported once, until it works again.
        case failing(target: String, reason: String)
        case working(target: String)
        /// A message that the target will never take.
        case rejected(target: String, id: String, reason: String)
        /// Messages that waited for too long, or were too many.
        case dropped(target: String, count: Int)
        /// A target that the settings no longer name.
        case forgotten(target: String, waiting: Int)
        /// Deliveries cannot be looked up or marked; reported once, until it works again.
        case storeFailing(target: String, StoreError)
        /// The system has no thread left for it: nothing is delivered to it.
        case idle(target: String)
    }

    let writer: EventWriter
    private let lines: [OutboxLine]
    private let clocks: any Clocks
    private let report: @Sendable (Report) -> Void
    private let ids: Locked<EventIDGenerator>

    /// - Parameters:
    ///   - targets: all of the settings, with the ways to them; what waits for others is dropped.
    ///   - seed: random in production.
    /// - Throws: what the disk reports.
    public init(
        _ targets: [(target: OutboxTarget, transport: any NotificationTransport)], writer: EventWriter,
        clocks: any Clocks = SystemClocks(), seed: UInt64, report: @escaping @Sendable (Report) -> Void = { _ in }
    ) throws(StoreError) {
        self.writer = writer
        self.clocks = clocks
        self.report = report
        ids = Locked(EventIDGenerator(seed: seed))
        let gone = try writer.mark { try OutboxRows.use(targets.map(\.target), $0) }
        for (name, waiting) in gone { report(.forgotten(target: name, waiting: waiting)) }
        lines = targets.enumerated().map { index, pair in
            OutboxLine(
                OutboxQueue(target: pair.target), pair.transport, writer, clocks, seed: seed &+ UInt64(index),
                report: report)
        }
    }

    public func start() {
        for line in lines where !line.start() { report(.idle(target: line.queue.target.name)) }
    }

    /// Something was committed. Returns at once.
    public func wake() {
        for line in lines { line.wake() }
    }

    /// Delivers for a while what was committed last, and ends; the rest waits for the next start.
    public func finish(within limit: Duration) {
        for line in lines { line.beginEnd() }
        let end = DispatchTime.now() + .nanoseconds(Int(clamping: limit.nanoseconds))
        for line in lines where !line.waitUntilOver(upTo: end) { line.stop() }
    }

    /// Does one thing for a target, and returns how long there is nothing to do then; for tests, in the place of `start`.
    package func advance(_ target: Int) -> Duration { lines[target].next() }

    /// Puts a test message into the queue of a target; see `EventReader.notification(_:)` for what becomes of it.
    /// - Returns: the message's id.
    /// - Throws: `StoreError`: `unknownTarget`, and what the disk reports.
    public func test(_ name: String) throws(StoreError) -> String {
        guard let line = lines.first(where: { $0.queue.target.name == name }) else {
            let names = lines.map(\.queue.target.name).joined(separator: ", ")
            throw StoreError(
                .unknownTarget,
                "no target of notifications is named \(name); the settings have \(names.isEmpty ? "none" : names)")
        }
        let timeMs = clocks.wallTimeMs()
        let id = ids.withLock { $0.next(wallTimeMs: timeMs) }
        let message = try writer.mark { try line.queue.addTest(id, timeMs: timeMs, $0) }
        line.wake()
        return message
    }
}
