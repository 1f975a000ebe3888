import Alerting
import GRDB
import TestSupport
import Testing

@Suite struct StoreSchemaTests {
    @Test func anUpgradedDatabaseEqualsAFreshOne() throws {
        let (fresh, upgraded) = (try DatabaseQueue(), try DatabaseQueue())
        try StoreSchema.migrator.migrate(fresh)
        for name in StoreSchema.migrator.migrations { try StoreSchema.migrator.migrate(upgraded, upTo: name) }
        let schema = try fresh.read(StoreSchema.text)
        #expect(try upgraded.read(StoreSchema.text) == schema)
        #expect(schema.contains { $0.hasPrefix("table event CREATE TABLE event") })
    }

    @Test func aFileOfTheVersionBeforeAcksIsUpgradedAndItsEventsCanBeLabelled() throws {
        let folder = TemporaryFolder()
        let path = folder.file("events.sqlite")
        let old = try DatabaseQueue(path: path)
        try StoreSchema.migrator.migrate(old, upTo: "2 masks")
        let id = "0199c82c-6c00-7000-8000-000000000001"
        try old.write { db in
            try db.execute(sql: "INSERT INTO run (number, id, started_ms, stopped_ms) VALUES (1, 'r', 0, 1)")
            try db.execute(
                sql: """
                    INSERT INTO event (
                        number, id, run, revision, camera, kind, state, reason, start_ms, last_seen_ms, end_ms,
                        start_stream_ms, last_seen_stream_ms, width, height, box_x1, box_y1, box_x2, box_y2, surprise,
                        peak_sequence, frames, regime, model, profile)
                    VALUES (7, ?, 1, 41, 'yard', 'pixel', 'closed', 'quiet', 10, 20, 30, 0, 10, 64, 48, 1, 1, 9, 9, 5, 3,
                        4, 'day', 'm', 'p')
                    """, arguments: [id])
            try db.execute(
                sql: """
                    INSERT INTO observation (event, sequence, time_ms, stream_ms, box_x1, box_y1, box_x2, box_y2,
                        pixel_score, pixel_cells, pixel_surprise)
                    VALUES (7, 3, 15, 5, 1, 1, 9, 9, 0.5, 2, 5)
                    """)
        }
        let refused = #expect(throws: StoreError.self) { try EventReader(path: path) }
        #expect(refused?.code == .olderSchema)

        // Also when the first to touch it is an operator and no daemon.
        let outcome = try StoppedStore.carryOut(AckRequest(event: "0199", label: .confirmed), path: path)
        #expect(outcome.event.description == id && outcome.former == nil)
        let writer = try EventWriter(path: path)
        let reader = try EventReader(path: path)
        #expect(try reader.latestRevision == 42)
        #expect(try reader.labels(camera: "yard", since: 0).map(\.event.surprise) == [5])
        #expect(try writer.carryOut(AckRequest(event: "0199", label: nil)).former == .confirmed)
        #expect(try reader.latestRevision == 43)
        #expect(try reader.problems().isEmpty)
    }

    @Test func atMostOneLabelOfAnEventStands() throws {
        let folder = TemporaryFolder()
        let path = folder.file("events.sqlite")
        let writer = try EventWriter(path: path)
        writer.submit(Lives.one())
        writer.flush()
        let add = "INSERT INTO ack (event, revision, label, time_ms, undone_ms) VALUES (1, 1, ?, 0, ?)"
        try DatabaseQueue(path: path).write { db in
            try db.execute(sql: add, arguments: ["false", 1])
            try db.execute(sql: add, arguments: ["confirm", nil])
            #expect(throws: DatabaseError.self) { try db.execute(sql: add, arguments: ["false", nil]) }
            #expect(throws: DatabaseError.self) { try db.execute(sql: add, arguments: ["perhaps", 1]) }
        }
    }

    @Test func everyTableIsStrict() throws {
        let database = try DatabaseQueue()
        try StoreSchema.migrator.migrate(database)
        try database.read { db in
            let loose = try String.fetchAll(
                db,
                sql: """
                    SELECT name FROM pragma_table_list
                    WHERE schema = 'main' AND type = 'table' AND strict = 0
                    AND name NOT LIKE 'sqlite_%' AND name NOT LIKE 'grdb_%'
                    """)
            #expect(loose.isEmpty)
        }
    }

    @Test func aNewerSchemaIsRefused() throws {
        let folder = TemporaryFolder()
        let path = folder.file("events.sqlite")
        try EventWriter(path: path).finish()
        try DatabaseQueue(path: path).write { db in
            try db.execute(sql: "INSERT INTO grdb_migrations (identifier) VALUES ('99 of the future')")
        }
        for open in Self.openings {
            let error = #expect(throws: StoreError.self) { try open(path) }
            #expect(error?.code == .newerSchema)
            #expect(error?.message == "\(path) was written by a newer version; install that version or newer")
        }
    }

    @Test func aDatabaseOfAnotherProgramIsRefusedAndLeftAlone() throws {
        let folder = TemporaryFolder()
        let path = folder.file("events.sqlite")
        let stranger = try DatabaseQueue(path: path)
        try stranger.write { try $0.execute(sql: "CREATE TABLE recipe (name TEXT)") }
        for open in Self.openings {
            let error = #expect(throws: StoreError.self) { try open(path) }
            #expect(error?.code == .notADatabase)
            #expect(error?.message == "\(path) is a database of another program; choose another file")
        }
        #expect(try stranger.read { try String.fetchOne($0, sql: "PRAGMA journal_mode") } == "delete")
        #expect(try stranger.read { try StoreSchema.text($0) } == ["table recipe CREATE TABLE recipe (name TEXT)"])
    }

    @Test func writesAreDurable() throws {
        let folder = TemporaryFolder()
        let path = folder.file("events.sqlite")
        let writer = try EventWriter(path: path)
        #expect(try writer.pragma("synchronous") == "2")
        #expect(try writer.pragma("journal_mode") == "wal")
        #expect(try writer.pragma("foreign_keys") == "1")
    }

    private static let openings: [@Sendable (String) throws -> Void] = [
        { _ = try EventWriter(path: $0) }, { _ = try EventReader(path: $0) },
    ]
}
