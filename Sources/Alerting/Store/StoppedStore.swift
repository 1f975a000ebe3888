public import Basics
internal import GRDB

/// The event database of a daemon that does not run, for changes that cannot wait for it.
public enum StoppedStore {
    /// Labels an event, or takes its label back, in one short transaction. While it lasts, no daemon can start on the
    /// database. Tables of an older version are upgraded, as by a daemon.
    ///
    /// - Throws: `StoreError`: `inUse` when a daemon writes the database; `missing`, `denied` and others when it cannot be
    ///   opened; `unknownEvent`, `ambiguous` and `unchanged` for the request.
    public static func carryOut(
        _ request: AckRequest, path: String, clocks: any Clocks = SystemClocks()
    ) throws(StoreError) -> AckOutcome {
        // Opening for writing would create it.
        try StoreFile.checkExists(path)
        let lock = try StoreLock(path)
        defer { withExtendedLifetime(lock) {} }
        do {
            // Whether a damaged database is given up is not for a label to decide.
            let opening = StoreOpening(path: path, clocks: clocks, replacesDamaged: false) { _ in }
            return try opening.open().pool.write { db in
                let revision = (try Int64.fetchOne(db, sql: StoreSchema.latestRevision) ?? 0) + 1
                return try AckRows.carryOut(request, timeMs: clocks.wallTimeMs(), revision: revision, db)
            }
        } catch {
            throw StoreFile.error(error, path)
        }
    }
}
