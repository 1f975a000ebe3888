public import Basics
internal import Dispatch
internal import GRDB

/// The only writer of the event database.
///
/// `submit` returns at once; one serial queue does the writing. An event's opening and its closing are committed, with
/// full durability, before `report` hears of them; scores and tracks of open events are stored at most once a second, so
/// a power cut loses no event and at most a second of scores. When the disk is full or fails, events wait in memory, are
/// tried again every second, and nothing upstream notices.
public final class EventWriter: Sendable {
    /// What the daemon logs. Called on the writer's queue.
    public enum Report: Sendable {
        /// Committed.
        case opened(HistoryEntry)
        /// Committed.
        case closed(HistoryEntry)
        /// Left open by a daemon that died; now `interrupted`, with its true last sight.
        case recovered([HistoryEntry])
        /// Writing began to fail; reported once, until it works again.
        case failing(StoreError, waiting: Int)
        /// Writing works again.
        case working
        /// The database will never take this event; it is left out, so that it does not hold up the others.
        case rejected(HistoryEntry, StoreError)
        /// There was no room for an event's snapshots; the event itself is stored.
        case withoutSnapshots(HistoryEntry)
    }

    /// Totals since the start.
    public struct Counters: Sendable, Hashable {
        public var transactions: UInt64 = 0
        /// How long they took, with the disk's confirmation.
        public var commitTimes = LatencyHistogram()
        public var failures: UInt64 = 0
        /// Snapshots left out because there was no room.
        public var snapshotsLost: UInt64 = 0
        /// Events lost after a very long failure.
        public var eventsLost: UInt64 = 0
        /// Events that wait to be written.
        public var waiting = 0
    }

    private struct State: Sendable {
        var waiting = WriteQueue()
        var counters = Counters()
        var failure: StoreError?
        var isScheduled = false
        var revision: Int64 = 0
    }

    public let path: String
    let pool: DatabasePool
    private let lock: StoreLock
    private let run: Int64
    private let clocks: any Clocks
    private let report: @Sendable (Report) -> Void
    let queue = DispatchQueue(label: "event-writer", qos: .utility)
    private let state = Locked(State())

    private static let updateSpacing: Duration = .seconds(1)
    private static let retryDelay: DispatchTimeInterval = .seconds(1)

    /// Opens or creates the database, upgrades its tables, and marks what an earlier run left open as interrupted.
    ///
    /// - Throws: `StoreError` with one line that says what to do: no such folder, no permission, not a database of ours,
    ///   written by a newer version, in use by another daemon.
    public init(
        path: String, clocks: any Clocks = SystemClocks(), report: @escaping @Sendable (Report) -> Void = { _ in }
    ) throws(StoreError) {
        self.path = path
        self.clocks = clocks
        self.report = report
        try StoreFile.checkFolder(of: path)
        lock = try StoreLock(path)
        let left: [HistoryEntry]
        do {
            pool = try Self.openPool(path)
            let started = clocks.wallTimeMs()
            (run, left) = try pool.write { db in
                (try Self.startRun(db, started), try Self.interruptLeftovers(db, started))
            }
            let revision = try pool.read { try Int64.fetchOne($0, sql: StoreSchema.latestRevision) ?? 0 }
            state.withLock { $0.revision = revision }
        } catch {
            throw StoreFile.error(error, path)
        }
        if !left.isEmpty { report(.recovered(left)) }
    }

    // MARK: - For the cameras' queues

    /// Hands over what the event machine asked for. Never blocks on the disk.
    public func submit(_ action: EventAction, snapshots: [EventSnapshot] = []) {
        if case .open(let event) = action { return submit(.anomaly(event), isOpening: true, snapshots) }
        submit(.anomaly(action.event), isOpening: false, snapshots)
    }

    /// The same for what the camera event machine asked for; the guarantees are the same. Only a clean picture is kept.
    public func submit(_ action: CameraEventAction, snapshots: [EventSnapshot] = []) {
        if case .open(let event) = action { return submit(.camera(event), isOpening: true, snapshots) }
        submit(.camera(action.event), isOpening: false, snapshots)
    }

    private func submit(_ entry: HistoryEntry, isOpening: Bool, _ snapshots: [EventSnapshot]) {
        state.withLock { $0.waiting.add(entry, isOpening: isOpening, snapshots) }
        queue.async { @Sendable in self.drain() }
    }

    /// Puts better pictures of a frame in the place of those that were submitted with an event, at once or later; they are
    /// left out when the event has pictures of another frame by then. Never blocks on the disk.
    public func improve(_ event: EventID, with snapshots: [EventSnapshot]) {
        state.withLock { $0.waiting.improve(event, with: snapshots) }
        queue.async { @Sendable in self.drain() }
    }

