import Alerting
import Basics
import GRDB
import TestSupport
import Testing

/// The wall clock is set while the monitor runs.
@Suite struct EpochTests {
    private struct Row: Equatable {
        let reason: String
        let stepMs: Int64
    }

    private func epochs(_ path: String) throws -> [Row] {
        try DatabaseQueue(path: path).read { db in
            try GRDB.Row.fetchAll(db, sql: "SELECT reason, step_ms FROM epoch ORDER BY number").map {
                Row(reason: $0[0], stepMs: $0[1])
            }
        }
    }

    @Test(
        arguments: [
            (3_600_000, "forward by 1 h"), (-3_600_000, "back by 1 h"), (-90_500, "back by 1 min 30.5 s"),
            (172_800_000, "forward by 2 d"), (300, "forward by 0.3 s"),
        ] as [(Int64, String)])
    func `a step is one line, one event and one epoch`(step: Int64, words: String) throws {
        let folder = TemporaryFolder()
        let path = folder.file("events.sqlite")
        let clocks = ManualClocks()
        let reports = Reports()
        let writer = try EventWriter(path: path, clocks: clocks) { reports.add($0) }
        writer.keep()
        let (before, after) = (Lives.one(seed: 1), Lives.one(seed: 2))
        writer.submit(before)
        clocks.advance(by: .seconds(1))
        clocks.stepWall(byMs: step)
        // The event's opening itself notices the step.
        writer.submit(after)
        writer.lookAtClock()
        writer.flush()
        #expect(
            reports.all.filter { !$0.hasPrefix("opened") && !$0.hasPrefix("closed") } == [
                "warning: the clock was set \(words)"
            ])
        #expect(try epochs(path) == [Row(reason: "start", stepMs: 0), Row(reason: "step", stepMs: step)])
        let box = try EventReader(path: path).history().entries.filter { $0.camera == CameraEvent.box }
        #expect(box.map(\.kind) == ["clock-stepped"])
        #expect(box.first?.startMs == clocks.wallTimeMs() && box.first?.endMs == clocks.wallTimeMs())
        let events = try DatabaseQueue(path: path).read { db in
            try Int.fetchAll(db, sql: "SELECT epoch FROM event ORDER BY number")
        }
        #expect(events == [1, 2])
        #expect(try EventReader(path: path).problems() == [])
    }

    @Test func `a clock that is only slewed, or a machine that is slow, is no step`() {
        var watch = ClockWatch(ClockWatch.Reading(monotonic: MonotonicTime(nanoseconds: 0), wallMs: 0))
        func look(_ ms: Int64, _ wallMs: Int64) -> Int64? {
            watch.step(ClockWatch.Reading(monotonic: MonotonicTime(nanoseconds: ms * 1_000_000), wallMs: wallMs))
        }
        #expect(look(1000, 1001) == nil)
        #expect(look(2000, 2249) == nil)
        // Ten minutes late, and slewed by 500 parts in a million meanwhile.
        #expect(look(602_000, 602_549) == nil)
        #expect(look(603_000, 603_000) == -549)
        #expect(look(604_000, 604_000) == nil)
    }

    @Test func `ids go on after those of a run whose clock was ahead`() throws {
        let folder = TemporaryFolder()
        let path = folder.file("events.sqlite")
        let clocks = ManualClocks()
        do {
            let writer = try EventWriter(path: path, clocks: clocks)
            writer.keep()
            clocks.stepWall(byMs: 3_600_000)
            writer.lookAtClock()
            writer.flush()
        }
        clocks.stepWall(byMs: -7_200_000)
        let writer = try EventWriter(path: path, clocks: clocks)
        writer.keep()
        clocks.stepWall(byMs: 10_000)
        writer.lookAtClock()
        writer.flush()
        let ids = try DatabaseQueue(path: path).read {
            try String.fetchAll($0, sql: "SELECT id FROM camera_event ORDER BY number")
        }
        #expect(ids.count == 2 && ids == ids.sorted())
        #expect(try epochs(path).map(\.reason) == ["start", "step", "start", "step"])
    }
}
