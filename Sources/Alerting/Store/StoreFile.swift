internal import GRDB
internal import Glibc

/// Opening the database file, and SQLite's errors in our words.
enum StoreFile {
    static func configuration(readonly: Bool) -> Configuration {
        var configuration = Configuration()
        configuration.readonly = readonly
        configuration.foreignKeysEnabled = true
        configuration.busyMode = .timeout(5)
        configuration.label = "events"
        return configuration
    }

    /// Checks the folder before SQLite does, whose own message would not say what is wrong.
    static func checkFolder(of path: String) throws(StoreError) {
        let folder = folder(of: path)
        var status = stat()
        guard stat(folder, &status) == 0, status.st_mode & S_IFMT == S_IFDIR else {
            throw StoreError(.missing, "the folder \(folder) of the event database does not exist; create it")
        }
        guard access(folder, W_OK | X_OK) == 0 else {
            if errno == EROFS {
                throw StoreError(
                    .denied,
                    "\(folder) is on a read-only file system; mount it for writing, or put the event database elsewhere"
                )
            }
            throw StoreError(.denied, "cannot write in \(folder); the event database needs a folder of its own user")
        }
    }

    static func exists(_ path: String) -> Bool { access(path, F_OK) == 0 }

    static func checkExists(_ path: String) throws(StoreError) {
        guard exists(path) else {
            throw StoreError(
                .missing, "there is no event database at \(path); is the path right, did the daemon ever run?")
        }
    }

    /// Refuses databases that are not ours and schemas that are newer than this program.
    static func check(_ db: Database, _ path: String) throws {
        let identifier = try Int32.fetchOne(db, sql: "PRAGMA application_id") ?? 0
        let isEmpty = try Int.fetchOne(db, sql: "SELECT count(*) FROM sqlite_schema") == 0
        guard isEmpty || identifier == StoreSchema.applicationID else {
            throw StoreError(.notADatabase, "\(path) is a database of another program; choose another file")
        }
        if try StoreSchema.migrator.hasBeenSuperseded(db) {
            throw StoreError(.newerSchema, "\(path) was written by a newer version; install that version or newer")
        }
    }

    /// The first thing that SQLite finds wrong with the file's structure, nil when all is well. Reads all of it.
    static func quickCheck(_ db: Database) throws -> String? {
        try String.fetchAll(db, sql: "PRAGMA quick_check(1)").first { $0 != "ok" }
    }

    /// Whether an error means that what is stored is damaged, not that it cannot be reached.
    static func isDamage(_ error: any Error) -> Bool {
        if let sqlite = error as? DatabaseError {
            return [.SQLITE_CORRUPT, .SQLITE_NOTADB].contains(sqlite.resultCode)
        }
        return (error as? StoreError)?.code == .damaged
    }

    /// Everything thrown on the way to the database, as one of ours.
    static func error(_ error: any Error, _ path: String) -> StoreError {
        if let ours = error as? StoreError { return ours }
        guard let sqlite = error as? DatabaseError else {
            return StoreError(.database, "\(path): \(error)", cause: error)
        }
        switch sqlite.resultCode {
        case .SQLITE_NOTADB:
            return StoreError(
                .notADatabase, "\(path) is not an event database, or it is damaged; restore or remove it", cause: error)
        case .SQLITE_CORRUPT:
            return StoreError(
                .damaged, "the event database \(path) is damaged; repair it with: monitorctl fsck --repair",
                cause: error)
        case .SQLITE_FULL:
            return StoreError(.full, "no space left for the event database \(path)", cause: error)
        case .SQLITE_IOERR:
            return StoreError(.io, "the disk failed under the event database \(path): \(text(sqlite))", cause: error)
        case .SQLITE_BUSY, .SQLITE_LOCKED:
            return StoreError(.inUse, "another program keeps the event database \(path) locked", cause: error)
        case .SQLITE_READONLY, .SQLITE_PERM, .SQLITE_AUTH:
            return StoreError(.denied, "no permission to write the event database \(path)", cause: error)
        case .SQLITE_CANTOPEN:
            return StoreError(.denied, "cannot open the event database \(path): \(text(sqlite))", cause: error)
        default:
            return StoreError(.database, "the event database \(path): \(text(sqlite))", cause: error)
        }
    }

    /// What happened, without advice.
    static func reason(_ error: any Error) -> String {
        (error as? DatabaseError).map(text) ?? (error as? StoreError)?.message ?? "\(error)"
    }

    private static func text(_ error: DatabaseError) -> String { error.message ?? "SQLite error \(error.resultCode)" }

    static func folder(of path: String) -> String {
        guard let slash = path.lastIndex(of: "/") else { return "." }
        return slash == path.startIndex ? "/" : String(path[..<slash])
    }
}

/// Holds `<database>.lock` as long as it lives, so that no second daemon writes the same database and takes the first
/// one's open events for leftovers. The kernel lets go of it when the process dies.
struct StoreLock: ~Copyable, Sendable {
    private let descriptor: Int32

    init(_ database: String) throws(StoreError) {
        descriptor = open(database + ".lock", O_RDWR | O_CREAT | O_CLOEXEC, 0o640)
        guard descriptor >= 0 else {
            throw StoreError(.denied, "cannot create \(database).lock: \(String(cString: strerror(errno)))")
        }
        // An operator's lock must not keep out the service, which has a user of its own.
        var status = stat()
        if geteuid() == 0, stat(database, &status) == 0 { _ = fchown(descriptor, status.st_uid, status.st_gid) }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            close(descriptor)
            throw StoreError(.inUse, "another daemon writes \(database); stop it or choose another database")
        }
    }

    deinit { close(descriptor) }
}