    /// Labels an event, or takes its label back; committed with full durability when this returns. Waits for the disk: not
    /// for the cameras' queues.
    /// - Throws: `StoreError` (`unknownEvent`, `ambiguous`, `unchanged`, `malformed`), and what the disk reports.
    public func carryOut(_ request: AckRequest) throws(StoreError) -> AckOutcome {
        let timeMs = clocks.wallTimeMs()
        do {
            return try queue.sync {
                let revision = nextRevision()
                return try pool.write { try AckRows.carryOut(request, timeMs: timeMs, revision: revision, $0) }
            }
        } catch {
            throw StoreFile.error(error, path)
        }
    }

    public var counters: Counters {
        state.withLock { state in
            var counters = state.counters
            counters.waiting = state.waiting.dirtyCount
            counters.eventsLost = UInt64(state.waiting.lost)
            return counters
        }
    }

    /// The id of the newest event stored; ids made from now on should sort after it.
    public var latestID: EventID? {
        get throws(StoreError) {
            do {
                return try pool.read { db in
                    try ["event", "camera_event"].compactMap { table in
                        try String.fetchOne(db, sql: "SELECT max(id) FROM \(table)").flatMap { EventID($0) }
                    }.max()
                }
            } catch {
                throw StoreFile.error(error, path)
            }
        }
    }

    /// The database file never grows beyond this, about; events keep going without snapshots as long as they fit.
    public func setMaximumBytes(_ bytes: Int64) throws(StoreError) {
        do {
            try pool.writeWithoutTransaction { db in
                let pageSize = try Int64.fetchOne(db, sql: "PRAGMA page_size") ?? 4096
                try db.execute(sql: "PRAGMA max_page_count = \(max(1, bytes / pageSize))")
            }
        } catch {
            throw StoreFile.error(error, path)
        }
    }

    /// A setting of the writing connection, for tests.
    package func pragma(_ name: String) throws -> String? {
        try pool.writeWithoutTransaction { try String.fetchOne($0, sql: "PRAGMA \(name)") }
    }

    /// Writes everything that waits, updates included; returns when each was stored or failed.
    public func flush() { queue.sync { drain(all: true) } }

    /// Returns when the writer has looked at everything submitted so far.
    package func barrier() { queue.sync {} }

    /// Writes everything that waits and notes the orderly end of this run. Call it last.
    public func finish() throws(StoreError) {
        flush()
        do {
            try pool.write { db in
                try db.execute(
                    sql: "UPDATE run SET stopped_ms = ? WHERE number = ?", arguments: [clocks.wallTimeMs(), run])
            }
        } catch {
            throw StoreFile.error(error, path)
        }
    }

    // MARK: - On the writer's queue

    private func drain(all: Bool = false) {
        if !all && state.withLock({ $0.failure != nil }) { return }
        let spacing = all ? .zero : Self.updateSpacing
        while let entry = state.withLock({ $0.waiting.next(at: clocks.monotonic(), spacing: spacing) }) {
            do {
                try store(entry)
            } catch let error as DatabaseError where [.SQLITE_CONSTRAINT, .SQLITE_TOOBIG].contains(error.resultCode) {
                state.withLock { $0.waiting.reject(entry.event) }
                report(.rejected(entry.event, StoreFile.error(error, path)))
                continue
            } catch {
                failed(StoreFile.error(error, path))
                return
            }
            let wasFailing = state.withLock { state in
                defer { state.failure = nil }
                state.waiting.stored(entry, at: clocks.monotonic())
                return state.failure != nil
            }
            if wasFailing { report(.working) }
            if let opening = entry.opening { report(.opened(opening)) }
            if entry.event.state != .open { report(.closed(entry.event)) }
        }
        storeImprovements()
        // Updates that came too soon after the last one.
        if state.withLock({ $0.waiting.dirtyCount > 0 }) { drainLater() }
    }

    private func storeImprovements() {
        while let better = state.withLock({ $0.waiting.nextImprovement() }) {
            do {
                try pool.write { db in
                    for snapshot in better.snapshots { try EventRows.improve(better.event, with: snapshot, db) }
                }
            } catch {
                // The event has its pictures; events that cannot be written are tried again and reported.
                state.withLock { $0.counters.snapshotsLost += UInt64(better.snapshots.count) }
            }
        }
    }

    private func failed(_ error: StoreError) {
        let (isNew, waiting) = state.withLock { state in
            defer { state.failure = error }
            state.counters.failures += 1
            return (state.failure == nil, state.waiting.dirtyCount)
        }
        if isNew { report(.failing(error, waiting: waiting)) }
        drainLater()
    }

