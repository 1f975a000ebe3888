import Alerting
import Analysis
import Basics
import TestSupport
import Testing

/// While something hides a camera's view, anomalies wait.
@Suite struct HiddenViewTests {
    private func verdict(
        _ sequence: UInt64, hidden: Bool, conditions: Set<PictureCondition> = [], x: Float? = 100
    ) -> Verdict {
        Verdict(
            camera: "yard", sequence: sequence, presentationTime: .milliseconds(200 * Int(sequence)),
            arrival: MonotonicTime(nanoseconds: Int64(sequence) * 200_000_000),
            wallTimeMs: Script.wallStart + 200 * Int64(sequence), width: 640, height: 360, light: .steady(.day),
            conditions: conditions, isViewHidden: hidden, objects: x.map { [object($0, 100, 6)] } ?? [], regions: [],
            map: .none, timings: StageTimings())
    }

    @Test func `a covered lens opens no anomaly, and what is there afterwards is reported`() {
        var machine = Script().machine
        for number in 0..<300 as Range<UInt64> {
            let conditions: Set<PictureCondition> = number > 50 ? [.obstructed] : []
            #expect(machine.ingest(verdict(number, hidden: true, conditions: conditions)).isEmpty)
        }
        let after = (300..<310 as Range<UInt64>).flatMap { machine.ingest(verdict($0, hidden: false)) }
        #expect(after.contains { if case .open = $0 { true } else { false } })
    }

    @Test func `an event that is open stays open while the view is hidden`() {
        var machine = Script().machine
        for number in 0..<10 as Range<UInt64> { _ = machine.ingest(verdict(number, hidden: false)) }
        #expect(machine.openEvents.count == 1)
        for number in 10..<300 as Range<UInt64> {
            #expect(machine.ingest(verdict(number, hidden: true, x: nil)).isEmpty)
        }
        let after = (300..<340 as Range<UInt64>).flatMap { machine.ingest(verdict($0, hidden: false, x: nil)) }
        #expect(after.map(\.event.reason) == [.quiet])
    }

    @Test func `what was wrong with a picture is in the log of verdicts`() throws {
        let folder = TemporaryFolder()
        let path = folder.file("verdicts.ndjson")
        let writer = try VerdictLogWriter(path: path)
        try writer.append(verdict(0, hidden: false))
        try writer.append(verdict(1, hidden: true))
        try writer.append(verdict(2, hidden: true, conditions: [.obstructed, .frozen]))
        let read = try VerdictLog.read(path)
        #expect(read.map(\.isViewHidden) == [false, true, true])
        #expect(read.map(\.conditions) == [[], [], [.obstructed, .frozen]])
    }
}
