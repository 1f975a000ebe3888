import Alerting
import Analysis
import Basics
import Foundation
import GRDB
import TestSupport
import Testing

/// What happens before the first event is written.
@Suite struct StoreOpeningTests {
    private static let versions = StoreSchema.migrator.migrations.count

    /// A database as the version before the keeping of epochs left it, with one camera event, its picture and its label.
    private func makeOld(_ path: String) throws {
        let old = try DatabaseQueue(path: path)
        try StoreSchema.migrator.migrate(old, upTo: "6 streams")
        try old.write { db in
            try db.execute(
                sql: """
                    INSERT INTO run (number, id, started_ms, stopped_ms) VALUES (1, 'r', 0, 1);
                    INSERT INTO camera_event (number, id, run, revision, camera, kind, state, reason, start_ms,
                        last_seen_ms, end_ms, detail)
                    VALUES (5, '0199c82c-6c00-7000-8000-000000000001', 1, 9, 'yard', 'lost', 'closed', 'restored', 10, 20,
                        20, 'gone');
                    INSERT INTO camera_snapshot VALUES (5, 10, 1, x'FFD8');
                    INSERT INTO camera_ack (event, revision, label, time_ms) VALUES (5, 9, 'confirm', 30);
                    """)
        }
        try old.close()
    }

