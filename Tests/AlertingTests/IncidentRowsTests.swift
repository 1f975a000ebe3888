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
        var life = Lives.one()
        for (index, action) in life.enumerated() {
            guard case .close(var event) = action else { continue }
            event.continues = predecessor
            event.zones = ["lawn; -- '", "door"]
            life[index] = .close(event)
        }
        guard case .open(var opening) = life[0] else { return }
        opening.continues = predecessor
        opening.zones = ["door"]
        writer.submit(.open(opening))
        // Already written when the next zone comes.
        writer.flush()
        writer.submit(Array(life.dropFirst()))
        writer.flush()
        let reader = try EventReader(path: path)
        let event = try #require(try reader.events().events.first)
        #expect(event.zones == ["lawn; -- '", "door"])
        #expect(event.continues == predecessor)
        // The peak's own point is stored beside them.
        let stored = try #require(try reader.event(event.id.description))
        #expect(life[life.count - 1].event.track.allSatisfy(stored.track.contains))
        #expect(stored.track.count > 2 && stored.tracks == [1] && event.tracks == [1])
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
