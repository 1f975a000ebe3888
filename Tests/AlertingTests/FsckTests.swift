import Alerting
import Analysis
import Basics
import Foundation
import GRDB
import Imaging
import TestSupport
import Testing

/// Damage of every sort, found and put right.
@Suite struct FsckTests {
    /// A history with all that it can have: pictures, labels, camera events.
    private func makeHistory(_ path: String, events: Int = 60) throws {
        let jpeg = try JPEG.encode(PixelBuffer(width: 64, height: 48, format: .rgb24))
        let pictures = [EventSnapshot(kind: .clean, timeMs: 1, sequence: 1, jpeg: jpeg)]
        let writer = try EventWriter(path: path)
        for seed in 1...events {
            let life = Lives.one(camera: seed % 2 == 0 ? "yard" : "gate", at: .seconds(seed), seed: UInt64(seed))
            writer.submit(life, snapshots: pictures)
            writer.flush()
            if seed % 5 == 0 {
                _ = try writer.carryOut(AckRequest(event: life[0].event.id.description, label: .confirmed))
            }
        }
        try writer.finish()
        _ = try writer.pragma("wal_checkpoint(TRUNCATE)")
    }

    private func kinds(_ path: String) throws -> [String] {
        Set(try StoreCheckup.run(path: path).map(\.kind.rawValue)).sorted()
    }

    private func change(_ path: String, _ sql: String) throws {
        var configuration = Configuration()
        configuration.foreignKeysEnabled = false
        let database = try DatabaseQueue(path: path, configuration: configuration)
        try database.writeWithoutTransaction { db in
            try db.execute(sql: "PRAGMA ignore_check_constraints = 1")
            try db.execute(sql: sql)
        }
        try database.close()
    }

    @Test func `a whole database has nothing to tell, also while it is written, and repair leaves it alone`() throws {
        let folder = TemporaryFolder()
        let path = folder.file("events.sqlite")
        try makeHistory(path)
        #expect(try StoreCheckup.run(path: path, decodesPictures: true) == [])
        #expect(try StoreRepair.run(path: path).saved == nil)
        let writer = try EventWriter(path: path)
        writer.submit(Lives.one(seed: 500)[0])
        writer.flush()
        #expect(try StoreCheckup.run(path: path) == [])
        let refused = #expect(throws: StoreError.self) { try StoreRepair.run(path: path) }
        #expect(refused?.code == .inUse)
    }

    static let wrongs: [(String, String)] = [
        (
            "DELETE FROM observation WHERE event = 3 AND sequence = (SELECT peak_sequence FROM event WHERE number = 3)",
            "peak"
        ),
        ("DELETE FROM observation WHERE event = 4", "peak"),
        ("UPDATE event SET end_ms = NULL WHERE number = 5", "state"),
        ("UPDATE event SET state = 'open', reason = NULL, end_ms = NULL WHERE number = 6", "left-open"),
        ("UPDATE snapshot SET jpeg = x'0102' WHERE event = 7", "picture"),
        ("INSERT INTO ack (event, revision, label, time_ms) VALUES (9999, 1, 'false', 0)", "reference"),
        (
            "INSERT INTO observation (event, sequence, time_ms, stream_ms, box_x1, box_y1, box_x2, box_y2) "
                + "VALUES (9999, 1, 0, 0, 0, 0, 1, 1)", "reference"
        ),
        ("DELETE FROM run", "reference"),
        ("DELETE FROM epoch", "reference"),
        ("UPDATE tally SET count = count + 1 WHERE camera = 'yard'", "index"),
        ("DELETE FROM history WHERE entry = 8", "index"),
        ("DROP INDEX event_by_camera", "schema"),
        ("CREATE TABLE mine (x)", "schema"),
    ]

    @Test(arguments: wrongs) func `what contradicts itself is found and put right`(sql: String, kind: String) throws {
        let folder = TemporaryFolder()
        let path = folder.file("events.sqlite")
        try makeHistory(path)
        let events = try EventReader(path: path).latestRevision
        try change(path, sql)
        let found = try kinds(path)
        #expect(found.contains(kind), "\(found)")
        let outcome = try StoreRepair.run(path: path)
        #expect(outcome.left == [], "\(outcome)")
        #expect(!outcome.done.isEmpty || !outcome.lost.isEmpty)
        #expect(FileManager.default.fileExists(atPath: path + ".before-repair"))
        #expect(try StoreCheckup.run(path: path) == [])
        #expect(try StoreRepair.run(path: path).saved == nil)
        let reader = try EventReader(path: path)
        #expect(try reader.history(limit: 1000).count == 60)
        #expect(try reader.latestRevision >= events)
        // The daemon goes on with it.
        try EventWriter(path: path).finish()
    }

    /// Noise over random pages; the first stays.
    private func damage(_ path: String, pages: Int, _ random: inout SeededGenerator) throws {
        let size = Int(try FileManager.default.attributesOfItem(atPath: path)[.size] as? UInt64 ?? 0)
        let file = try FileHandle(forUpdating: URL(filePath: path))
        defer { try? file.close() }
        for _ in 0..<pages {
            let page = 1 + random.index(below: size / 4096 - 1)
            // All of it, or a few bytes somewhere.
            let isWhole = random.index(below: 2) == 0
            let offset = isWhole ? 0 : random.index(below: 4000)
            let noise = (0..<(isWhole ? 4096 : 1 + random.index(below: 90))).map { _ in
                UInt8(truncatingIfNeeded: random.next())
            }
            try file.seek(toOffset: UInt64(page * 4096 + offset))
            try file.write(contentsOf: Data(noise))
        }
    }

    @Test(arguments: 1...30)
    func `whatever pages are overwritten, fsck tells, and repair saves every event that can be read`(
        seed: UInt64
    ) throws {
        let folder = TemporaryFolder()
        let path = folder.file("events.sqlite")
        try makeHistory(path, events: 120)
        let whole = Set(Self.readable(path))
        try #require(whole.count == 120)
        var random = SeededGenerator(seed: seed)
        try damage(path, pages: 1 + random.index(below: 6), &random)

        // What SQLite itself can still give, row by row, as it was.
        let readable = Self.readable(path).filter { whole.contains($0) }.map(\.id)
        _ = try StoreCheckup.run(path: path)
        do {
            let outcome = try StoreRepair.run(path: path)
            #expect(outcome.left == [], "\(outcome)")
            #expect(try StoreCheckup.run(path: path) == [])
            let reader = try EventReader(path: path)
            for id in readable { #expect(try reader.event(id) != nil, "\(id) could be read, and is gone: \(outcome)") }
            _ = try reader.history(limit: 1000)
            try EventWriter(path: path).finish()
        } catch let error as StoreError {
            // Only when not even the list of tables can be read.
            #expect(error.code == .damaged && readable.isEmpty, "\(error)")
        }
    }

    private struct Written: Hashable {
        let id: String
        let values: [DatabaseValue]
    }

    private static func readable(_ path: String) -> [Written] {
        guard let database = try? DatabaseQueue(path: path) else { return [] }
        return (1...120).compactMap { number in
            try? database.read { db in
                let row = try Row.fetchOne(db, sql: "SELECT * FROM event WHERE number = ?", arguments: [number])
                return row.flatMap { row in
                    String.fromDatabaseValue(row["id"]).map { Written(id: $0, values: Array(row.databaseValues)) }
                }
            }
        }
    }
}

extension EventReader {
    fileprivate func history(limit: Int) throws -> [HistoryEntry] {
        var query = EventQuery()
        query.limit = limit
        return try history(query).entries
    }
}
