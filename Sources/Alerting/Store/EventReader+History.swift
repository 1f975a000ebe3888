internal import FoundationEssentials
internal import GRDB

/// Anomalies and camera events together.
extension EventReader {
    /// Events of both sorts, newest first, one page. What a filter asks for and a sort does not have, it does not match.
    public func history(_ query: EventQuery = EventQuery()) throws(StoreError) -> HistoryPage {
        let isOfBoth = query.kinds.isEmpty == query.cameraKinds.isEmpty
        return try read { db in
            var found: [(entry: HistoryEntry, said: Acknowledgement?)] = []
            if isOfBoth || !query.kinds.isEmpty {
                found += try EventStatement(query, .anomalies).rows(db).map {
                    (.anomaly(try EventRows.event($0, track: [])), try AckRows.acknowledgement($0))
                }
            }
            if isOfBoth || !query.cameraKinds.isEmpty, query.minimumSurprise == nil {
                found += try EventStatement(query, .cameras).rows(db).map {
                    (.camera(try CameraEventRows.event($0)), try AckRows.acknowledgement($0))
                }
            }
            found.sort { ($0.entry.startMs, $0.entry.id) > ($1.entry.startMs, $1.entry.id) }
            let page = found.prefix(query.limit)
            var acknowledgements: [EventID: Acknowledgement] = [:]
            for (entry, said) in page { acknowledgements[entry.id] = said }
            return HistoryPage(
                entries: page.map(\.entry), acknowledgements: acknowledgements,
                next: found.count > query.limit ? page.last.map { EventQuery.Cursor($0.entry) } : nil)
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

    /// Events of both sorts that changed after `revision`; see `changes(after:limit:)`.
    public func historyChanges(
        after revision: Int64, limit: Int = 100
    ) throws(StoreError) -> (entries: [HistoryEntry], revision: Int64) {
        try read { db in
            var changed: [(revision: Int64, entry: HistoryEntry)] = []
            for (table, columns, source) in [
                (AckRows.Table.anomalies, EventRows.columns, EventRows.source),
                (.cameras, CameraEventRows.columns, CameraEventRows.source),
            ] {
                let sql = """
                    SELECT \(columns) FROM \(source) WHERE \(table.events).revision > ?
                    ORDER BY \(table.events).revision LIMIT ?
                    """
                for row in try Row.fetchAll(db, sql: sql, arguments: [revision, limit]) {
                    let isCameras = table.events == AckRows.Table.cameras.events
                    changed.append(
                        (
                            row["revision"],
                            isCameras
                                ? .camera(try CameraEventRows.event(row))
                                : .anomaly(try EventRows.event(row, track: []))
                        ))
                }
            }
            changed.sort { $0.revision < $1.revision }
            let page = changed.prefix(limit)
            return (page.map(\.entry), page.last?.revision ?? revision)
        }
    }
}
