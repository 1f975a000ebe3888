internal import Basics

/// Limits how many cameras connect at the same time, so that a power cut does not end in a stampede.
public final class DialGate: Sendable {
    /// Shared by all sessions of the process unless they are given another one.
    public static let shared = DialGate(limit: 8)

    private let limit: Int
    private let open = Locked(0)

    public init(limit: Int) {
        precondition(limit > 0)
        self.limit = limit
    }

    /// Whether one more may connect now; if so, `leave` must follow.
    func enter() -> Bool {
        open.withLock { count in
            guard count < limit else { return false }
            count += 1
            return true
        }
    }

    func leave() { open.withLock { $0 -= 1 } }
}
