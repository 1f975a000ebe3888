import Basics
import Testing

/// Latencies and rates that cost nothing to keep.
@Suite struct LatencyHistogramTests {
    @Test(arguments: [1, 7, 8, 9, 250, 1000, 12_345, 3_600_000_000] as [Int64])
    func `a single value is told within ten per cent`(microseconds: Int64) throws {
        var histogram = LatencyHistogram()
        #expect(histogram.quantile(0.5) == nil)
        histogram.add(.microseconds(microseconds))
        let told = try #require(histogram.quantile(0.5)) / .microseconds(1)
        #expect(abs(told - Double(microseconds)) <= 0.1 * Double(microseconds), "\(told)")
        #expect(histogram.quantile(0.99) == histogram.quantile(0.5) && histogram.count == 1)
    }

    @Test func `quantiles are those of the values`() throws {
        var histogram = LatencyHistogram()
        for value in 1...1000 { histogram.add(.milliseconds(value)) }
        for (share, expected) in [(0.5, 500.0), (0.9, 900), (0.99, 990), (1, 1000)] {
            let told = try #require(histogram.quantile(share)) / .milliseconds(1)
            #expect(abs(told - expected) < 0.1 * expected, "\(share): \(told)")
        }
    }

    @Test func `what is long ago fades, and what cannot be counts as nothing`() throws {
        var histogram = LatencyHistogram()
        for _ in 0..<10_000 { histogram.add(.seconds(5)) }
        for _ in 0..<40_000 { histogram.add(.milliseconds(3)) }
        #expect(try #require(histogram.quantile(0.99)) < .milliseconds(4) && histogram.count == 50_000)
        histogram.add(.seconds(-1))
        histogram.add(.seconds(1_000_000))
        #expect(try #require(histogram.quantile(1)) > .seconds(3600))
    }

    @Test func `a rate is that of the last ten seconds`() {
        var rate = RecentRate()
        func at(_ milliseconds: Int64) -> MonotonicTime { MonotonicTime(nanoseconds: milliseconds * 1_000_000) }
        for index in 0..<100 { rate.add(at: at(Int64(index) * 200)) }
        #expect(rate.perSecond(at: at(20_000)) == 5)
        #expect(rate.perSecond(at: at(25_000)) == 2.5)
        #expect(rate.perSecond(at: at(60_000)) == 0)
        var young = RecentRate()
        young.add(at: at(500))
        #expect(young.perSecond(at: at(900)) == 0 && young.perSecond(at: at(1100)) == 1)
    }
}
