internal import GRDB

/// Puts right what contradicts itself, without inventing anything, and tells what it did.
struct StoreFixes {
    private let db: Database
    private(set) var done: [String] = []
    private(set) var lost: [String] = []

    /// Inside the caller's transaction, with foreign keys not enforced.
    static func apply(_ db: Database) throws -> (done: [String], lost: [String]) {
        var fixes = StoreFixes(db: db)
        try fixes.references()
        try fixes.peaks()
        try fixes.states()
        try fixes.revisions()
        try fixes.pictures()
        return (fixes.done, fixes.lost)
    }

    private init(db: Database) { self.db = db }

    private mutating func references() throws {
        // A run or an epoch whose row is lost: that there was one is known.
        for table in ["event", "camera_event"] {
            try db.execute(
                sql: """
                    INSERT INTO run (number, id, started_ms)
                    SELECT run, printf('00000000-0000-7000-8000-%012d', run), min(start_ms) FROM \(table)
                    WHERE run NOT IN (SELECT number FROM run) GROUP BY run
                    """)
            note(db.changesCount, "run", "was lost, and stands again with the start of its first event that is left")
            try db.execute(
                sql: """
                    UPDATE \(table) SET epoch = NULL
                    WHERE epoch IS NOT NULL AND epoch NOT IN (SELECT number FROM epoch)
                    """)
            note(db.changesCount, "event", "no longer names the epoch of its clock, which is lost")
        }
        // Removing one row may orphan others.
        for _ in 0..<8 {
            let broken = try StoreReference.broken(db)
            guard !broken.isEmpty else { return }
            for table in Set(broken.map(\.table)).sorted() {
                var count = 0
                for reference in broken where reference.table == table {
                    guard let row = reference.row else { continue }
                    try db.execute(sql: "DELETE FROM \"\(table)\" WHERE rowid = ?", arguments: [row])
                    count += db.changesCount
                }
                if broken.contains(where: { $0.table == table && $0.row == nil }) {
                    for key in try db.foreignKeys(on: table) where key.mapping.count == 1 {
                        let (own, parent) = (key.mapping[0].origin, key.mapping[0].destination)
                        try db.execute(
                            sql: """
                                DELETE FROM "\(table)" WHERE "\(own)" NOT IN (
                                    SELECT "\(parent)" FROM "\(key.destinationTable)")
                                """)
                        count += db.changesCount
                    }
                }
                lose(count, "row of \(table)", "belonged to nothing")
            }
        }
    }

    /// With frames left, the most surprising of them; without, the event's own values at the place where it was seen last.
    private mutating func peaks() throws {
        try db.execute(
            sql: """
                UPDATE event SET peak_sequence = (
                    SELECT sequence FROM observation WHERE event = event.number
                    ORDER BY max(coalesce(object_surprise, 0), coalesce(pixel_surprise, 0)) DESC LIMIT 1)
                WHERE \(StoreRule.lostPeak) AND EXISTS (SELECT 1 FROM observation WHERE event = event.number)
                """)
        note(db.changesCount, "event", "shows the most surprising frame that is left instead of the one that is lost")
        try db.execute(
            sql: """
                INSERT INTO observation (event, sequence, time_ms, stream_ms, box_x1, box_y1, box_x2, box_y2,
                    object_objectness, object_anomaly, object_surprise, object_masked_pixels, pixel_score, pixel_cells,
                    pixel_surprise)
                SELECT number, peak_sequence, last_seen_ms, last_seen_stream_ms, box_x1, box_y1, box_x2, box_y2,
                    object_objectness, object_anomaly, object_surprise, object_masked_pixels, pixel_score, pixel_cells,
                    pixel_surprise
                FROM event WHERE \(StoreRule.lostPeak)
                """)
        note(db.changesCount, "event", "lost its frames, and shows its scores where and when it was seen last")
    }

    private mutating func states() throws {
        for table in ["event", "camera_event"] {
            let interrupted = "state = 'interrupted', reason = 'crash', end_ms = NULL"
            let revision = "revision = (\(StoreSchema.latestRevision)) + 1"
            for (condition, words) in [
                (StoreRule.wrongState, "contradicted itself, and is interrupted now"),
                ("state = 'open'", "was still open, and is interrupted now, last seen when it was"),
            ] {
                let rows = try Int64.fetchAll(db, sql: "SELECT number FROM \(table) WHERE \(condition)")
                for row in rows {
                    try db.execute(
                        sql: "UPDATE \(table) SET \(interrupted), \(revision) WHERE number = ?", arguments: [row])
                }
                note(rows.count, table == "event" ? "event" : "camera event", words)
            }
        }
    }

    private mutating func revisions() throws {
        let twice = try Int64.fetchAll(
            db, sql: "SELECT camera_event.number FROM camera_event JOIN event USING (revision)")
        for row in twice {
            try db.execute(
                sql: "UPDATE camera_event SET revision = (\(StoreSchema.latestRevision)) + 1 WHERE number = ?",
                arguments: [row])
        }
        note(twice.count, "camera event", "has a revision of its own now")
    }

    private mutating func pictures() throws {
        for table in ["snapshot", "camera_snapshot"] {
            try db.execute(sql: "DELETE FROM \(table) WHERE \(StoreRule.badPicture)")
            lose(db.changesCount, "row of \(table)", "was no picture")
        }
    }

    private mutating func note(_ count: Int, _ noun: String, _ words: String) {
        if count > 0 { done.append("\(count) \(noun)\(count == 1 ? "" : "s"): \(words)") }
    }

    private mutating func lose(_ count: Int, _ noun: String, _ words: String) {
        if count > 0 { lost.append("\(count) \(noun): \(words)") }
    }
}
