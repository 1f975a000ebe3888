internal import GRDB

/// Acknowledgements to and from their rows.
enum AckRows {
    /// Which events are meant: both sorts have labels, in tables of their own.
    struct Table {
        let events: String
        let acks: String

        static let anomalies = Table(events: "event", acks: "ack")
        static let cameras = Table(events: "camera_event", acks: "camera_ack")

        /// The key in `history` of one of these events.
        func entry(_ number: Int64) -> Int64 { 2 * number + (events == Self.cameras.events ? 1 : 0) }

        /// Joins the acknowledgements, as `ack`, that stand.
        var standing: String { "ack.event = \(events).number AND ack.undone_ms IS NULL" }
    }

    /// Joined to the events, these give what stands about them.
    static let columns = """
        ack.label AS ack_label, ack.time_ms AS ack_time_ms, ack.undone_ms AS ack_undone_ms, ack.note AS ack_note,
        ack.revision AS ack_revision
        """

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

    /// The newest acknowledgement of an event of either sort, whether it stands or not.
    static func latest(_ id: EventID, _ db: Database) throws -> Acknowledgement? {
        for table in [Table.anomalies, .cameras] {
            let sql = """
                SELECT \(columns) FROM \(table.acks) AS ack JOIN \(table.events) AS event ON event.number = ack.event
                WHERE event.id = ? ORDER BY ack.number DESC LIMIT 1
                """
            if let row = try Row.fetchOne(db, sql: sql, arguments: [id.description]) { return try acknowledgement(row) }
        }
        return nil
    }

    /// Carries a request out inside the caller's transaction.
    /// - Throws: `StoreError` (`unknownEvent`, `ambiguous`, `unchanged`, `malformed`), and SQLite's errors.
    static func carryOut(
        _ request: AckRequest, timeMs: Int64, revision: Int64, _ db: Database
    ) throws -> AckOutcome {
        guard request.note.map({ $0.utf8.count <= AckRequest.longestNote }) ?? true else {
            throw StoreError(.malformed, "a note may have at most \(AckRequest.longestNote) bytes")
        }
        guard let (table, number) = try EventRows.place(beginning: request.event, db),
            let row = try Row.fetchOne(
                db,
                sql: """
                    SELECT \(table.events).id AS id, \(table.events).camera AS camera, \(table.events).kind AS kind,
                        \(columns)
                    FROM \(table.events) LEFT JOIN \(table.acks) AS ack ON \(table.standing)
                    WHERE \(table.events).number = ?
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
            sql: "UPDATE \(table.acks) SET undone_ms = ?, revision = ? WHERE event = ? AND undone_ms IS NULL",
            arguments: [timeMs, revision, number])
        if let label = request.label {
            try db.execute(
                sql: "INSERT INTO \(table.acks) (event, revision, label, time_ms, note) VALUES (?, ?, ?, ?, ?)",
                arguments: [number, revision, label.rawValue, timeMs, request.note])
        }
        try db.execute(
            sql: "UPDATE \(table.events) SET revision = ? WHERE number = ?", arguments: [revision, number])
        try OutboxRows.recordLabel(of: id, timeMs: timeMs, db)
        return AckOutcome(
            event: id, camera: row["camera"], kind: CameraEventKind(rawValue: row["kind"]), label: request.label,
            former: former)
    }
}
