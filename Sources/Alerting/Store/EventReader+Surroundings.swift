internal import FoundationEssentials
internal import GRDB

/// What belongs to one event without being part of it.
extension EventReader {
    /// The camera's events of either sort that started just before and just after an event; nil at the ends.
    public func neighbours(
        of entry: HistoryEntry
    ) throws(StoreError) -> (previous: HistoryEntry?, next: HistoryEntry?) {
        var query = EventQuery()
        query.camera = entry.camera
        query.after = EventQuery.Cursor(entry)
        query.limit = 1
        let previous = try history(query).entries.first
        let next = try read { db in
            let place: StatementArguments = [entry.camera, entry.startMs, entry.id.description]
            func first(_ columns: String, _ source: String, _ table: String) throws -> Row? {
                let sql = """
                    SELECT \(columns) FROM \(source)
                    WHERE \(table).camera = ? AND (\(table).start_ms, \(table).id) > (?, ?)
                    ORDER BY \(table).start_ms, \(table).id LIMIT 1
                    """
                return try Row.fetchOne(db, sql: sql, arguments: place)
            }
            let anomaly = try first(EventRows.columns, EventRows.source, AckRows.Table.anomalies.events)
                .map { HistoryEntry.anomaly(try EventRows.event($0, track: [])) }
            let trouble = try first(CameraEventRows.columns, CameraEventRows.source, AckRows.Table.cameras.events)
                .map { HistoryEntry.camera(try CameraEventRows.event($0)) }
            return [anomaly, trouble].compactMap(\.self).min { ($0.startMs, $0.id) < ($1.startMs, $1.id) }
        }
        return (previous, next)
    }

    /// Everything that was ever said about an event, oldest first, with what was taken back.
    public func labelHistory(of entry: HistoryEntry) throws(StoreError) -> [Acknowledgement] {
        let table: AckRows.Table = if case .anomaly = entry { .anomalies } else { .cameras }
        return try read { db in
            let sql = """
                SELECT \(AckRows.columns) FROM \(table.acks) AS ack JOIN \(table.events) AS event
                    ON event.number = ack.event
                WHERE event.id = ? ORDER BY ack.number
                """
            return try Row.fetchAll(db, sql: sql, arguments: [entry.id.description]).compactMap {
                try AckRows.acknowledgement($0)
            }
        }
    }

    /// The pictures of an event of either sort.
    public func pictures(of entry: HistoryEntry) throws(StoreError) -> [EventSnapshot] {
        switch entry {
        case .anomaly(let event):
            var pictures: [EventSnapshot] = []
            for kind in EventSnapshot.Kind.allCases {
                if let picture = try snapshot(event.id, kind) { pictures.append(picture) }
            }
            return pictures
        case .camera(let event): return [try cameraSnapshot(event.id)].compactMap(\.self)
        }
    }
}
