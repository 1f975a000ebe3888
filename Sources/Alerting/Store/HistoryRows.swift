internal import GRDB

/// Entries of the `history` table as the events that they stand for.
enum HistoryRows {
    /// An event without its track, and what stands about it.
    static func entry(_ entry: Int64, _ db: Database) throws -> (entry: HistoryEntry, said: Acknowledgement?) {
        let isCameras = entry & 1 == 1
        let (columns, source, events) =
            isCameras
            ? (CameraEventRows.columns, CameraEventRows.source, "camera_event")
            : (EventRows.columns, EventRows.source, "event")
        let statement = try db.cachedStatement(sql: "SELECT \(columns) FROM \(source) WHERE \(events).number = ?")
        // A row of a cursor finds its columns by their names much faster than one that was fetched alone.
        let cursor = try Row.fetchCursor(statement, arguments: [entry >> 1])
        // When the cursor goes, the statement is reset and the row is empty.
        defer { withExtendedLifetime(cursor) {} }
        guard let row = try cursor.next() else {
            throw StoreError(.notADatabase, "the index of the history names an event that is not there")
        }
        return (
            isCameras ? .camera(try CameraEventRows.event(row)) : .anomaly(try EventRows.event(row, track: [])),
            try AckRows.acknowledgement(row)
        )
    }
}
