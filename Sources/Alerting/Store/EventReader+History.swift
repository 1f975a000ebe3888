internal import FoundationEssentials
internal import GRDB

/// Anomalies and camera events together.
extension EventReader {
    /// Events of both sorts, one page. What a filter asks for and a sort does not have, it does not match.
    public func history(_ query: EventQuery = EventQuery()) throws(StoreError) -> HistoryPage {
        try read { db in
            let (keys, next) = try HistorySearch(query, db).page()
            let found = try keys.compactMap { try HistoryRows.entry($0.entry, db) }
            var acknowledgements: [EventID: Acknowledgement] = [:]
            for (entry, said) in found { acknowledgements[entry.id] = said }
            return HistoryPage(entries: found.map(\.entry), acknowledgements: acknowledgements, next: next)
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

    // MARK: - Following

    /// What followers hear of: events of both sorts that opened, closed, or got another label after `revision`, in the
    /// order of the last of these changes, and where to go on. Each is there once, in its newest state; mere updates of
    /// open events are not. Cheap enough to ask many times a second.
    public func news(
        after revision: Int64, _ filter: EventFilter = EventFilter(), limit: Int = 100
    ) throws(StoreError) -> (news: [HistoryNews], revision: Int64) {
        try read { db in
            let facets = Set(try HistoryStatements.facets(filter, db))
            let sql = """
                SELECT entry, told, facet FROM history INDEXED BY history_by_change WHERE told > ? ORDER BY told LIMIT ?
                """
            var news: [HistoryNews] = []
            var place = revision
            for row in try Row.fetchAll(db.cachedStatement(sql: sql), arguments: [revision, limit]) {
                place = row[1]
                guard facets.contains(row[2]), let (entry, said) = try HistoryRows.entry(row[0], db) else { continue }
                news.append(HistoryNews(entry: entry, acknowledgement: said, revision: place))
            }
            return (news, place)
        }
    }

    /// The revision before the one with which an event opened: from there a follower misses nothing of it, nor of what
    /// came after it; nil for an unknown id.
    public func revision(before id: EventID) throws(StoreError) -> Int64? {
        try read { db in
            guard let (table, number) = try EventRows.place(beginning: id.description, db) else { return nil }
            let opened = try Int64.fetchOne(
                db, sql: "SELECT opened FROM history WHERE entry = ?", arguments: [table.entry(number)])
            return opened.map { $0 - 1 }
        }
    }
}

/// What followers hear of.
public struct HistoryNews: Sendable, Hashable {
    public let entry: HistoryEntry
    /// What stands about it.
    public let acknowledgement: Acknowledgement?
    /// Where to go on after it.
    public let revision: Int64
}
