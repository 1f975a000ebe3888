internal import Basics
internal import Dispatch

/// The one thread of a session: started once, and waited for with a limit.
final class SessionThread: Sendable {
    private let isStarted = Locked(false)
    private let finished = DispatchSemaphore(value: 0)

    /// Does nothing when it was started before; false when the system has no thread left.
    func start(_ body: @escaping @Sendable () -> Void) -> Bool {
        let isFirst = isStarted.withLock { started -> Bool in
            defer { started = true }
            return !started
        }
        guard isFirst else { return true }
        let hasThread = OwnThread.start { @Sendable [finished] in
            body()
            finished.signal()
        }
        if !hasThread { finished.signal() }
        return hasThread
    }

    /// Whether it is done, or never began.
    func wait(upTo timeout: Duration) -> Bool {
        guard isStarted.withLock({ $0 }) else { return true }
        guard finished.wait(timeout: .now() + .nanoseconds(Int(timeout.nanoseconds))) == .success else { return false }
        finished.signal()
        return true
    }
}