    /// Updates are due, and failures are tried again, after a second.
    private func drainLater() {
        let isFirst = state.withLock { state in
            defer { state.isScheduled = true }
            return !state.isScheduled
        }
        guard isFirst else { return }
        queue.asyncAfter(deadline: .now() + Self.retryDelay) { @Sendable [weak self] in
            guard let self else { return }
            let wasFailing = state.withLock { state in
                state.isScheduled = false
                return state.failure != nil
            }
            drain(all: wasFailing)
        }
    }

    private func store(_ entry: WriteQueue.Entry) throws {
        do {
            try commit(entry, entry.snapshots)
        } catch let error as DatabaseError where error.resultCode == .SQLITE_FULL && !entry.snapshots.isEmpty {
            // The event matters more than its picture.
            try commit(entry, [])
            state.withLock { $0.counters.snapshotsLost += UInt64(entry.snapshots.count) }
            report(.withoutSnapshots(entry.event))
        }
    }

    private func commit(_ entry: WriteQueue.Entry, _ snapshots: [EventSnapshot]) throws {
        let revision = nextRevision()
        let began = clocks.monotonic()
        let timeMs = clocks.wallTimeMs()
        try pool.write { db in
            switch entry.event {
            case .anomaly(let event): try Self.write(event, entry, snapshots, run: run, revision: revision, db)
            case .camera(let event):
                try CameraEventRows.upsert(event, run: run, revision: revision, db)
                for snapshot in snapshots where snapshot.kind == .clean {
                    try CameraEventRows.insert(snapshot, of: event.id, db)
                }
            }
            try OutboxRows.record(entry.event, opening: entry.opening, timeMs: timeMs, db)
        }
        let took = clocks.monotonic() - began
        state.withLock {
            $0.counters.transactions += 1
            $0.counters.commitTimes.add(took)
        }
    }

    private static func write(
        _ event: Event, _ entry: WriteQueue.Entry, _ snapshots: [EventSnapshot], run: Int64, revision: Int64,
        _ db: Database
    ) throws {
        try EventRows.upsert(event, run: run, revision: revision, db)
        guard let number = try EventRows.number(of: event.id, db) else { return }
        for point in event.track.dropFirst(entry.storedPoints) { try EventRows.insert(point, event: number, db) }
        try EventRows.insert(event.peak, event: number, db)
        for snapshot in snapshots { try EventRows.insert(snapshot, event: number, db) }
    }

    private func nextRevision() -> Int64 {
        state.withLock { state in
            state.revision += 1
            return state.revision
        }
    }

    // MARK: - Opening

    static func openPool(_ path: String) throws -> DatabasePool {
        if StoreFile.exists(path) {
            // Looks before the pool switches a stranger's file to the write-ahead log.
            try DatabaseQueue(path: path, configuration: StoreFile.configuration(readonly: true)).read { db in
                try StoreFile.check(db, path)
            }
        }
        let pool = try DatabasePool(path: path, configuration: StoreFile.configuration(readonly: false))
        // The pool itself asks for NORMAL only.
        try pool.writeWithoutTransaction { try $0.execute(sql: "PRAGMA synchronous = FULL") }
        try StoreSchema.migrator.migrate(pool)
        return pool
    }

    private static func startRun(_ db: Database, _ startedMs: Int64) throws -> Int64 {
        var ids = EventIDGenerator(seed: .random(in: .min ... .max))
        try db.execute(
            sql: "INSERT INTO run (id, started_ms) VALUES (?, ?)",
            arguments: [ids.next(wallTimeMs: startedMs).description, startedMs])
        return db.lastInsertedRowID
    }

    private static func interruptLeftovers(_ db: Database, _ timeMs: Int64) throws -> [HistoryEntry] {
        let events = "SELECT \(EventRows.columns) FROM \(EventRows.source) WHERE event.state = 'open' ORDER BY event.id"
        let cameras = """
            SELECT \(CameraEventRows.columns) FROM \(CameraEventRows.source)
            WHERE camera_event.state = 'open' ORDER BY camera_event.id
            """
        var left: [HistoryEntry] = []
        for row in try Row.fetchAll(db, sql: events) {
            var event = try EventRows.event(row, track: [])
            (event.state, event.reason) = (CloseReason.crash.state, .crash)
            left.append(.anomaly(event))
        }
        for row in try Row.fetchAll(db, sql: cameras) {
            var event = try CameraEventRows.event(row)
            (event.state, event.reason) = (CloseReason.crash.state, .crash)
            left.append(.camera(event))
        }
        for entry in left {
            let table: AckRows.Table = if case .anomaly = entry { .anomalies } else { .cameras }
            try db.execute(
                sql: """
                    UPDATE \(table.events) SET state = ?, reason = ?, revision = (\(StoreSchema.latestRevision)) + 1
                    WHERE id = ?
                    """,
                arguments: [entry.state.rawValue, entry.reason?.rawValue, entry.id.description])
            try OutboxRows.record(entry, opening: nil, timeMs: timeMs, db)
        }
        return left
    }
}
