internal import Basics

/// Which camera's queue of one target is next: the one whose first message is oldest, of those that do not wait after
/// a failure. A pure value.
struct DeliverySchedule {
    /// The first message of a camera's queue.
    struct Head: Hashable {
        let camera: String
        let number: Int64
    }

    enum Choice: Hashable {
        case deliver(camera: String)
        case wait(Duration)
        case idle
    }

    private struct Pause {
        var failures = 0
        var until: MonotonicTime
        var wasUnreachable: Bool
    }

    static let longestPause: Duration = .seconds(300)
    /// A target that asks for more time than this is asked again all the same.
    static let longestWish: Duration = .seconds(3600)

    private var pauses: [String: Pause] = [:]
    private var backoff: Backoff

    init(seed: UInt64) { backoff = Backoff(cap: Self.longestPause, seed: seed) }

    mutating func next(_ heads: [Head], at now: MonotonicTime) -> Choice {
        let cameras = Set(heads.map(\.camera))
        pauses = pauses.filter { cameras.contains($0.key) }
        guard !heads.isEmpty else { return .idle }
        let ready = heads.filter { head in pauses[head.camera].map { $0.until <= now } ?? true }
        if let first = ready.min(by: { $0.number < $1.number }) { return .deliver(camera: first.camera) }
        return .wait((pauses.values.map(\.until).min() ?? now) - now)
    }

    /// A message was taken; when the target can be reached, all who could not reach it try again at once.
    mutating func succeeded(_ camera: String) {
        pauses[camera] = nil
        pauses = pauses.filter { !$0.value.wasUnreachable }
    }

    /// The first message of the camera is out of the way without telling anything about the target.
    mutating func passed(_ camera: String) { pauses[camera] = nil }

    mutating func failed(_ camera: String, _ outcome: DeliveryOutcome, at now: MonotonicTime) {
        let failures = (pauses[camera]?.failures ?? 0) + 1
        var delay = backoff.delay(after: failures)
        var wasUnreachable = false
        switch outcome {
        case .busy(_, let after?): delay = max(delay, min(after, Self.longestWish))
        case .unreachable: wasUnreachable = true
        default: break
        }
        pauses[camera] = Pause(failures: failures, until: now + delay, wasUnreachable: wasUnreachable)
    }
}
