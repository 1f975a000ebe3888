package import Basics
internal import CLibAV
internal import Synchronization

/// Makes libav's blocking calls return: on request, or when a monotonic deadline has passed.
///
/// Shared between the capture thread, which sets deadlines, and whoever stops it.
package final class Interrupt: Sendable {
    private let clocks: any Clocks
    private let also: (@Sendable () -> Bool)?
    private let deadline = Atomic<Int64>(.max)
    private let cancelled = Atomic<Bool>(false)
    private let fired = Atomic<Bool>(false)

    /// - Parameter also: a further reason to end everything, asked at every check.
    package init(clocks: any Clocks, also: (@Sendable () -> Bool)? = nil) {
        self.clocks = clocks
        self.also = also
    }

    /// Starts a new time limit. What libav returns on an interrupt differs per protocol, so `didFire` tells instead.
    package func arm(after limit: Duration) {
        fired.store(false, ordering: .relaxed)
        deadline.store((clocks.monotonic() + limit).nanoseconds, ordering: .relaxed)
    }

    /// No limit.
    package func disarm() { deadline.store(.max, ordering: .relaxed) }

    /// Ends the current and every later call.
    package func cancel() { cancelled.store(true, ordering: .releasing) }

    package var isCancelled: Bool { cancelled.load(ordering: .acquiring) }

    /// Whether the current limit has passed.
    package var didFire: Bool { fired.load(ordering: .relaxed) }

    /// The monotonic clock that limits refer to.
    package var now: MonotonicTime { clocks.monotonic() }

    /// Waits until `due`, or until cancelled.
    func sleep(until due: MonotonicTime) {
        while !isCancelled, case let left = due - clocks.monotonic(), left > .zero {
            clocks.sleep(for: min(left, .milliseconds(50)))
        }
    }

    /// Whether to give up now.
    package func check() -> Bool {
        if isCancelled { return true }
        if also?() == true {
            cancel()
            return true
        }
        guard clocks.monotonic().nanoseconds > deadline.load(ordering: .relaxed) else { return false }
        fired.store(true, ordering: .relaxed)
        return true
    }

    /// For `AVFormatContext.interrupt_callback`; the object must outlive the context.
    var callback: AVIOInterruptCB {
        AVIOInterruptCB(
            callback: { opaque in
                guard let opaque else { return 0 }
                return Unmanaged<Interrupt>.fromOpaque(opaque).takeUnretainedValue().check() ? 1 : 0
            }, opaque: Unmanaged.passUnretained(self).toOpaque())
    }
}
