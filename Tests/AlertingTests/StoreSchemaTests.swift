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
