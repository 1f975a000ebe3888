import Alerting
import GRDB
import TestSupport
import Testing

@Suite struct IncidentRowsTests {
    @Test func zonesTheChainAndTracksComeBack() throws {
        let folder = TemporaryFolder()
        let path = folder.file("events.sqlite")
        let writer = try EventWriter(path: path)
        let predecessor = EventID("0199c82c-6c00-7000-8000-000000000001")
        var points: [Observation] = []
        for action in Lives.one() {
            switch action {
            case .open(var event):
                event.continues = predecessor
                event.zones = ["door"]
                writer.submit(.open(event))
                // Already written when the next zone comes.
                writer.flush()
            case .close(var event):
                event.continues = predecessor
                event.zones = ["lawn; -- '", "door"]
                event.track = event.track.enumerated().map { index, point in
                    Observation(
                        timeMs: point.timeMs, streamMs: point.streamMs, sequence: point.sequence, box: point.box,
                        object: point.object, pixels: point.pixels, track: index == 0 ? nil : 6 + index)
                }
                points = event.track
                writer.submit(.close(event))
            case .update: break
            }
        }
        writer.flush()
        let reader = try EventReader(path: path)
        let event = try #require(try reader.events().events.first)
        #expect(event.zones == ["lawn; -- '", "door"])
        #expect(event.continues == predecessor)
        // The peak's own point is stored beside them.
        let stored = try #require(try reader.event(event.id.description)?.track)
        #expect(points.count > 2 && points.allSatisfy(stored.contains))
        #expect(try reader.problems().isEmpty)
        try DatabaseQueue(path: path).write { db in
            try db.execute(sql: "DELETE FROM event")
            #expect(try Int.fetchOne(db, sql: "SELECT count(*) FROM event_zone") == 0)
        }
    }

    @Test func deletingAnEventFindsItsZonesByAnIndex() throws {
        let database = try DatabaseQueue()
        try StoreSchema.migrator.migrate(database)
        let plan = try database.read {
            try Row.fetchAll($0, sql: "EXPLAIN QUERY PLAN SELECT zone FROM event_zone WHERE event = 1")
        }
        let step = "SEARCH event_zone USING COVERING INDEX event_zone_by_event (event=?)"
        #expect(plan.map { $0["detail"] as String } == [step])
    }
}
