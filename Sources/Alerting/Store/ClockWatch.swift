package import Basics

/// Notices that somebody set the wall clock, by comparing it with the clock that nobody sets. A value; reads no clock.
package struct ClockWatch: Sendable {
    /// Both clocks at the same moment.
    package struct Reading: Sendable, Hashable {
        package let monotonic: MonotonicTime
        package let wallMs: Int64

        package init(monotonic: MonotonicTime, wallMs: Int64) {
            self.monotonic = monotonic
            self.wallMs = wallMs
        }

        /// Reads both, again when something came between them.
        package init(_ clocks: any Clocks) {
            var before = clocks.monotonic()
            var wall = clocks.wallTimeMs()
            for _ in 0..<8 where clocks.monotonic() - before > .milliseconds(20) {
                before = clocks.monotonic()
                wall = clocks.wallTimeMs()
            }
            self.init(monotonic: before, wallMs: wall)
        }
    }

    /// Less is not worth a line: durations do not come from the wall clock.
    package static let threshold: Duration = .milliseconds(250)
    /// What a clock that is only slewed may gain or lose: twice what the kernel allows.
    private static let slewPerThousand: Int64 = 1

    private var last: Reading

    package init(_ first: Reading) { last = first }

    /// How far the wall clock was set forward (negative: back) since the reading before, in milliseconds; nil when it only
    /// went on. A machine that slept counts as set forward.
    package mutating func step(_ now: Reading) -> Int64? {
        defer { last = now }
        let elapsed = (now.monotonic - last.monotonic).milliseconds
        let step = now.wallMs - last.wallMs - elapsed
        let allowed = Self.threshold.milliseconds + max(0, elapsed) * Self.slewPerThousand / 1000
        return step.magnitude > allowed.magnitude ? step : nil
    }
}
