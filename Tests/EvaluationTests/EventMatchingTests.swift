import Evaluation
import Imaging
import Testing

@Suite struct EventMatchingTests {
    private static func span(_ start: Int64, _ end: Int64, _ box: Box? = nil) -> Occurrence {
        Occurrence(startMs: start, endMs: end, box: box)
    }

    @Test func anomaliesAreFoundMissedAndInvented() {
        let matching = EventMatching(
            events: [
                Self.span(1000, 2000), Self.span(10_400, 12_000), Self.span(13_000, 14_000), Self.span(50_000, 51_000),
            ],
            anomalies: [Self.span(10_000, 15_000), Self.span(30_000, 35_000)])
        #expect(matching.delaysMs == [400, nil])
        #expect(matching.found == 1)
        #expect(matching.falseEvents == [0, 3])
        #expect(matching.falseBeforeFirst == 1)
        #expect(matching.trueEvents == 2)
        #expect(matching.recall == 0.5)
        #expect(matching.precision == 0.5)
    }

    @Test func theToleranceWidensTime() {
        let (event, anomaly) = (Self.span(5600, 6000), Self.span(1000, 5000))
        #expect(EventMatching(events: [event], anomalies: [anomaly], tolerance: .milliseconds(599)).found == 0)
        #expect(EventMatching(events: [event], anomalies: [anomaly], tolerance: .milliseconds(600)).found == 1)
        let early = EventMatching(events: [Self.span(700, 900)], anomalies: [anomaly])
        #expect(early.delaysMs == [-300])
        #expect(early.falseEvents.isEmpty)
    }

    @Test func placesMustTouchWhereBothAreKnown() {
        let (left, right) = (Box(x1: 0, y1: 0, x2: 50, y2: 50), Box(x1: 60, y1: 0, x2: 90, y2: 50))
        func found(_ event: Box?, _ anomaly: Box?) -> Int {
            EventMatching(events: [Self.span(0, 9, event)], anomalies: [Self.span(0, 9, anomaly)]).found
        }
        #expect(found(left, right) == 0)
        #expect(found(left, left) == 1)
        #expect(found(nil, right) == 1)
        #expect(found(left, nil) == 1)
    }

    @Test func nothingIsNeitherRightNorWrong() {
        let matching = EventMatching(events: [], anomalies: [])
        #expect(matching.recall == nil && matching.precision == nil && matching.falseBeforeFirst == 0)
        #expect(EventMatching(events: [Self.span(1, 2)], anomalies: []).falseBeforeFirst == 1)
    }
}
