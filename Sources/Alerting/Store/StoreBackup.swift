internal import GRDB
internal import Glibc

/// A verified copy of the database beside it, before something changes all of it.
enum StoreBackup {
    /// Older copies go.
    static let kept = 2

    /// Copies a database to `<path>.before-<occasion>` in one piece and looks at the copy before it gets its name.
    ///
    /// - Returns: the copy's path.
    /// - Throws: `StoreError`: `.full` without room for it, `.damaged` when the copy does not pass SQLite's own check,
    ///   which means that the original does not.
    static func make(of path: String, before occasion: String) throws -> String {
        let name = "\(path).before-\(occasion)"
        let part = name + ".part"
        try StoreFile.remove(part)
        try checkRoom(path)
        let source = try DatabaseQueue(path: path, configuration: StoreFile.configuration(readonly: true))
        do {
            let copy = try DatabaseQueue(path: part, configuration: StoreFile.configuration(readonly: false))
            try source.backup(to: copy)
            let problem = try copy.writeWithoutTransaction { db in
                // A copy in one file: what is opened elsewhere must not miss a log.
                try db.execute(sql: "PRAGMA journal_mode = DELETE")
                return try StoreFile.quickCheck(db)
            }
            try copy.close()
            if let problem {
                throw StoreError(.damaged, "\(path) is damaged (\(problem)); repair it with: monitorctl fsck --repair")
            }
            StoreFile.adoptRights(of: path, for: part)
            try StoreFile.sync(part)
            try StoreFile.rename(part, to: name)
        } catch {
            try? StoreFile.remove(part)
            throw error
        }
        try source.close()
        prune(path)
        return name
    }

    private static func checkRoom(_ path: String) throws {
        let needed = StoreFile.size(path) + StoreFile.size(path + "-wal") + (1 << 20)
        guard let free = StoreFile.freeBytes(beside: path), free < needed else { return }
        throw StoreError(
            .full,
            """
            the tables of \(path) must be changed for this version, and there is no room for the copy that is made first: \
            \(ByteText.of(needed)) needed, \(ByteText.of(free)) free; make room, for example by moving the database to a \
            larger disk
            """)
    }

    /// Keeps the newest copies only; one that cannot be removed does no harm.
    private static func prune(_ path: String) {
        let copies = StoreFile.siblings(of: path, with: ".before-").filter { !$0.hasSuffix(".part") }
        let byAge = copies.sorted { StoreFile.modified($0) < StoreFile.modified($1) }
        for copy in byAge.dropLast(kept) { try? StoreFile.remove(copy) }
    }
}
