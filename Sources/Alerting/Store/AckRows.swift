internal import GRDB

/// Acknowledgements to and from their rows.
enum AckRows {
    /// Joined to `event`, these give what stands about it.
    static let columns = """
        ack.label AS ack_label, ack.time_ms AS ack_time_ms, ack.undone_ms AS ack_undone_ms, ack.note AS ack_note,
        ack.revision AS ack_revision
        """
    static let standing = "ack.event = event.number AND ack.undone_ms IS NULL"

    /// Nil where the row's event has none.
    static func acknowledgement(_ row: Row) throws(StoreError) -> Acknowledgement? {
        guard let text = row["ack_label"] as String? else { return nil }
        guard let label = EventLabel(rawValue: text) else {
            throw StoreError(.notADatabase, "an event has the label \(text), which this version does not know")
        }
        return Acknowledgement(
            label: label, timeMs: row["ack_time_ms"], undoneMs: row["ack_undone_ms"], note: row["ack_note"],
            revision: row["ack_revision"])
    }

    /// The newest acknowledgement of an event, whether it stands or not.
    static func latest(_ id: EventID, _ db: Database) throws -> Acknowledgement? {
        let sql = """
            SELECT \(columns) FROM ack JOIN event ON event.number = ack.event WHERE event.id = ?
            ORDER BY ack.number DESC LIMIT 1
            """
        return try Row.fetchOne(db, sql: sql, arguments: [id.description]).flatMap(acknowledgement)
    }

    /// Carries a request out inside the caller's transaction.
    /// - Throws: `StoreError` (`unknownEvent`, `ambiguous`, `unchanged`, `malformed`), and SQLite's errors.
    static func carryOut(
        _ request: AckRequest, timeMs: Int64, revision: Int64, _ db: Database
    ) throws -> AckOutcome {
        guard request.note.map({ $0.utf8.count <= AckRequest.longestNote }) ?? true else {
            throw StoreError(.malformed, "a note may have at most \(AckRequest.longestNote) bytes")
        }
        guard let number = try EventRows.number(beginning: request.event, db),
            let row = try Row.fetchOne(
                db,
                sql: """
                    SELECT event.id AS id, event.camera AS camera, \(columns)
                    FROM event LEFT JOIN ack ON \(standing) WHERE event.number = ?
                    """, arguments: [number]),
            let id = EventID(row["id"] as String)
        else {
            throw StoreError(
                .unknownEvent, "no event begins with \(request.event); list them with: monitorctl events")
        }
        let former = try acknowledgement(row)?.label
        guard request.label != former else {
            throw StoreError(
                .unchanged,
                former.map { "event \(id) is labelled \($0.rawValue) already" } ?? "event \(id) has no label")
        }
        try db.execute(
            sql: "UPDATE ack SET undone_ms = ?, revision = ? WHERE event = ? AND undone_ms IS NULL",
            arguments: [timeMs, revision, number])
        if let label = request.label {
            try db.execute(
                sql: "INSERT INTO ack (event, revision, label, time_ms, note) VALUES (?, ?, ?, ?, ?)",
                arguments: [number, revision, label.rawValue, timeMs, request.note])
        }
        try db.execute(sql: "UPDATE event SET revision = ? WHERE number = ?", arguments: [revision, number])
        return AckOutcome(event: id, camera: row["camera"], label: request.label, former: former)
    }
}
