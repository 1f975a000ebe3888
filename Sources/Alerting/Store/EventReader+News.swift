internal import GRDB

/// What followers hear of an event.
public struct HistoryNews: Sendable, Hashable {
    /// In its newest state, without its track.
    public let entry: HistoryEntry
    /// What stands about it.
    public let acknowledgement: Acknowledgement?
    /// Whether it opened or closed.
    public let isTurned: Bool
    /// What was said about it, or taken back; nil where its label did not change.
    public let said: Acknowledgement?
    /// Where to go on after it.
    public let revision: Int64
}

/// Following.
extension EventReader {
    /// A place in the history of changes; later changes have higher ones.
    public var latestRevision: Int64 {
        get throws(StoreError) {
            try read { try Int64.fetchOne($0, sql: StoreSchema.latestRevision) ?? 0 }
        }
    }

    /// The latest events of a query by time, oldest first, for a follower that begins here; its news go on from the
    /// revision without a gap.
    public func latest(_ query: EventQuery) throws(StoreError) -> (news: [HistoryNews], revision: Int64) {
        // Taken first, so that nothing can happen unseen between the list and the following.
        let revision = try latestRevision
        guard query.limit > 0 else { return ([], revision) }
        let page = try history(query)
        let news = page.entries.reversed().map { entry in
            HistoryNews(
                entry: entry, acknowledgement: page.acknowledgements[entry.id], isTurned: true, said: nil,
                revision: revision)
        }
        return (news, revision)
    }

    /// What happened after `revision` to events that lie in the filter by now, in the order of the last change, and where
    /// to go on: they opened, closed, or got another label. Each is there once; mere updates of open events are not.
    public func news(
        after revision: Int64, _ filter: EventFilter = EventFilter(), limit: Int = 100
    ) throws(StoreError) -> (news: [HistoryNews], revision: Int64) {
        try read { db in
            let statement = try db.cachedStatement(
                sql: """
                    SELECT entry, turned, told, facet FROM history INDEXED BY history_by_change
                    WHERE told > ? ORDER BY told LIMIT ?
                    """)
            let rows = try Row.fetchAll(statement, arguments: [revision, limit])
            guard let last = rows.last else { return ([], revision) }
            let facets = Set(try HistoryStatements.facets(filter, db))
            let news = try rows.filter { facets.contains($0[3]) }.map { row in
                let (entry, acknowledgement) = try HistoryRows.entry(row[0], db)
                let said = try AckRows.latest(entry.id, db)
                return HistoryNews(
                    entry: entry, acknowledgement: acknowledgement, isTurned: row[1] as Int64 > revision,
                    said: said.flatMap { $0.revision > revision ? $0 : nil }, revision: row[2])
            }
            return (news, last[2])
        }
    }

    /// The revision before that with which an event opened: from there a follower misses nothing of it, nor of what came
    /// after it; nil for an unknown id.
    public func revision(before id: EventID) throws(StoreError) -> Int64? {
        try read { db in
            guard let (table, number) = try EventRows.place(beginning: id.description, db) else { return nil }
            let opened = try Int64.fetchOne(
                db, sql: "SELECT opened FROM history WHERE entry = ?", arguments: [table.entry(number)])
            return opened.map { $0 - 1 }
        }
    }

    /// Changes whenever another process or connection has changed the database: asking for this is cheaper than for news.
    public var changeMark: Int {
        get throws(StoreError) {
            try peek { try Int.fetchOne($0, sql: "PRAGMA data_version") ?? 0 }
        }
    }
}
