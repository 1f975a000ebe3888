import Alerting
import Basics
import GRDB
import TestSupport
import Testing

/// The index of the history and the tallies agree with the events, whoever writes them.
@Suite struct HistoryIndexTests {
    private let folder = TemporaryFolder()
    private var path: String { folder.file("events.sqlite") }

    /// What the index should say, from the events alone, and what it says.
    private func differences() throws -> [String] {
        try DatabaseQueue(path: path).read { db in
            let should = """
                SELECT 2 * number AS entry, camera, kind, state, label, zones, start_ms, surprise
                FROM event JOIN event_facet USING (number, camera, kind, state)
                UNION ALL SELECT 2 * number + 1, camera, kind, state, label, zones, start_ms, NULL
                FROM camera_event JOIN camera_event_facet USING (number, camera, kind, state)
                """
            let does = """
                SELECT entry, camera, kind, state, label, zones, start_ms, surprise
                FROM history JOIN facet ON facet.number = history.facet
                """
            let tallyShould = """
                SELECT camera, start_ms / 3600000, kind, label, count(*) FROM (\(should)) GROUP BY 1, 2, 3, 4
                """
            var found: [String] = []
            for (one, other) in [
                (should, does), (does, should), (tallyShould, "SELECT * FROM tally"),
                ("SELECT * FROM tally", tallyShould),
            ] {
                found += try Row.fetchAll(db, sql: "SELECT * FROM (\(one)) EXCEPT SELECT * FROM (\(other))").map(
                    \.description)
            }
            return found
        }
    }

    @Test(arguments: [1, 2, 3] as [UInt64])
    func `the index follows whatever is written`(_ seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        var (writer, ids): (EventWriter?, [EventID]) = (try EventWriter(path: path), [])
        for step in 0..<120 {
            switch random.next() % 8 {
            case 0...3:
                let life = Lives.one(
                    camera: ["yard", "gate"][Int(random.next() % 2)], at: .seconds(700 * step),
                    surprise: Float(3 + random.next() % 5), seed: UInt64(step + 1), frames: 4,
                    kind: [.object, .pixel, .both][Int(random.next() % 3)])
                // Some are still open when the writer goes away.
                writer?.submit(random.next() % 5 == 0 ? Array(life.dropLast()) : life)
                writer?.flush()
                ids.append(life[0].event.id)
            case 4, 5:
                guard let id = ids.randomElement(using: &random) else { continue }
                let label: EventLabel? = [.falseAlarm, .confirmed, nil][Int(random.next() % 3)]
                _ = try? writer?.carryOut(AckRequest(event: id.description, label: label))
            case 6:
                guard let id = ids.randomElement(using: &random) else { continue }
                // As retention does.
                try DatabaseQueue(path: path).write {
                    try $0.execute(sql: "DELETE FROM event WHERE id = ?", arguments: [id.description])
                }
                ids.removeAll { $0 == id }
            default:
                try writer?.finish()
                writer = nil
                writer = try EventWriter(path: path)
            }
        }
        #expect(try differences() == [])
        let reader = try EventReader(path: path)
        var query = EventQuery()
        query.limit = 1000
        let listed = try reader.history(query).entries
        #expect(Set(listed.map(\.id)) == Set(ids) && listed.count == ids.count)
        let tallied = try reader.cameras().flatMap { try reader.tallies(camera: $0, sinceMs: nil, untilMs: nil) }
        #expect(tallied.reduce(0) { $0 + $1.count } == ids.count)
        #expect(try reader.problems().isEmpty)
    }

