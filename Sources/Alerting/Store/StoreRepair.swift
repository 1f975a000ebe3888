internal import Basics
internal import GRDB

/// Puts a damaged event database right, after copying it as it is. No daemon may use it.
public struct StoreRepair {
    public struct Outcome: Sendable, Hashable {
        /// The files as they were; nil when nothing had to be changed.
        public var saved: String?
        /// What was changed.
        public var done: [String] = []
        /// What is gone.
        public var lost: [String] = []
        /// What is still wrong.
        public var left: [StoreCheckup.Finding] = []
    }

    private let path: String
    private var outcome = Outcome()

    /// - Throws: `StoreError`: `inUse` while a daemon writes the database, `full` without room for the copy,
    ///   `damaged` when nothing of it can be read.
    public static func run(path: String) throws(StoreError) -> Outcome {
        try StoreFile.checkExists(path)
        let lock = try StoreLock(path)
        defer { withExtendedLifetime(lock) {} }
        guard StoreFile.isOurs(path) else {
            throw StoreError(
                .notADatabase,
                "\(path) does not say that it is an event database; its first page is lost, or it is another file")
        }
        var repair = StoreRepair(path: path)
        do {
            try repair.run()
        } catch {
            throw StoreFile.error(error, path)
        }
        return repair.outcome
    }

    private init(path: String) { self.path = path }

    private mutating func run() throws {
        guard var findings = try find() else { return try saveAndSalvage() }
        // Without a daemon nothing is open.
        if findings.isEmpty, try !isAnythingOpen() { return }
        try save()
        if findings.contains(where: { $0.kind == .structure }) {
            if try isIndexesOnly(findings) { try buildIndexes() }
            findings = try find() ?? []
        }
        if findings.contains(where: { [.structure, .schema].contains($0.kind) }) { return try salvage() }
        let database = try writable(path)
        try fix(database)
        try database.close()
        outcome.left = try StoreCheckup.run(path: path)
    }

    /// Nil when the database cannot even be searched.
    private func find() throws -> [StoreCheckup.Finding]? {
        do throws(StoreError) {
            return try StoreCheckup.run(path: path)
        } catch {
            // Tables of an older version, which only a salvage brings up to date without trusting them.
            if [.damaged, .olderSchema, .notADatabase, .database].contains(error.code) { return nil }
            throw error
        }
    }

    private mutating func saveAndSalvage() throws {
        try save()
        try salvage()
    }

    /// Copies the files byte by byte: SQLite may not be able to.
    private mutating func save() throws {
        var name = path + ".before-repair"
        var number = 1
        while StoreFile.exists(name) {
            number += 1
            name = "\(path).before-repair-\(number)"
        }
        for suffix in ["-wal", ""] where StoreFile.exists(path + suffix) {
            try StoreFile.copy(path + suffix, to: name + suffix)
        }
        outcome.saved = name
    }

    private func isAnythingOpen() throws -> Bool {
        try DatabaseQueue(path: path, configuration: StoreFile.configuration(readonly: true)).read { db in
            try ["event", "camera_event"].contains { table in
                try Bool.fetchOne(db, sql: "SELECT EXISTS (SELECT 1 FROM \(table) WHERE state = 'open')") ?? false
            }
        }
    }

    /// Tables are whole when only their indexes are complained of.
    private func isIndexesOnly(_ findings: [StoreCheckup.Finding]) throws -> Bool {
        findings.filter { $0.kind == .structure }.allSatisfy { finding in
            ["missing from index", "wrong # of entries in index", "non-unique entry in index"].contains {
                finding.text.contains($0)
            }
        }
    }

    private mutating func buildIndexes() throws {
        let database = try writable(path)
        // Two rows with the same key: only a salvage can decide.
        if (try? database.write { try $0.execute(sql: "REINDEX") }) != nil {
            outcome.done.append("built all indexes again")
        }
        try database.close()
    }

    private mutating func fix(_ database: DatabaseQueue) throws {
        let (done, lost) = try database.write(StoreFixes.apply)
        outcome.done += done
        outcome.lost += lost
    }

    private mutating func salvage() throws {
        let part = path + ".repaired"
        func clear() throws { for suffix in ["", "-wal", "-shm", "-journal"] { try StoreFile.remove(part + suffix) } }
        try clear()
        do {
            try fill(part)
        } catch let error where StoreFile.isDamage(error) {
            try clear()
            throw StoreError(
                .damaged,
                "nothing of \(path) can be read (\(StoreFile.reason(error))); it was left as it is", cause: error)
        }
        try StoreFile.sync(part)
        StoreFile.adoptRights(of: path, for: part)
        // The old log would be played into the new database.
        for suffix in ["-wal", "-shm"] { try StoreFile.remove(path + suffix) }
        try StoreFile.rename(part, to: path)
        outcome.left = try StoreCheckup.run(path: path)
    }

    private mutating func fill(_ part: String) throws {
        let target = try writable(part)
        try target.writeWithoutTransaction { db in
            try db.execute(sql: "PRAGMA auto_vacuum = INCREMENTAL")
            try db.execute(sql: "PRAGMA application_id = \(StoreSchema.applicationID)")
        }
        try StoreSchema.migrator.migrate(target)
        let source = try DatabaseQueue(path: path, configuration: StoreFile.configuration(readonly: true))
        // Without a transaction, whose end would fail with what could not be read in it. Nobody else writes.
        let (copied, refused) = try source.unsafeRead { source in
            try target.write { target in
                var salvage = StoreSalvage(from: source, into: target)
                try salvage.run()
                return (salvage.copied, salvage.refused)
            }
        }
        let counts = copied.filter { $0.rows > 0 }.map { "\($0.rows) of \($0.table)" }.joined(separator: ", ")
        outcome.done.append("copied every readable row into a new database: \(counts.isEmpty ? "none" : counts)")
        if refused > 0 { outcome.lost.append("\(refused) rows: read, but not as they were written") }
        outcome.lost.append("rows on damaged pages, if there were any: how many cannot be known")
        try fix(target)
        try target.close()
    }

    private func writable(_ path: String) throws -> DatabaseQueue {
        var configuration = StoreFile.configuration(readonly: false)
        // Rows that refer to nothing are to be removed, not refused.
        configuration.foreignKeysEnabled = false
        return try DatabaseQueue(path: path, configuration: configuration)
    }
}
