internal import FoundationEssentials
internal import GRDB

/// Anomalies and camera events together.
extension EventReader {
    /// Events of both sorts, one page. What a filter asks for and a sort does not have, it does not match.
    public func history(_ query: EventQuery = EventQuery()) throws(StoreError) -> HistoryPage {
        try read { db in
            let (keys, next) = try HistorySearch(query, db).page()
            let found = try keys.map { try HistoryRows.entry($0.entry, db) }
            var acknowledgements: [EventID: Acknowledgement] = [:]
            for (entry, said) in found { acknowledgements[entry.id] = said }
            return HistoryPage(
                entries: found.map(\.entry), acknowledgements: acknowledgements,
                cursors: keys.map { EventQuery.Cursor($0, query.order) }, next: next)
        }
    }

    /// The place of an event in a list: the list after it goes on from there; nil for an unknown id, and in lists by surprise
    /// for camera events.
    public func cursor(after id: EventID, _ order: EventQuery.Order) throws(StoreError) -> EventQuery.Cursor? {
        try read { db in
            guard let (table, number) = try EventRows.place(beginning: id.description, db) else { return nil }
            let sql = "SELECT start_ms, entry, surprise FROM history WHERE entry = ?"
            return try Row.fetchOne(db, sql: sql, arguments: [table.entry(number)]).flatMap { row in
                let key = HistoryKey(startMs: row[0], entry: row[1], surprise: row[2])
                return order == .surprise && key.surprise == nil ? nil : EventQuery.Cursor(key, order)
            }
        }
    }

    /// The one event of either sort whose id begins with `prefix`, an anomaly with its track; nil without any.
    ///
    /// - Throws: `StoreError` `.ambiguous` when there are several.
    public func entry(_ prefix: String) throws(StoreError) -> HistoryEntry? {
        if let event = try event(prefix) { return .anomaly(event) }
        return try read { db in
            guard let (_, number) = try EventRows.place(beginning: prefix, db) else { return nil }
            let sql = """
                SELECT \(CameraEventRows.columns) FROM \(CameraEventRows.source) WHERE camera_event.number = ?
                """
            return try Row.fetchOne(db, sql: sql, arguments: [number]).map { .camera(try CameraEventRows.event($0)) }
        }
    }

    /// The picture of a camera event; nil when there is none.
    public func cameraSnapshot(_ id: EventID) throws(StoreError) -> EventSnapshot? {
        try read { db in
            let sql = """
                SELECT camera_snapshot.* FROM camera_snapshot JOIN camera_event
                    ON camera_event.number = camera_snapshot.event
                WHERE camera_event.id = ?
                """
            guard let row = try Row.fetchOne(db, sql: sql, arguments: [id.description]) else { return nil }
            let jpeg: Data = row["jpeg"]
            return EventSnapshot(
                kind: .clean, timeMs: row["time_ms"], sequence: UInt64(bitPattern: row["sequence"] as Int64),
                jpeg: Array(jpeg))
        }
    }
}
