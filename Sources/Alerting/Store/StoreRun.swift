internal import Basics
internal import GRDB

/// An open database and this start of the daemon in it.
struct StoreRun: Sendable {
    let pool: DatabasePool
    let number: Int64
    /// The wall clock's epoch that begins with it.
    let epoch: Int64
    let revision: Int64
    let latestID: EventID?
    /// Left open by a run that died.
    let left: [HistoryEntry]
    /// The run before did not end in order, and the database is too large to be read through before it is used.
    let isUnchecked: Bool

    /// Where the damaged database lies that this one took the place of.
    private(set) var aside: String?

    /// Opens or creates the database and begins a run; in a new database, when the one that is there is damaged and may be
    /// replaced.
    static func begin(_ opening: StoreOpening) throws -> StoreRun {
        do {
            return try StoreRun(opening)
        } catch let error where opening.mayReplace(error) {
            let revision = Self.lastRevision(opening.path)
            return try replace(opening, revision: revision, because: error)
        }
    }

    /// Sets the damaged database aside and begins a run in a new one. Nobody may have it open.
    /// - Parameter revision: of the last change that followers may have seen.
    static func replace(_ opening: StoreOpening, revision: Int64, because error: any Error) throws -> StoreRun {
        let aside = try opening.setAside()
        opening.tell(
            StoreNews(
                .error,
                """
                the event database was damaged and lies in \(aside) now; a new history begins, and the old one can be saved \
                with: monitorctl fsck --repair --database \(aside) (\(StoreFile.reason(error)))
                """))
        var run = try StoreRun(opening, revision: revision)
        run.aside = aside
        return run
    }

    private init(_ opening: StoreOpening, revision floor: Int64 = 0) throws {
        let opened = try opening.open()
        pool = opened.pool
        isUnchecked = opened.isUnchecked
        let now = ClockWatch.Reading(opening.clocks)
        (number, epoch, left) = try pool.write { db in
            if floor > 0 { try Self.raiseRevision(to: floor, db) }
            let number = try Self.start(db, now.wallMs)
            let last = try Int64.fetchOne(db, sql: "SELECT max(number) FROM epoch") ?? 0
            let epoch = Epoch(number: last + 1, reason: .start, begin: now)
            try epoch.insert(run: number, db)
            let left = try Leftovers.interrupt(db)
            for entry in left { try OutboxRows.record(entry, opening: nil, timeMs: now.wallMs, db) }
            return (number, epoch.number, left)
        }
        (revision, latestID) = try pool.read { db in
            (try Int64.fetchOne(db, sql: StoreSchema.latestRevision) ?? 0, try Self.latestID(db))
        }
    }

    /// Followers go on where they were: revisions never begin again, whatever was removed.
    static func raiseRevision(to revision: Int64, _ db: Database) throws {
        try db.execute(
            sql: """
                INSERT INTO keeping (name, value) VALUES ('revision', ?)
                ON CONFLICT (name) DO UPDATE SET value = max(value, excluded.value)
                """, arguments: [revision])
    }

    /// As far as it can still be read.
    private static func lastRevision(_ path: String) -> Int64 {
        let database = try? DatabaseQueue(path: path, configuration: StoreFile.configuration(readonly: true))
        return (try? database?.read { try Int64.fetchOne($0, sql: StoreSchema.latestRevision) }) ?? 0
    }

    static func latestID(_ db: Database) throws -> EventID? {
        try ["event", "camera_event"].compactMap { table in
            try String.fetchOne(db, sql: "SELECT max(id) FROM \(table)").flatMap { EventID($0) }
        }.max()
    }

    private static func start(_ db: Database, _ startedMs: Int64) throws -> Int64 {
        var ids = EventIDGenerator(seed: .random(in: .min ... .max))
        try db.execute(
            sql: "INSERT INTO run (id, started_ms) VALUES (?, ?)",
            arguments: [ids.next(wallTimeMs: startedMs).description, startedMs])
        return db.lastInsertedRowID
    }
}
