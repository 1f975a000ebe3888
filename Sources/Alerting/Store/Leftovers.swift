internal import GRDB

/// What a daemon that died left open.
enum Leftovers {
    /// Marks every open event as interrupted, at its true last sight; nobody saw its end.
    static func interrupt(_ db: Database) throws -> [HistoryEntry] {
        let events = "SELECT \(EventRows.columns) FROM \(EventRows.source) WHERE event.state = 'open' ORDER BY event.id"
        let cameras = """
            SELECT \(CameraEventRows.columns) FROM \(CameraEventRows.source)
            WHERE camera_event.state = 'open' ORDER BY camera_event.id
            """
        var left: [HistoryEntry] = []
        for row in try Row.fetchAll(db, sql: events) {
            var event = try EventRows.event(row, track: [])
            (event.state, event.reason) = (CloseReason.crash.state, .crash)
            left.append(.anomaly(event))
        }
        for row in try Row.fetchAll(db, sql: cameras) {
            var event = try CameraEventRows.event(row)
            (event.state, event.reason) = (CloseReason.crash.state, .crash)
            left.append(.camera(event))
        }
        for entry in left {
            let table: AckRows.Table = if case .anomaly = entry { .anomalies } else { .cameras }
            try db.execute(
                sql: """
                    UPDATE \(table.events) SET state = ?, reason = ?, revision = (\(StoreSchema.latestRevision)) + 1
                    WHERE id = ?
                    """,
                arguments: [entry.state.rawValue, entry.reason?.rawValue, entry.id.description])
        }
        return left
    }
}