    @Test func `followers that are cut off anywhere miss nothing and hear nothing twice`() throws {
        let writer = try EventWriter(path: path)
        let reader = try EventReader(path: path)
        var (place, heard): (Int64, [String]) = (0, [])
        func listen(limit: Int) throws {
            let (news, _) = try reader.news(after: place, limit: limit)
            for piece in news {
                heard.append("\(piece.entry.id) \(piece.entry.state) \(piece.said?.label.rawValue ?? "-")")
                // Cut off after any line, and another begins there.
                place = piece.revision
            }
        }
        var expected: [String] = []
        for step in 0..<20 {
            let life = Lives.one(at: .seconds(30 * step), seed: UInt64(step + 1), frames: 6)
            let id = life[0].event.id
            writer.submit(Array(life.dropLast()))
            writer.flush()
            if step % 3 == 0 {
                try listen(limit: 1)
                expected.append("\(id) open -")
            }
            writer.submit([life.last].compactMap(\.self))
            writer.flush()
            try listen(limit: 1)
            expected.append("\(id) closed -")
            if step % 4 == 0 {
                _ = try writer.carryOut(AckRequest(event: id.description, label: .falseAlarm))
                try listen(limit: 5)
                expected.append("\(id) closed false")
            }
        }
        #expect(heard == expected)
        // Nothing but what happens to events of the filter.
        var filter = EventFilter()
        filter.labels = [.falseAlarm]
        #expect(try reader.news(after: 0, filter).news.count == 5)
        // An event's id stands for its opening.
        let last = try #require(try reader.history().entries.first)
        let before = try #require(try reader.revision(before: last.id))
        #expect(try reader.news(after: before).news.map(\.entry.id) == [last.id])
    }

    @Test func `an update of an open event is no news`() throws {
        let writer = try EventWriter(path: path)
        let life = Lives.one(surprise: 4, frames: 30)
        writer.submit(Array(life.prefix(1)))
        writer.flush()
        let reader = try EventReader(path: path)
        let place = try reader.news(after: 0).revision
        writer.submit(Array(life.dropFirst().dropLast()))
        writer.flush()
        #expect(try reader.latestRevision > place)
        #expect(try reader.news(after: place).news.isEmpty)
        #expect(try differences() == [])
    }

    @Test func `events from before the index are in it after the upgrade`() throws {
        let old = try DatabaseQueue(path: path)
        let migrations = StoreSchema.migrator.migrations
        let own = try #require(migrations.firstIndex(of: HistorySchema.migration))
        try StoreSchema.migrator.migrate(old, upTo: migrations[own - 1])
        try old.write { db in
            try db.execute(
                sql: """
                    INSERT INTO run (number, id, started_ms, stopped_ms) VALUES (1, 'r', 0, 1);
                    INSERT INTO event (
                        number, id, run, revision, camera, kind, state, reason, start_ms, last_seen_ms, end_ms,
                        start_stream_ms, last_seen_stream_ms, width, height, box_x1, box_y1, box_x2, box_y2, surprise,
                        peak_sequence, frames, regime, model, profile)
                    VALUES (7, '0199c82c-6c00-7000-8000-000000000001', 1, 41, 'yard', 'pixel', 'closed', 'quiet', 10, 20,
                        30, 0, 10, 64, 48, 1, 1, 9, 9, 5, 3, 4, 'day', 'm', 'p');
                    INSERT INTO event_zone (zone, start_ms, id, event, position)
                    SELECT 'door', start_ms, id, number, 0 FROM event UNION ALL
                    SELECT 'b', start_ms, id, number, 1 FROM event;
                    INSERT INTO ack (event, revision, label, time_ms) VALUES (7, 42, 'false', 50);
                    INSERT INTO camera_event (
                        number, id, run, revision, camera, kind, state, reason, start_ms, last_seen_ms, end_ms, detail)
                    VALUES (7, '0199c82c-6c00-7000-8000-000000000002', 1, 43, 'gate', 'lost', 'open', NULL, 10, 20, NULL,
                        '')
                    """)
        }
        try StoreSchema.migrator.migrate(old)
        #expect(try differences() == [])
        let facets = try old.read { db in
            try Row.fetchAll(db, sql: "SELECT camera, kind, state, label, zones FROM facet ORDER BY camera")
                .map { row in (0..<5).map { row[$0] as String } }
        }
        #expect(facets == [["gate", "lost", "open", "none", ""], ["yard", "pixel", "closed", "false", "b\ndoor"]])
    }
}