    private func copies(in folder: TemporaryFolder) throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: folder.path).filter { $0.contains(".before-") }.sorted()
    }

    @Test func `before tables change, the database is copied, and what it held is there afterwards`() throws {
        let folder = TemporaryFolder()
        let path = folder.file("events.sqlite")
        try makeOld(path)
        let reports = Reports()
        let writer = try EventWriter(path: path) { reports.add($0) }
        let copy = "\(path).before-\(Self.versions)"
        #expect(reports.all == ["note: the event database's tables are brought up to date; they were saved as \(copy)"])
        #expect(try copies(in: folder) == ["events.sqlite.before-\(Self.versions)"])

        let saved = try DatabaseQueue(path: copy)
        #expect(try saved.read { try String.fetchOne($0, sql: "PRAGMA integrity_check") } == "ok")
        #expect(try saved.read { try String.fetchAll($0, sql: "SELECT detail FROM camera_event") } == ["gone"])
        #expect(try saved.read { try !$0.tableExists("epoch") })
        let reader = try EventReader(path: path)
        let entry = try #require(try reader.entry("0199c82c"))
        #expect(entry.kind == "lost" && entry.endMs == 20)
        #expect(try reader.cameraSnapshot(entry.id)?.jpeg == [0xFF, 0xD8])
        #expect(try reader.history().acknowledgements[entry.id]?.label == .confirmed)
        #expect(try reader.problems() == [])
        #expect(try writer.pragma("auto_vacuum") == "2")
        #expect(try writer.pragma("journal_mode") == "wal")
    }

    @Test func `only the newest copies are kept`() throws {
        let folder = TemporaryFolder()
        let path = folder.file("events.sqlite")
        for name in ["before-2", "before-3", "before-4"] {
            try Data([1]).write(to: URL(filePath: "\(path).\(name)"))
        }
        try makeOld(path)
        try EventWriter(path: path).finish()
        let left = try copies(in: folder)
        #expect(left.count == 2 && left.contains("events.sqlite.before-\(Self.versions)"))
    }

    @Test func `tables that were changed by hand are pointed out`() throws {
        let folder = TemporaryFolder()
        let path = folder.file("events.sqlite")
        try EventWriter(path: path).finish()
        try DatabaseQueue(path: path).write { db in
            try db.execute(sql: "DROP INDEX event_by_camera; CREATE INDEX mine ON event (frames)")
        }
        let reports = Reports()
        try EventWriter(path: path) { reports.add($0) }.finish()
        let words = "the event database's tables are not as this version makes them"
        let expected = ["index event_by_camera is missing", "index mine is unknown"].map {
            "warning: \(words): \($0); see: monitorctl fsck"
        }
        #expect(reports.all == expected)
    }

    /// Writes noise over pages; the first stays, which says whose file it is.
    private func damage(_ path: String, keeping pages: Int = 1) throws {
        let file = try FileHandle(forUpdating: URL(filePath: path))
        let size = Int(try FileManager.default.attributesOfItem(atPath: path)[.size] as? UInt64 ?? 0)
        var random = SeededGenerator(seed: 3)
        try file.seek(toOffset: UInt64(pages * 4096))
        let noise = (pages * 4096..<size).map { _ in UInt8(truncatingIfNeeded: random.next()) }
        try file.write(contentsOf: Data(noise))
    }

    @Test func `a database found damaged after a crash is set aside and a new history begins`() throws {
        let folder = TemporaryFolder()
        let path = folder.file("events.sqlite")
        do {
            let writer = try EventWriter(path: path)
            for seed in 1...20 { writer.submit(Lives.one(seed: UInt64(seed)), snapshots: Lives.picture) }
            writer.flush()
        }
        try damage(path)
        let reports = Reports()
        let clocks = ManualClocks(wallTimeMs: 1_900_000_000_000)
        let writer = try EventWriter(path: path, clocks: clocks) { reports.add($0) }
        let aside = path + ".damaged-20300317T174640000Z"
        #expect(reports.all.count == 1)
        #expect(reports.all.first?.hasPrefix("error: the event database was damaged and lies in \(aside) now") == true)
        #expect(FileManager.default.fileExists(atPath: aside))
        let life = Lives.one(seed: 77)
        writer.submit(life)
        writer.flush()
        let reader = try EventReader(path: path)
        let entries = try reader.history().entries
        #expect(Set(entries.map(\.kind)) == ["history-damaged", "object"])
        #expect(entries.first { $0.kind == "history-damaged" }?.camera == CameraEvent.box)
        #expect(try reader.problems() == [])
    }

    @Test func `a label does not give up a damaged database`() throws {
        let folder = TemporaryFolder()
        let path = folder.file("events.sqlite")
        do {
            let writer = try EventWriter(path: path)
            writer.submit(Lives.one())
            writer.flush()
        }
        try damage(path)
        let error = #expect(throws: StoreError.self) {
            try StoppedStore.carryOut(AckRequest(event: "0", label: .confirmed), path: path)
        }
        #expect(error?.code == .damaged)
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).allSatisfy { !$0.contains("damaged") })
    }

    @Test func `when the database is damaged under a running writer, what is open goes on in a new one`() throws {
        let folder = TemporaryFolder()
        let path = folder.file("events.sqlite")
        let reports = Reports()
        let writer = try EventWriter(path: path) { reports.add($0) }
        for seed in 1...200 { writer.submit(Lives.one(seed: UInt64(seed)), snapshots: Lives.picture) }
        let life = Lives.one(seed: 999)
        for action in life.dropLast() { writer.submit(action) }
        writer.flush()
        let before = try EventReader(path: path).latestRevision
        _ = try writer.pragma("wal_checkpoint(TRUNCATE)")
        try damage(path)
        // What the next write needs must not be in memory.
        _ = try writer.pragma("shrink_memory")
        writer.submit(Lives.one(seed: 1000))
        writer.flush()
        #expect(reports.all.count { $0.hasPrefix("error: the event database was damaged") } == 1)
        writer.submit(life[life.count - 1])
        writer.flush()
        #expect(reports.all.contains("closed \(life[0].event.id)"))
        #expect(reports.all.count { $0 == "opened \(life[0].event.id)" } == 1)
        let reader = try EventReader(path: path)
        let event = try #require(try reader.event(life[0].event.id.description))
        #expect(event.state == .closed)
        #expect(Set(life[life.count - 1].event.track).isSubset(of: event.track))
        #expect(try reader.latestRevision > before)
        #expect(try reader.problems() == [])
        #expect(writer.counters.waiting == 0 && writer.counters.eventsLost == 0)
    }
}
