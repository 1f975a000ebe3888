internal import Basics
internal import GRDB

/// What waits for one target, and what became of it: the deliverer's side of the tables. Every function is one short
/// step inside the caller's transaction.
struct OutboxQueue {
    let target: OutboxTarget

    /// The target failed with a message this often: it is given up.
    static let attemptLimit = 10
    /// Finished messages that are remembered, to know what to do with what follows of their events.
    static let memory = 1000

    /// What is to be done about the first message of a camera's queue.
    enum Step {
        case deliver(EventNotice)
        /// Messages of one event that wait: the last one tells all.
        case merge([EventNotice])
        /// A cool-down is on.
        case suppress(EventNotice)
    }

    func heads(_ db: Database) throws -> [DeliverySchedule.Head] {
        let sql = """
            SELECT camera, min(number) AS number FROM notification WHERE target = ? AND state = 'waiting'
            GROUP BY camera
            """
        return try Row.fetchAll(db, sql: sql, arguments: [target.name]).map {
            DeliverySchedule.Head(camera: $0["camera"], number: $0["number"])
        }
    }

    func step(_ camera: String, _ db: Database) throws -> Step? {
        let sql = """
            SELECT * FROM notification WHERE target = ? AND camera = ? AND state = 'waiting' ORDER BY number LIMIT 1
            """
        guard let row = try Row.fetchOne(db, sql: sql, arguments: [target.name, camera]),
            let head = Self.notification(row)
        else { return nil }
        guard head.moment != .test else { return .deliver(head) }
        let all = try Row.fetchAll(
            db, sql: "SELECT * FROM notification WHERE event = ? AND target = ? ORDER BY number",
            arguments: [head.event, target.name])
        let isLabel = head.moment == .labelled
        let fellows = all.filter { $0["state"] == "waiting" }.compactMap(Self.notification)
            .filter { ($0.moment == .labelled) == isLabel }
        if fellows.count > 1 { return .merge(fellows) }
        // What an operator says is no alarm.
        if isLabel { return .deliver(head) }
        let fates = Set(
            all.filter { $0["moment"] != NotifyMoment.labelled.rawValue }.map { $0["state"] as String })
        if fates.contains("delivered") { return .deliver(head) }
        if fates.contains("suppressed") { return .suppress(head) }
        let isAllowed = try cooldown(camera, db).allows(event: head.event, startMs: head.startMs)
        return isAllowed ? .deliver(head) : .suppress(head)
    }

    func cooldown(_ camera: String, _ db: Database) throws -> Cooldown {
        let row = try Row.fetchOne(
            db, sql: "SELECT * FROM notify_cooldown WHERE target = ? AND camera = ?",
            arguments: [target.name, camera])
        return Cooldown(
            target.cooldown,
            last: row.map { Cooldown.Told(event: $0["event"], startMs: $0["start_ms"], lastMs: $0["last_ms"]) })
    }

    // MARK: - Marks

    func merge(_ fellows: [EventNotice], timeMs: Int64, _ db: Database) throws {
        guard let last = fellows.last else { return }
        let earlier = fellows.dropLast()
        for notification in earlier { try finish(notification, "merged", timeMs, db) }
        let ids = earlier.flatMap { $0.includes + [$0.id] } + last.includes
        try db.execute(
            sql: "UPDATE notification SET includes = ? WHERE number = ?",
            arguments: [OutboxJSON.text(ids), last.number])
    }

    func suppress(_ notification: EventNotice, timeMs: Int64, _ db: Database) throws {
        try finish(notification, "suppressed", timeMs, db)
    }

    func delivered(_ notification: EventNotice, timeMs: Int64, _ db: Database) throws {
        try finish(notification, "delivered", timeMs, db)
        try db.execute(
            sql: "UPDATE notify_target SET last_success_ms = ? WHERE name = ?", arguments: [timeMs, target.name])
        guard [.opened, .closed].contains(notification.moment) else { return }
        var cooldown = try cooldown(notification.camera, db)
        // The closing of an event that was told long ago does not start its time again.
        let wasTold = try Bool.fetchOne(
            db,
            sql: """
                SELECT 1 FROM notification WHERE event = ? AND target = ? AND number < ? AND state = 'delivered'
                    AND moment = 'opened'
                """, arguments: [notification.event, target.name, notification.number])
        guard wasTold == nil else { return }
        cooldown.delivered(
            Cooldown.Told(
                event: notification.event, startMs: notification.startMs, lastMs: try lastSeen(notification, db)))
        guard let told = cooldown.last else { return }
        try db.execute(
            sql: """
                INSERT OR REPLACE INTO notify_cooldown (target, camera, event, start_ms, last_ms)
                VALUES (?, ?, ?, ?, ?)
                """, arguments: [target.name, notification.camera, told.event, told.startMs, told.lastMs])
    }

