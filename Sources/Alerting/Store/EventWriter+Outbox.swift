internal import Dispatch
internal import GRDB

/// The outbox's way to the database: the one writer stays the only one.
extension EventWriter {
    /// Carries out marks of deliveries, between two commits of events. Unlike those they need not survive a power cut:
    /// what is not marked is delivered again, under the same id.
    func mark<Result>(_ body: (Database) throws -> Result) throws(StoreError) -> Result {
        do {
            return try queue.sync {
                try pool.writeWithoutTransaction { db in
                    try db.execute(sql: "PRAGMA synchronous = NORMAL")
                    let result = Swift.Result { try Self.inTransaction(db, body) }
                    try db.execute(sql: "PRAGMA synchronous = FULL")
                    return try result.get()
                }
            }
        } catch {
            throw StoreFile.error(error, path)
        }
    }

    /// One short snapshot.
    func look<Result>(_ body: (Database) throws -> Result) throws(StoreError) -> Result {
        do {
            return try pool.read(body)
        } catch {
            throw StoreFile.error(error, path)
        }
    }

    private static func inTransaction<Result>(_ db: Database, _ body: (Database) throws -> Result) throws -> Result {
        var result: Result?
        try db.inTransaction(.immediate) {
            result = try body(db)
            return .commit
        }
        guard let result else { throw StoreError(.database, "a transaction did not run") }
        return result
    }
}
