internal import Basics
internal import FoundationEssentials
internal import GRDB

/// Reads the event database, also while a daemon writes it: every call is one short snapshot of its own.
///
/// One thread at a time waits for another; calls may come from any.
public final class EventReader: Sendable {
    public let path: String
    private let database: DatabaseQueue

    /// - Throws: `StoreError` when the file is missing, not ours, or of another version.
    public init(path: String) throws(StoreError) {
        self.path = path
        try StoreFile.checkExists(path)
        do {
            database = try DatabaseQueue(path: path, configuration: StoreFile.configuration(readonly: true))
            try database.read { db in
                try StoreFile.check(db, path)
                guard try StoreSchema.migrator.hasCompletedMigrations(db) else {
                    throw StoreError(
                        .olderSchema, "\(path) was written by an older version; start the daemon to upgrade it")
                }
            }
        } catch {
            throw StoreFile.error(error, path)
        }
    }

    /// The anomalies of a page of history.
    public func events(_ query: EventQuery = EventQuery()) throws(StoreError) -> EventPage {
        var query = query
        if query.filter.kinds.isEmpty { query.filter.kinds = EventKind.allCases }
        query.filter.cameraKinds = []
        let page = try history(query)
        return EventPage(
            events: page.entries.compactMap { if case .anomaly(let event) = $0 { event } else { nil } },
            acknowledgements: page.acknowledgements, next: page.next)
    }

    /// The one event whose id begins with `prefix` (case and hyphens as printed), with its track; nil without any.
    ///
    /// - Throws: `StoreError` `.ambiguous` when there are several.
    public func event(_ prefix: String) throws(StoreError) -> Event? {
        try read { db in
            guard let (table, number) = try EventRows.place(beginning: prefix, db),
                table.events == AckRows.Table.anomalies.events
            else { return nil }
            let sql = "SELECT \(EventRows.columns) FROM \(EventRows.source) WHERE event.number = ?"
            return try Row.fetchOne(db, sql: sql, arguments: [number]).map {
                try EventRows.event($0, track: Self.track(number, db))
            }
        }
    }

    /// An event's picture; nil when there is none.
    public func snapshot(_ id: EventID, _ kind: EventSnapshot.Kind) throws(StoreError) -> EventSnapshot? {
        try read { db in
            let sql = """
                SELECT snapshot.* FROM snapshot JOIN event ON event.number = snapshot.event
                WHERE event.id = ? AND snapshot.kind = ?
                """
            guard let row = try Row.fetchOne(db, sql: sql, arguments: [id.description, kind.rawValue]) else {
                return nil
            }
            let jpeg: Data = row["jpeg"]
            let stream: String = row["stream"]
            return EventSnapshot(
                kind: kind, stream: EventSnapshot.Stream(rawValue: stream) ?? .detect, timeMs: row["time_ms"],
                sequence: UInt64(bitPattern: row["sequence"] as Int64),
                jpeg: Array(jpeg))
        }
    }

    // MARK: - Labels

    /// What stands about an event; nil when nothing does.
    public func acknowledgement(of event: EventID) throws(StoreError) -> Acknowledgement? {
        try latestAcknowledgements(of: [event])[event].flatMap { $0.stands ? $0 : nil }
    }

    /// The newest acknowledgement of each event, whether it stands or was taken back; events without any are left out.
    public func latestAcknowledgements(
        of events: [EventID]
    ) throws(StoreError) -> [EventID: Acknowledgement] {
        try read { db in
            var found: [EventID: Acknowledgement] = [:]
            for id in events { found[id] = try AckRows.latest(id, db) }
            return found
        }
    }

    /// A camera's events that have a label, oldest first, from `sinceMs` (Unix milliseconds) on.
    public func labels(camera: String, since sinceMs: Int64) throws(StoreError) -> [LabelledEvent] {
        try read { db in
            let sql = """
                SELECT \(EventRows.columns) FROM \(EventRows.source)
                WHERE event.camera = ? AND event.start_ms >= ? AND ack.number IS NOT NULL
                ORDER BY event.start_ms, event.id
                """
            return try Row.fetchAll(db, sql: sql, arguments: [camera, sinceMs]).compactMap { row in
                guard let acknowledgement = try AckRows.acknowledgement(row) else { return nil }
                return LabelledEvent(event: try EventRows.event(row, track: []), acknowledgement: acknowledgement)
            }
        }
    }