    /// Nil while the event is open.
    private func lastSeen(_ notification: EventNotice, _ db: Database) throws -> Int64? {
        let sql = """
            SELECT state, last_seen_ms FROM event WHERE id = :id
            UNION ALL SELECT state, last_seen_ms FROM camera_event WHERE id = :id
            """
        guard let row = try Row.fetchOne(db, sql: sql, arguments: ["id": notification.event]) else {
            return notification.startMs
        }
        return row["state"] == "open" ? nil : row["last_seen_ms"]
    }

    /// - Returns: whether it is given up.
    func failed(_ notification: EventNotice, _ outcome: DeliveryOutcome, timeMs: Int64, _ db: Database) throws -> Bool {
        try db.execute(
            sql: "UPDATE notify_target SET last_error = ?, last_error_ms = ? WHERE name = ?",
            arguments: [outcome.reason, timeMs, target.name])
        try db.execute(
            sql: "UPDATE notification SET attempts = attempts + 1 WHERE number = ?", arguments: [notification.number])
        switch outcome {
        case .rejected: break
        case .failed where notification.attempts + 1 >= Self.attemptLimit: break
        case .delivered, .unreachable, .busy, .failed: return false
        }
        try finish(notification, "rejected", timeMs, db)
        return true
    }

    /// Whether `tidy` would do anything.
    func needsTidying(timeMs: Int64, _ db: Database) throws -> Bool {
        let row = try Row.fetchOne(
            db,
            sql: """
                SELECT count(*) FILTER (WHERE state = 'waiting') AS waiting,
                    count(*) FILTER (WHERE state <> 'waiting') AS finished,
                    min(time_ms) FILTER (WHERE state = 'waiting') AS oldest
                FROM notification WHERE target = ?
                """, arguments: [target.name])
        guard let row else { return false }
        let oldest = (row["oldest"] as Int64?) ?? timeMs
        return (row["waiting"] as Int) > target.keepCount || (row["finished"] as Int) > 2 * Self.memory
            || timeMs - oldest > target.keepTime.milliseconds
    }

    /// Drops what is too old or too much, and forgets what was finished long ago.
    /// - Returns: how many messages were dropped.
    func tidy(timeMs: Int64, _ db: Database) throws -> Int {
        let count =
            try Int.fetchOne(
                db, sql: "SELECT count(*) FROM notification WHERE target = ? AND state = 'waiting'",
                arguments: [target.name]) ?? 0
        try db.execute(
            sql: """
                UPDATE notification SET state = 'dropped', done_ms = :now, document = ''
                WHERE target = :target AND state = 'waiting' AND (time_ms < :oldest OR number IN (
                    SELECT number FROM notification WHERE target = :target AND state = 'waiting' ORDER BY number
                    LIMIT :excess))
                """,
            arguments: [
                "now": timeMs, "target": target.name, "oldest": timeMs - target.keepTime.milliseconds,
                "excess": max(0, count - target.keepCount),
            ])
        let dropped = db.changesCount
        try db.execute(
            sql: "UPDATE notify_target SET dropped = dropped + ? WHERE name = ?", arguments: [dropped, target.name])
        try db.execute(
            sql: """
                DELETE FROM notification WHERE target = :target AND state <> 'waiting' AND number <= (
                    SELECT number FROM notification WHERE target = :target AND state <> 'waiting'
                    ORDER BY number DESC LIMIT 1 OFFSET :memory)
                """, arguments: ["target": target.name, "memory": Self.memory])
        return dropped
    }

    /// A message that an operator asks for.
    /// - Returns: its id.
    func addTest(_ id: EventID, timeMs: Int64, _ db: Database) throws -> String {
        let name = "\(id).test.0"
        let document =
            #"{"schema":1,"type":"test","id":"\#(id)","text":"a test of the target \#(target.name)"}"#
        try db.execute(
            sql: """
                INSERT INTO notification (id, target, camera, event, moment, start_ms, time_ms, document)
                VALUES (?, ?, '(test)', '', 'test', ?, ?, ?)
                """, arguments: [name, target.name, timeMs, timeMs, document])
        return name
    }

    private func finish(_ notification: EventNotice, _ state: String, _ timeMs: Int64, _ db: Database) throws {
        try db.execute(
            sql: "UPDATE notification SET state = ?, done_ms = ?, document = '' WHERE number = ?",
            arguments: [state, timeMs, notification.number])
        try db.execute(
            sql: "UPDATE notify_target SET \(state) = \(state) + 1 WHERE name = ?", arguments: [target.name])
    }

    private static func notification(_ row: Row) -> EventNotice? {
        guard let moment = EventNotice.Moment(rawValue: row["moment"]) else { return nil }
        return EventNotice(
            number: row["number"], id: row["id"], camera: row["camera"], event: row["event"], moment: moment,
            startMs: row["start_ms"], timeMs: row["time_ms"], includes: OutboxJSON.list(row["includes"]),
            attempts: row["attempts"], document: row["document"])
    }
}
