internal import Basics
internal import GRDB

/// A time during which nobody set the wall clock.
struct Epoch: Sendable, Hashable {
    enum Reason: String, Sendable { case start, step }

    let number: Int64
    let reason: Reason
    let begin: ClockWatch.Reading
    /// How far the wall clock was set forward; negative: back.
    var stepMs: Int64 = 0

    func insert(run: Int64, _ db: Database) throws {
        try db.execute(
            sql: """
                INSERT INTO epoch (number, run, reason, wall_ms, monotonic_ns, step_ms) VALUES (?, ?, ?, ?, ?, ?)
                """,
            arguments: [number, run, reason.rawValue, begin.wallMs, begin.monotonic.nanoseconds, stepMs])
    }
}

/// The wall clock's epochs of this run: which one is in force, and which are not stored yet.
struct Epochs: Sendable {
    private(set) var current: Int64
    private(set) var unstored: [Epoch] = []
    private var watch: ClockWatch?

    /// While nothing can be stored and the clock does not rest, its later steps become one.
    private static let limit = 64

    init(current: Int64) { self.current = current }

    mutating func watch(from now: ClockWatch.Reading) { watch = ClockWatch(now) }

    /// The step between the last look and this one, in milliseconds; it began a new epoch.
    mutating func look(_ now: ClockWatch.Reading) -> Int64? {
        guard let step = watch?.step(now) else { return nil }
        if unstored.count == Self.limit {
            unstored[unstored.count - 1].stepMs += step
        } else {
            current += 1
            unstored.append(Epoch(number: current, reason: .step, begin: now, stepMs: step))
        }
        return step
    }

    mutating func stored(_ epochs: [Epoch]) { unstored.removeAll(where: epochs.contains) }
}
