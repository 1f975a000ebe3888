import Basics
import Testing

@Suite struct MonotonicClockTests {
    @Test func `The system's monotonic clock moves forward and sleeping takes its time`() {
        let clocks = SystemClocks()
        let start = clocks.monotonic()
        clocks.sleep(for: .milliseconds(5))
        #expect(clocks.monotonic() - start >= .milliseconds(5))
        clocks.sleep(for: .milliseconds(-5))
        #expect(clocks.wallTimeMs() > 1_600_000_000_000)
    }

    @Test func `Manual clocks stand still until told otherwise`() {
        let clocks = ManualClocks(monotonicNanoseconds: 7, wallTimeMs: 1000)
        #expect(clocks.monotonic() == MonotonicTime(nanoseconds: 7))
        #expect(clocks.wallTimeMs() == 1000)
        clocks.sleep(for: .seconds(2))
        #expect(clocks.monotonic() == MonotonicTime(nanoseconds: 2_000_000_007))
        #expect(clocks.wallTimeMs() == 3000)
        clocks.stepWall(byMs: -5000)
        #expect(clocks.wallTimeMs() == -2000)
        #expect(clocks.monotonic().nanoseconds == 2_000_000_007)
    }

    @Test func `Small advances add up on both clocks`() {
        let clocks = ManualClocks(wallTimeMs: 0)
        for _ in 0..<1500 { clocks.advance(by: .microseconds(66_667)) }
        #expect(clocks.monotonic().nanoseconds == 1500 * 66_667_000)
        #expect(clocks.wallTimeMs() == 100_000)
    }

    @Test func `Times and durations add and subtract`() {
        let start = MonotonicTime(nanoseconds: 10)
        let later = start + .milliseconds(3)
        #expect(later > start)
        #expect(later - start == .milliseconds(3))
        #expect((start - later).milliseconds == -3)
        #expect(Duration.seconds(-1.5).nanoseconds == -1_500_000_000)
        #expect(Duration.microseconds(1999).milliseconds == 1)
    }
}
