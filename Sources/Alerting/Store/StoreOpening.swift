internal import Basics
internal import GRDB

/// Opens the database for writing: looks at what is there, saves it before its tables change, and begins anew when it is
/// damaged, because watching goes on either way.
struct StoreOpening {
    let path: String
    let clocks: any Clocks
    /// Whether a damaged database is set aside for a fresh one; otherwise it is an error.
    let replacesDamaged: Bool
    let tell: (StoreNews) -> Void

    /// Databases of a run that did not end in order are read through up to this size before they are used, which takes
    /// some tenths of a second; larger ones in the background.
    static let checkedBytes: Int64 = 64 << 20
    /// Databases up to this size get the form that gives room back, when their tables change.
    static let compactedBytes: Int64 = 64 << 20
    /// As many damaged databases are kept; then somebody must look.
    static let damagedKept = 4

    struct Opened {
        let pool: DatabasePool
        /// The run before did not end in order, and the database was too large to be read through.
        var isUnchecked = false
    }

    func open() throws -> Opened {
        guard StoreFile.exists(path), StoreFile.size(path) > 0 else { return Opened(pool: try fresh()) }
        return try existing()
    }

    /// Whether the error came from a damaged database that a fresh one may replace.
    func mayReplace(_ error: any Error) -> Bool {
        replacesDamaged && StoreFile.isDamage(error) && StoreFile.isOurs(path)
    }

    private func existing() throws -> Opened {
        let (isPending, isUnclean) = try look()
        let isSmall = StoreFile.size(path) <= Self.checkedBytes
        if isUnclean, isSmall { try check() }
        if isPending {
            let count = StoreSchema.migrator.migrations.count
            let copy = try StoreBackup.make(of: path, before: "\(count)")
            tell(StoreNews(.note, "the event database's tables are brought up to date; they were saved as \(copy)"))
        }
        let pool = try makePool()
        if isPending { try compact(pool) }
        return Opened(pool: pool, isUnchecked: isUnclean && !isSmall)
    }

    /// Before the pool switches a stranger's file to the write-ahead log.
    private func look() throws -> (isPending: Bool, isUnclean: Bool) {
        // Who died or lost power while there was no write-ahead log yet left a journal, and only writers can play it back.
        let isHot = StoreFile.exists(path + "-journal")
        return try DatabaseQueue(path: path, configuration: StoreFile.configuration(readonly: !isHot)).read { db in
            try StoreFile.check(db, path)
            let isPending = try !StoreSchema.migrator.hasCompletedMigrations(db)
            guard try db.tableExists("run") else { return (false, false) }
            let last = "SELECT stopped_ms IS NULL FROM run ORDER BY number DESC LIMIT 1"
            return (isPending, try Bool.fetchOne(db, sql: last) ?? false)
        }
    }

    private func check() throws {
        let database = try DatabaseQueue(path: path, configuration: StoreFile.configuration(readonly: true))
        guard let problem = try database.read(StoreFile.quickCheck) else { return }
        throw StoreError(.damaged, problem)
    }

    private func fresh() throws -> DatabasePool {
        // Must be there before the first table; room that retention makes goes back to the file system then.
        let database = try DatabaseQueue(path: path, configuration: StoreFile.configuration(readonly: false))
        try database.writeWithoutTransaction { db in
            try db.execute(sql: "PRAGMA auto_vacuum = INCREMENTAL")
            try db.execute(sql: "PRAGMA application_id = \(StoreSchema.applicationID)")
        }
        try database.close()
        let pool = try makePool()
        try StoreFile.syncFolder(of: path)
        return pool
    }

    private func makePool() throws -> DatabasePool {
        let pool = try DatabasePool(path: path, configuration: StoreFile.configuration(readonly: false))
        // The pool itself asks for NORMAL only.
        try pool.writeWithoutTransaction { try $0.execute(sql: "PRAGMA synchronous = FULL") }
        try StoreSchema.migrator.migrate(pool)
        for line in try pool.read(StoreSchema.drift).prefix(3) {
            tell(
                StoreNews(
                    .warning,
                    "the event database's tables are not as this version makes them: \(line); see: monitorctl fsck"))
        }
        return pool
    }

    private func compact(_ pool: DatabasePool) throws {
        let size = StoreFile.size(path)
        guard size <= Self.compactedBytes, StoreFile.freeBytes(beside: path).map({ $0 > 3 * size }) ?? false else {
            return
        }
        try pool.writeWithoutTransaction { db in
            guard try Int.fetchOne(db, sql: "PRAGMA auto_vacuum") != 2 else { return }
            try db.execute(sql: "PRAGMA auto_vacuum = INCREMENTAL")
            try db.execute(sql: "VACUUM")
            try db.checkpoint(.truncate)
        }
    }

    /// Gives a damaged database another name, with everything that belongs to it.
    func setAside() throws(StoreError) -> String {
        let marker = ".damaged-"
        let aside = StoreFile.siblings(of: path, with: marker).filter { !$0.hasSuffix("-wal") && !$0.hasSuffix("-shm") }
        guard aside.count < Self.damagedKept else {
            throw StoreError(
                .damaged,
                """
                the event database \(path) is damaged, as \(aside.count) before it were; does the disk fail? Move \
                \(path)\(marker)* away, and repair what is needed of them with: monitorctl fsck --repair
                """)
        }
        let stamp = UTCTime.rfc3339(clocks.wallTimeMs()).filter { $0.isNumber || $0.isLetter }
        let name = path + marker + stamp
        // The database first: a log without its database is thrown away, but a log beside another database is played into it.
        for suffix in ["", "-wal", "-shm"] where StoreFile.exists(path + suffix) {
            try StoreFile.rename(path + suffix, to: name + suffix)
        }
        return name
    }
}