    /// How many events a profile raised since `sinceMs` (Unix milliseconds), by label; nil is none.
    /// - Parameter profile: as in `Provenance`.
    public func counts(profile: String, since sinceMs: Int64) throws(StoreError) -> [EventLabel?: Int] {
        try read { db in
            let sql = """
                SELECT ack.label AS label, count(*) AS count FROM event LEFT JOIN ack ON \(AckRows.Table.anomalies.standing)
                WHERE event.start_ms >= ? AND event.profile = ? GROUP BY ack.label
                """
            var counts: [EventLabel?: Int] = [:]
            for row in try Row.fetchAll(db, sql: sql, arguments: [sinceMs, profile]) {
                counts[(row["label"] as String?).flatMap(EventLabel.init(rawValue:)), default: 0] += row["count"]
            }
            return counts
        }
    }

    // MARK: - Following

    /// Events that changed after `revision`, in the order of their last change, and where to go on. An event that
    /// changed several times appears once, in its newest state; a change of its label counts. Cheap enough to ask many times a second.
    public func changes(
        after revision: Int64, limit: Int = 100
    ) throws(StoreError) -> (events: [Event], revision: Int64) {
        try read { db in
            let sql = """
                SELECT \(EventRows.columns) FROM \(EventRows.source) WHERE event.revision > ?
                ORDER BY event.revision LIMIT ?
                """
            let rows = try Row.fetchAll(db, sql: sql, arguments: [revision, limit])
            let events = try rows.map { try EventRows.event($0, track: []) }
            return (events, rows.last.map { $0["revision"] } ?? revision)
        }
    }

    // MARK: - Health

    /// What SQLite finds wrong with the file and its references; empty when all is well. Reads the whole database.
    public func problems() throws(StoreError) -> [String] {
        try read { db in
            let integrity = try String.fetchAll(db, sql: "PRAGMA integrity_check").filter { $0 != "ok" }
            let references = try Row.fetchAll(db, sql: "PRAGMA foreign_key_check")
            return integrity + references.map { "a row of \($0[0] as String) refers to nothing" }
        }
    }

    // MARK: - Statements

    /// SQLite's plan for every statement that queries lead to, one step per line: for tests that no documented query reads
    /// a whole table.
    package func plans(_ queries: [EventQuery]) throws(StoreError) -> [String] {
        let executed = Locked<Set<String>>([])
        try peek { db in
            db.trace { event in
                if case .statement(let statement) = event { _ = executed.withLock { $0.insert(statement.sql) } }
            }
        }
        for query in queries { _ = try history(query) }
        try peek { $0.trace(options: []) }
        let statements = executed.withLock { $0 }.filter { $0.hasPrefix("SELECT") }
        return try read { db in
            try statements.flatMap { sql in
                let statement = try db.makeStatement(sql: "EXPLAIN QUERY PLAN " + sql)
                // What is bound changes no plan, as no statistics are kept.
                statement.setUncheckedArguments(StatementArguments())
                return try Row.fetchAll(statement).map { $0["detail"] as String }
            }
        }
    }

    private static func track(_ number: Int64, _ db: Database) throws -> [Observation] {
        let sql = "SELECT * FROM observation WHERE event = ? ORDER BY stream_ms, sequence"
        return try Row.fetchAll(db, sql: sql, arguments: [number]).map(EventRows.observation)
    }

    /// Without a snapshot.
    func peek<Result: Sendable>(_ body: @Sendable (Database) throws -> Result) throws(StoreError) -> Result {
        do {
            return try database.inDatabase(body)
        } catch {
            throw StoreFile.error(error, path)
        }
    }

    func read<Result: Sendable>(_ body: @Sendable (Database) throws -> Result) throws(StoreError) -> Result {
        do {
            return try database.read(body)
        } catch {
            throw StoreFile.error(error, path)
        }
    }
}
