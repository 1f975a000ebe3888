internal import FoundationEssentials
internal import GRDB

/// What belongs to one event without being part of it.
extension EventReader {
    /// The camera's events of either sort that started just before and just after an event; nil at the ends.
    public func neighbours(
        of entry: HistoryEntry
    ) throws(StoreError) -> (previous: HistoryEntry?, next: HistoryEntry?) {
        try read { db in
            let before = try Self.nearest(entry, "<", "DESC", db).max { ($0.startMs, $0.id) < ($1.startMs, $1.id) }
            let after = try Self.nearest(entry, ">", "ASC", db).min { ($0.startMs, $0.id) < ($1.startMs, $1.id) }
            return (before, after)
        }
    }

    /// One of each sort at most.
    private static func nearest(
        _ entry: HistoryEntry, _ side: String, _ order: String, _ db: Database
    ) throws -> [HistoryEntry] {
        let place: StatementArguments = [entry.camera, entry.startMs, entry.id.description]
        func first(_ columns: String, _ source: String, _ table: String) throws -> Row? {
            let sql = """
                SELECT \(columns) FROM \(source)
                WHERE \(table).camera = ? AND (\(table).start_ms, \(table).id) \(side) (?, ?)
                ORDER BY \(table).start_ms \(order), \(table).id \(order) LIMIT 1
                """
            return try Row.fetchOne(db, sql: sql, arguments: place)
        }
        let anomaly = try first(EventRows.columns, EventRows.source, AckRows.Table.anomalies.events)
        let trouble = try first(CameraEventRows.columns, CameraEventRows.source, AckRows.Table.cameras.events)
        return [
            try anomaly.map { .anomaly(try EventRows.event($0, track: [])) },
            try trouble.map { .camera(try CameraEventRows.event($0)) },
        ].compactMap(\.self)
    }

    /// The events that an incident was cut into at the maximum duration, oldest first, with the event itself; empty for
    /// an event that neither goes on from another nor is gone on with. At most 100 on either side.
    public func chain(of event: Event) throws(StoreError) -> [Event] {
        try read { db in
            func one(_ condition: String, _ id: EventID) throws -> Event? {
                try Row.fetchOne(
                    db, sql: "SELECT \(EventRows.columns) FROM \(EventRows.source) WHERE event.\(condition) = ? LIMIT 1",
                    arguments: [id.description]
                ).map { try EventRows.event($0, track: []) }
            }
            var chain = [event]
            while chain.count <= 100, let former = try chain[0].continues.flatMap({ try one("id", $0) }) {
                chain.insert(former, at: 0)
            }
            let count = chain.count
            while chain.count - count < 100, let later = try chain.last.flatMap({ try one("continues", $0.id) }) {
                chain.append(later)
            }
            return chain.count > 1 ? chain : []
        }
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

    /// A camera's anomalies that started at or after `sinceMs` (Unix milliseconds), oldest first, without their tracks.
    /// - Parameter after: the last one of the page before; nil begins.
    public func anomalies(
        camera: String, since sinceMs: Int64, after: Event? = nil, limit: Int = 500
    ) throws(StoreError) -> [Event] {
        try read { db in
            let sql = """
                SELECT \(EventRows.columns) FROM \(EventRows.source)
                WHERE event.camera = ? AND (event.start_ms, event.id) > (?, ?)
                ORDER BY event.start_ms, event.id LIMIT ?
                """
            let place: StatementArguments = [
                camera, after?.startMs ?? sinceMs, after?.id.description ?? "", limit,
            ]
            return try Row.fetchAll(db, sql: sql, arguments: place).map { try EventRows.event($0, track: []) }
        }
    }
}
