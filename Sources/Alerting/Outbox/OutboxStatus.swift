internal import GRDB

/// How a target of notifications is doing.
public struct OutboxStatus: Sendable, Hashable, Codable {
    public let name: String
    /// `exec`, `webhook` or `mqtt`.
    public let type: String
    public let waiting: Int
    /// Unix milliseconds UTC since when the oldest message waits; nil when none does.
    public let waitingSinceMs: Int64?
    /// Totals for good.
    public let delivered: Int
    public let suppressed: Int
    public let merged: Int
    public let rejected: Int
    public let dropped: Int
    public let lastSuccessMs: Int64?
    public let lastErrorMs: Int64?
    public let lastError: String?

    private enum CodingKeys: String, CodingKey {
        case name, type, waiting
        case waitingSinceMs = "waiting_since_ms"
        case delivered, suppressed, merged, rejected, dropped
        case lastSuccessMs = "last_success_ms"
        case lastErrorMs = "last_error_ms"
        case lastError = "last_error"
    }

    static func all(_ db: Database) throws -> [OutboxStatus] {
        let sql = """
            SELECT notify_target.*, count(waits.number) AS waiting, min(waits.time_ms) AS waiting_since_ms
            FROM notify_target LEFT JOIN notification AS waits
                ON waits.target = notify_target.name AND waits.state = 'waiting'
            GROUP BY notify_target.name ORDER BY notify_target.name
            """
        return try Row.fetchAll(db, sql: sql).map { row in
            OutboxStatus(
                name: row["name"], type: row["type"], waiting: row["waiting"],
                waitingSinceMs: row["waiting_since_ms"], delivered: row["delivered"], suppressed: row["suppressed"],
                merged: row["merged"], rejected: row["rejected"], dropped: row["dropped"],
                lastSuccessMs: row["last_success_ms"], lastErrorMs: row["last_error_ms"], lastError: row["last_error"])
        }
    }
}

/// What became of one message.
public struct NotificationFate: Sendable, Hashable {
    public let id: String
    public let camera: String
    /// `waiting`, `delivered`, `suppressed`, `merged`, `rejected` or `dropped`.
    public let state: String
    /// Attempts that failed.
    public let attempts: Int
}

extension EventReader {
    /// How the targets of notifications are doing, by name.
    public func outbox() throws(StoreError) -> [OutboxStatus] { try read(OutboxStatus.all) }

    /// What became of the messages for a target that still wait or were finished lately, in the order of their commits.
    /// - Parameter id: only the one with this id.
    public func notifications(for target: String, id: String? = nil) throws(StoreError) -> [NotificationFate] {
        try read { db in
            let sql = """
                SELECT * FROM notification WHERE target = :target AND (:id IS NULL OR id = :id) ORDER BY number
                """
            return try Row.fetchAll(db, sql: sql, arguments: ["target": target, "id": id]).map {
                NotificationFate(id: $0["id"], camera: $0["camera"], state: $0["state"], attempts: $0["attempts"])
            }
        }
    }

    /// How many events of either sort are open, by camera.
    public func openEvents() throws(StoreError) -> [String: Int] {
        try read { db in
            let sql = """
                SELECT camera, count(*) AS count FROM (
                    SELECT camera FROM event WHERE state = 'open'
                    UNION ALL SELECT camera FROM camera_event WHERE state = 'open')
                GROUP BY camera
                """
            let counts = try Row.fetchAll(db, sql: sql).map { ($0["camera"] as String, $0["count"] as Int) }
            return Dictionary(uniqueKeysWithValues: counts)
        }
    }
}

extension Outbox {
    /// How the targets are doing, by name.
    public var status: [OutboxStatus] {
        get throws(StoreError) { try writer.look(OutboxStatus.all) }
    }
}
