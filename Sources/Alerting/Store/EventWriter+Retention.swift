internal import Basics
internal import Dispatch
internal import GRDB

/// Keeps the history within its limits, a few rows at a time between events. On the writer's queue.
extension EventWriter {
    /// A run in the middle of its work.
    struct Retaining: Sendable {
        var run: RetentionRun
        var report = RetentionReport()
        /// What was found and is not removed yet.
        var found: [RetentionRun.Item] = []
        /// How many go at once: as many as take some milliseconds.
        var batch = 8
    }

    private static let firstRun: Duration = .seconds(60)
    private static let spacing: Duration = .seconds(600)
    /// While room is scarce.
    private static let shortSpacing: Duration = .seconds(15)
    /// The clock was set, or the box was off for long: what is old by it waits until somebody could notice a wrong clock.
    private static let distrust: Duration = .seconds(86_400)
    private static let distrustedStep: Int64 = 86_400_000
    /// Longer than this, and others wait for the lock.
    private static let longBatch: Duration = .milliseconds(10)
    private static let pause: DispatchTimeInterval = .milliseconds(100)

    /// Starts a run when it is time for one.
    func retainIfDue() {
        guard let rules = state.withLock({ $0.rules }) else { return }
        let now = clocks.monotonic()
        let isDue = state.withLock { state in
            guard state.retaining == nil, now >= state.nextRetention else { return false }
            state.nextRetention = now + (state.disk.stage == .ample ? Self.spacing : Self.shortSpacing)
            return true
        }
        guard isDue, begin(rules) else { return }
        retain()
    }

    /// Rules from now on; the first run is not at once, when the machine has other things to do.
    func use(_ rules: RetentionRules) {
        let now = clocks.monotonic()
        state.withLock {
            $0.rules = rules
            $0.nextRetention = now + Self.firstRun
        }
    }

    /// A whole run, now.
    package func retain(_ rules: RetentionRules) throws(StoreError) -> RetentionReport {
        do {
            return try queue.sync {
                guard begin(rules) else { return RetentionReport() }
                while let report = try step() { if report.isOver { return report.report } }
                return RetentionReport()
            }
        } catch {
            throw StoreFile.error(error, path)
        }
    }

    /// After a clock that was set by days, nothing goes by its age for a while.
    func distrustClock(_ stepMs: Int64) {
        guard stepMs.magnitude >= Self.distrustedStep else { return }
        let until = clocks.monotonic() + Self.distrust
        state.withLock { $0.nextRetention = max($0.nextRetention, until) }
    }

    private func begin(_ rules: RetentionRules) -> Bool {
        guard let excess = try? pool.read({ [path] in try rules.excess($0, path: path) }) else { return false }
        let run = RetentionRun(rules, nowMs: clocks.wallTimeMs(), excess: excess)
        state.withLock { $0.retaining = Retaining(run: run) }
        return true
    }

    private func retain() {
        do {
            guard let (report, isOver) = try step() else { return }
            if isOver {
                guard !report.isEmpty else { return }
                let words = "retention removed \(report.count) items, about \(ByteText.of(report.bytes))"
                return self.report(.news(StoreNews(.note, words)))
            }
        } catch {
            // The next run tries again; what this one removed is gone in good order.
            return state.withLock { $0.retaining = nil }
        }
        queue.asyncAfter(deadline: .now() + Self.pause) { @Sendable [weak self] in self?.retain() }
    }

    /// One short transaction; nil when there is no run.
    private func step() throws -> (report: RetentionReport, isOver: Bool)? {
        guard var now = state.withLock({ $0.retaining }) else { return nil }
        if now.found.isEmpty {
            (now.found, now.run) = try pool.read { [run = now.run] db in
                var run = run
                return (try run.next(200, db), run)
            }
        }
        let batch = Array(now.found.prefix(now.batch))
        let begun = clocks.monotonic()
        if !batch.isEmpty {
            try pool.write { db in for item in batch { try item.remove(db) } }
            for item in batch { now.report.add(item) }
            now.found.removeFirst(batch.count)
        }
        try pool.writeWithoutTransaction { try Self.giveBackRoom($0) }
        let isLong = clocks.monotonic() - begun > Self.longBatch
        now.batch = isLong ? max(1, now.batch / 2) : min(200, now.batch + 4)
        let isOver = now.run.isOver && now.found.isEmpty
        state.withLock { $0.retaining = isOver ? nil : now }
        return (now.report, isOver)
    }

    /// Returns some of the free pages to the file system, but for a few that the next events need.
    private static func giveBackRoom(_ db: Database) throws {
        guard try Int.fetchOne(db, sql: "PRAGMA auto_vacuum") == 2,
            try Int.fetchOne(db, sql: "PRAGMA freelist_count") ?? 0 > 256
        else { return }
        _ = try Row.fetchAll(db, sql: "PRAGMA incremental_vacuum(64)")
    }
}
