import Alerting
import Analysis
import Basics
import Foundation
import Imaging
import TestSupport

/// A small history that is the same on every machine.
struct History {
    let folder = TemporaryFolder()
    let path: String
    /// Oldest first.
    let ids: [String]

    static let start: Int64 = 1_760_000_000_000
    /// 16 x 10 pixels.
    static let jpeg = Array(
        Data(
            base64Encoded: """
                /9j/4AAQSkZJRgABAQAAAQABAAD/2wBDABALDA4MChAODQ4SERATGCgaGBYWGDEjJR0oOjM9PDkzODdASFxOQERXRTc4UG1RV19i
                Z2hnPk1xeXBkeFxlZ2P/2wBDARESEhgVGC8aGi9jQjhCY2NjY2NjY2NjY2NjY2NjY2NjY2NjY2NjY2NjY2NjY2NjY2NjY2NjY2Nj
                Y2NjY2NjY2P/wAARCAAKABADASIAAhEBAxEB/8QAFAABAAAAAAAAAAAAAAAAAAAABP/EABsQAAICAwEAAAAAAAAAAAAAAAABAxEE
                EiFR/8QAFQEBAQAAAAAAAAAAAAAAAAAAAQT/xAAZEQACAwEAAAAAAAAAAAAAAAAAAQMEEQL/2gAMAwEAAhEDEQA/AAxYdK9bHQYV
                pPUVCl4OhS5wikm6CnZeJYf/2Q==
                """, options: .ignoreUnknownCharacters) ?? Data())

    init() throws {
        path = folder.file("events.sqlite")
        let clocks = ManualClocks(wallTimeMs: Self.start)
        let writer = try EventWriter(path: path, clocks: clocks)
        var ids: [String] = []
        var first: EventID?
        for action in Self.anomalies() {
            switch action {
            case .open(var event):
                ids.append(event.id.description)
                (event.zones, event.continues) = (first == nil ? ["door", "path"] : [], first)
                first = event.id
                writer.submit(.open(event), snapshots: Self.pictures(at: event.peak.timeMs))
            case .update, .close: writer.submit(action)
            }
            writer.flush()
        }
        for action in Self.troubles() {
            if case .open(let event) = action { ids.append(event.id.description) }
            writer.submit(action)
        }
        writer.flush()
        clocks.advance(by: .seconds(3600))
        _ = try writer.carryOut(AckRequest(event: ids[0], label: .falseAlarm, note: "a shadow"))
        clocks.advance(by: .seconds(60))
        _ = try writer.carryOut(AckRequest(event: ids[0], label: .confirmed, note: "no: a dog\u{1B}[31m, <b>look</b>"))
        _ = try writer.carryOut(AckRequest(event: ids[1], label: .falseAlarm))
        try writer.finish()
        self.ids = ids
    }

    private static func pictures(at time: Int64) -> [EventSnapshot] {
        EventSnapshot.Kind.allCases.map { EventSnapshot(kind: $0, timeMs: time, sequence: 3, jpeg: jpeg) }
    }

    /// Two: something that grows and moves on, and a weaker thing a minute later, which is said to go on from it.
    private static func anomalies() -> [EventAction] {
        var machine = EventMachine(
            camera: "yard", rules: EventRules(objects: .init(enter: 3, exit: 2), pixels: .init(enter: 4, exit: 2.5)),
            provenance: Provenance(model: "m1", profile: "yard v1"), ids: EventIDGenerator(seed: 1))
        var actions: [EventAction] = []
        for index in 0..<400 {
            let second = Float(index) / 5
            let isFirst = second < 12
            let surprise: Float = isFirst ? 3.2 + 2.5 * (1 - abs(second - 5) / 7) : 60..<66 ~= second ? 4.25 : 0
            let box = Box(x1: 100 + 10 * second, y1: 100, x2: 140 + 10 * second, y2: 160)
            let object = ScoredObject(box: box, objectness: 0.8, anomaly: 0.9, surprise: surprise)
            let region = AnomalousRegion(box: box, cells: 6, score: 0.99, surprise: surprise + 0.5)
            actions += machine.ingest(
                Verdict(
                    camera: "yard", sequence: UInt64(index), presentationTime: .milliseconds(200 * index),
                    arrival: MonotonicTime(nanoseconds: Int64(index) * 200_000_000),
                    wallTimeMs: start + Int64(index) * 200, width: 640, height: 360, light: .steady(.day),
                    objects: isFirst ? [object] : [], regions: surprise > 0 ? [region] : [], map: .none,
                    timings: StageTimings()))
        }
        return actions
    }

    /// An outage that is over, whose report tries to colour the terminal, and a covered lens that lasts.
    private static func troubles() -> [CameraEventAction] {
        var machine = CameraEventMachine(camera: "gate", ids: EventIDGenerator(seed: 2))
        func at(_ second: Int) -> CameraEventMachine.Instant {
            CameraEventMachine.Instant(
                MonotonicTime(nanoseconds: 0) + .seconds(second), wallMs: start + Int64(1000 * (second + 100)))
        }
        var actions =
            machine.troubled(.lost, detail: "no answer from 192.0.2.10\u{1B}[2J\u{9B}31m", at: at(0))
            + machine.tick(at(9))
        for second in 10...12 { actions += machine.sawFrame(at: at(second)) }
        return actions + machine.note(PictureChange(.obstructed, .begins, age: .seconds(10)), at: at(60))
    }
}
