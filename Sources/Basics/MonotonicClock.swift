import Glibc

/// A point on the monotonic clock, in nanoseconds since an arbitrary start; never steps with the wall clock.
public struct MonotonicTime: Hashable, Comparable, Sendable, Codable {
    public var nanoseconds: Int64

    public init(nanoseconds: Int64) { self.nanoseconds = nanoseconds }

    public static func < (left: MonotonicTime, right: MonotonicTime) -> Bool { left.nanoseconds < right.nanoseconds }

    public static func + (time: MonotonicTime, duration: Duration) -> MonotonicTime {
        MonotonicTime(nanoseconds: time.nanoseconds + duration.nanoseconds)
    }

    public static func - (later: MonotonicTime, earlier: MonotonicTime) -> Duration {
        .nanoseconds(later.nanoseconds - earlier.nanoseconds)
    }
}

/// Where every room takes the time from, so that tests can replace it.
public protocol Clocks: Sendable {
    /// Monotonic time: durations, stalls, deadlines.
    func monotonic() -> MonotonicTime
    /// Wall time: milliseconds since the Unix epoch, UTC.
    func wallTimeMs() -> Int64
    /// Blocks the calling thread. A manual clock advances itself instead.
    func sleep(for duration: Duration)
}

/// The machine's own clocks; the only code that reads the time.
public struct SystemClocks: Clocks {
    public init() {}

    public func monotonic() -> MonotonicTime {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return MonotonicTime(nanoseconds: Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec))
    }

    public func wallTimeMs() -> Int64 {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000
    }

    public func sleep(for duration: Duration) {
        let nanoseconds = max(0, duration.nanoseconds)
        var request = timespec(tv_sec: Int(nanoseconds / 1_000_000_000), tv_nsec: Int(nanoseconds % 1_000_000_000))
        var left = timespec()
        while nanosleep(&request, &left) == -1 && errno == EINTR { request = left }
    }
}

/// Clocks that stand still until told otherwise; sleeping advances them at once.
public final class ManualClocks: Clocks {
    /// Both in nanoseconds, so that advances below a millisecond add up.
    private let state: Locked<(monotonic: Int64, wall: Int64)>

    public init(monotonicNanoseconds: Int64 = 0, wallTimeMs: Int64 = 1_700_000_000_000) {
        state = Locked((monotonicNanoseconds, wallTimeMs * 1_000_000))
    }

    public func monotonic() -> MonotonicTime { MonotonicTime(nanoseconds: state.withLock { $0.monotonic }) }

    public func wallTimeMs() -> Int64 { state.withLock { $0.wall } / 1_000_000 }

    public func sleep(for duration: Duration) { advance(by: duration) }

    /// Moves both clocks forward.
    public func advance(by duration: Duration) {
        state.withLock {
            $0.monotonic += duration.nanoseconds
            $0.wall += duration.nanoseconds
        }
    }

    /// Steps the wall clock alone, as an operator or NTP would.
    public func stepWall(byMs milliseconds: Int64) { state.withLock { $0.wall += milliseconds * 1_000_000 } }
}

extension Duration {
    /// Whole nanoseconds.
    public var nanoseconds: Int64 { components.seconds * 1_000_000_000 + components.attoseconds / 1_000_000_000 }

    /// Whole milliseconds, rounded towards zero.
    public var milliseconds: Int64 { nanoseconds / 1_000_000 }
}
