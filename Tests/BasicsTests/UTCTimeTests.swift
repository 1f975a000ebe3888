import Basics
import FoundationEssentials
import Testing

@Suite struct UTCTimeTests {
    @Test(arguments: [
        (0, "1970-01-01T00:00:00.000Z"), (-1, "1969-12-31T23:59:59.999Z"),
        (951_782_400_000, "2000-02-29T00:00:00.000Z"),
        (1_709_251_199_999, "2024-02-29T23:59:59.999Z"), (4_107_542_400_000, "2100-03-01T00:00:00.000Z"),
        (1_763_720_762_123, "2025-11-21T10:26:02.123Z"),
    ])
    func knownMomentsAreWrittenRight(milliseconds: Int64, text: String) {
        #expect(UTCTime.rfc3339(milliseconds) == text)
        #expect(UTCTime.readable(milliseconds) == text.dropLast().replacing("T", with: " ") + " UTC")
    }

    @Test func anyMomentIsReadBack() throws {
        var random = SeededGenerator(seed: 8)
        for _ in 0..<500 {
            let seconds = Int64(random.index(below: 5_000_000_000)) - 500_000_000
            let text = UTCTime.rfc3339(seconds * 1000 + 7).replacing(".007", with: "")
            #expect(try Date(text, strategy: .iso8601).timeIntervalSince1970 == Double(seconds))
        }
    }
}
