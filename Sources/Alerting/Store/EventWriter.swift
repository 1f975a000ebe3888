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
        /// About the database itself.
        case news(StoreNews)
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

    struct State: Sendable {
        var waiting = WriteQueue()
        var counters = Counters()
        var failure: StoreError?
        var isScheduled = false
        var revision: Int64 = 0
        var epochs: Epochs
        /// For events that concern the box itself.
        var boxIDs: EventIDGenerator
        /// Clock and room are looked after.
        var isKeeping = false
        var disk = DiskWatch()
        var diskEvent: (event: CameraEvent, since: MonotonicTime)?
        /// The one that the database is adjusted to.
        var fileSizeLimit: Int64?
        var rules: RetentionRules?
        var nextRetention = MonotonicTime(nanoseconds: 0)
        var retaining: Retaining?
    }

    public let path: String
    let clocks: any Clocks
    let report: @Sendable (Report) -> Void
    let queue = DispatchQueue(label: "event-writer", qos: .utility)
    let state: Locked<State>
    private let lock: StoreLock
    private let run: Locked<StoreRun>

    private static let updateSpacing: Duration = .seconds(1)
    private static let retryDelay: DispatchTimeInterval = .seconds(1)

    /// Opens or creates the database, upgrades its tables, and marks what an earlier run left open as interrupted.
    /// Before tables are upgraded the database is copied beside itself. When it is damaged it is set aside, and a new one
    /// takes its place, because watching goes on either way.
    ///
    /// - Throws: `StoreError` with one line that says what to do: no such folder, no permission, not a database of ours,
    ///   written by a newer version, in use by another daemon, no room for the copy.
    public init(
        path: String, clocks: any Clocks = SystemClocks(), report: @escaping @Sendable (Report) -> Void = { _ in }
    ) throws(StoreError) {
        self.path = path
        self.clocks = clocks
        self.report = report
        try StoreFile.checkFolder(of: path)
        lock = try StoreLock(path)
        let begun: StoreRun
        do {
            begun = try StoreRun.begin(Self.opening(path, clocks, report))
        } catch {
            throw StoreFile.error(error, path)
        }
        run = Locked(begun)
        let ids = EventIDGenerator(seed: UInt64.random(in: 0...UInt64.max), after: begun.latestID)
        state = Locked(State(revision: begun.revision, epochs: Epochs(current: begun.epoch), boxIDs: ids))
        if !begun.left.isEmpty { report(.recovered(begun.left)) }
        if let aside = begun.aside { recordDamage(aside) }
    }

    private static func opening(
        _ path: String, _ clocks: any Clocks, _ report: @escaping @Sendable (Report) -> Void
    ) -> StoreOpening {
        StoreOpening(path: path, clocks: clocks, replacesDamaged: true) { report(.news($0)) }
    }

    /// The database in use; another one after damage.
    var pool: DatabasePool { run.withLock { $0.pool } }

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
        if isOpening { lookAtClock() }
        enqueue(entry, isOpening: isOpening, snapshots)
    }

    func enqueue(_ entry: HistoryEntry, isOpening: Bool, _ snapshots: [EventSnapshot]) {
        state.withLock { state in
            let isRoom = state.disk.stage == .ample
            state.waiting.add(entry, isOpening: isOpening, isRoom ? snapshots : [], epoch: state.epochs.current)
            if !isRoom { state.counters.snapshotsLost += UInt64(snapshots.count) }
        }
        queue.async { @Sendable in self.drain() }
    }

    /// Puts better pictures of a frame in the place of those that were submitted with an event, at once or later; they are
    /// left out when the event has pictures of another frame by then. Never blocks on the disk.
    public func improve(_ event: EventID, with snapshots: [EventSnapshot]) {
        state.withLock { if $0.disk.stage == .ample { $0.waiting.improve(event, with: snapshots) } }
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
            counters.snapshotsLost += UInt64(state.waiting.picturesLost)
            return counters
        }
    }

    /// The id of the newest event stored; ids made from now on should sort after it.
    public var latestID: EventID? {
        get throws(StoreError) {
            do {
                return try pool.read(StoreRun.latestID)
            } catch {
                throw StoreFile.error(error, path)
            }
        }
    }

    /// The database file never grows beyond this, about; events keep going without snapshots as long as they fit.
    public func setMaximumBytes(_ bytes: Int64) throws(StoreError) {
        do {
            try pool.writeWithoutTransaction { try Self.limitPages($0, to: bytes) }
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
        closeDiskEvent(.shutdown)
        flush()
        do {
            try pool.write { [number = run.withLock { $0.number }] db in
                try db.execute(
                    sql: "UPDATE run SET stopped_ms = ? WHERE number = ?", arguments: [clocks.wallTimeMs(), number])
            }
        } catch {
            throw StoreFile.error(error, path)
        }
    }

    // MARK: - On the writer's queue

    func drain(all: Bool = false) {
        if !all && state.withLock({ $0.failure != nil }) { return }
        let spacing = all ? .zero : Self.updateSpacing
        while let entry = state.withLock({ $0.waiting.next(at: clocks.monotonic(), spacing: spacing) }) {
            do {
                try store(entry)
            } catch let error as DatabaseError where [.SQLITE_CONSTRAINT, .SQLITE_TOOBIG].contains(error.resultCode) {
                state.withLock { $0.waiting.reject(entry.event) }
                report(.rejected(entry.event, StoreFile.error(error, path)))
                continue
            } catch let error where StoreFile.isDamage(error) {
                guard replaceDamaged(error) else { return }
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
            // What concerns the box had its line already.
            guard entry.event.camera != CameraEvent.box else { continue }
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
        let (isKeeping, stage) = state.withLock { ($0.isKeeping, $0.disk.stage) }
        // What was handed over before room became scarce.
        let snapshots = stage == .ample ? entry.snapshots : []
        do {
            try commit(entry, snapshots)
        } catch let error where Self.isWantOfRoom(error) && (!snapshots.isEmpty || isKeeping && stage < .onReserve) {
            // The event matters more than its picture.
            if isKeeping { lookAtRoom(hasJustFailed: true) }
            try commit(entry, [])
            if !isKeeping { report(.withoutSnapshots(entry.event)) }
            state.withLock { $0.counters.snapshotsLost += UInt64(snapshots.count) }
            return
        }
        state.withLock { $0.counters.snapshotsLost += UInt64(entry.snapshots.count - snapshots.count) }
    }

    private func commit(_ entry: WriteQueue.Entry, _ snapshots: [EventSnapshot]) throws {
        let revision = nextRevision()
        let began = clocks.monotonic()
        let timeMs = clocks.wallTimeMs()
        let (pool, run) = run.withLock { ($0.pool, $0.number) }
        let epochs = state.withLock { $0.epochs.unstored }
        try pool.write { db in
            for epoch in epochs { try epoch.insert(run: run, db) }
            switch entry.event {
            case .anomaly(let event): try Self.write(event, entry, snapshots, run: run, revision: revision, db)
            case .camera(let event):
                try CameraEventRows.upsert(event, run: run, revision: revision, db)
                for snapshot in snapshots where snapshot.kind == .clean {
                    try CameraEventRows.insert(snapshot, of: event.id, db)
                }
            }
            if entry.written == nil { try Self.note(entry, db) }
            try OutboxRows.record(entry.event, opening: entry.opening, timeMs: timeMs, db)
        }
        let took = clocks.monotonic() - began
        state.withLock {
            $0.counters.transactions += 1
            $0.counters.commitTimes.add(took)
            $0.epochs.stored(epochs)
        }
    }

    /// Whose wall clock the event's times are of.
    private static func note(_ entry: WriteQueue.Entry, _ db: Database) throws {
        let table: AckRows.Table = if case .anomaly = entry.event { .anomalies } else { .cameras }
        try db.execute(
            sql: "UPDATE \(table.events) SET epoch = ? WHERE id = ?",
            arguments: [entry.epoch, entry.event.id.description])
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

    // MARK: - Damage

    /// Begins a new history when the database is found damaged, and writes into it what is open. False when it cannot: that
    /// is a failure like any other, tried again later.
    private func replaceDamaged(_ error: any Error) -> Bool {
        do {
            // What a failing disk or a lock made of one page is no reason to begin anew.
            guard try isDamaged() else {
                failed(StoreFile.error(error, path))
                return false
            }
            let revision = state.withLock { $0.revision }
            // Nothing else uses it but short reads, which end with an error.
            try? pool.close()
            let begun = try StoreRun.replace(Self.opening(path, clocks, report), revision: revision, because: error)
            run.withLock { $0 = begun }
            state.withLock {
                $0.epochs = Epochs(current: begun.epoch)
                $0.waiting.startOver(epoch: begun.epoch)
            }
            if let aside = begun.aside { recordDamage(aside) }
            return true
        } catch {
            failed(StoreFile.error(error, path))
            return false
        }
    }

    private func isDamaged() throws -> Bool {
        do {
            let database = try DatabaseQueue(path: path, configuration: StoreFile.configuration(readonly: true))
            return try database.read(StoreFile.quickCheck) != nil
        } catch let error where StoreFile.isDamage(error) {
            return true
        }
    }

    private func recordDamage(_ aside: String) {
        recordBox(.historyDamaged, detail: "the history until now lies in \(aside)", lasts: false)
    }
}
