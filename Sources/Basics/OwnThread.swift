internal import Glibc

/// A thread of our own for calls that block: they must not occupy Dispatch's or the concurrency runtime's threads.
public enum OwnThread {
    private final class Work: Sendable {
        let body: @Sendable () -> Void

        init(_ body: @escaping @Sendable () -> Void) { self.body = body }
    }

    /// Starts a detached thread; false when the system has none left.
    public static func start(_ body: @escaping @Sendable () -> Void) -> Bool {
        let work = Unmanaged.passRetained(Work(body))
        var thread = pthread_t()
        let result = pthread_create(
            &thread, nil,
            { opaque in
                if let opaque { Unmanaged<Work>.fromOpaque(opaque).takeRetainedValue().body() }
                return nil
            }, work.toOpaque())
        guard result == 0 else {
            work.release()
            return false
        }
        pthread_detach(thread)
        return true
    }

    /// Makes the calling thread yield to all others: it gets what they leave.
    public static func yieldToOthers() {
        // On Linux the nice value belongs to the thread.
        setpriority(numericCast(PRIO_PROCESS.rawValue), 0, 19)
    }
}
