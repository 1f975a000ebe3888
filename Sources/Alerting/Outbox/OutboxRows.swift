internal import GRDB

/// Notifications and targets to and from their rows: what the one who commits an event does.
enum OutboxRows {
    /// What is to be told of an event whose row was just written, for every target that wants to hear of it. Part of
    /// the transaction that commits the event: a notification exists exactly when the event does.
    ///
    /// - Parameter opening: the event as it opened, when this is the first time that it is written.
    static func record(_ entry: HistoryEntry, opening: HistoryEntry?, timeMs: Int64, _ db: Database) throws {
        guard opening != nil || entry.state != .open else { return }
        let targets = try wishes(db)
        guard !targets.isEmpty else { return }
        if let opening { try add(opening, .opened, nil, timeMs, targets, db) }
        guard entry.state != .open else { return }
        let said = try AckRows.latest(entry.id, db).flatMap { $0.stands ? $0 : nil }
        try add(entry, .closed, said, timeMs, targets, db)
        try db.execute(
            sql: "UPDATE notify_cooldown SET last_ms = ? WHERE event = ? AND last_ms IS NULL",
            arguments: [entry.lastSeenMs, entry.id.description])
    }

    /// The same for an event whose label has just changed.
    static func recordLabel(of id: EventID, timeMs: Int64, _ db: Database) throws {
        let targets = try wishes(db).filter { $0.moments.contains(.labelled) }
        guard !targets.isEmpty, let entry = try entry(id, db) else { return }
        let said = try AckRows.latest(id, db).flatMap { $0.stands ? $0 : nil }
        try add(entry, .labelled, said, timeMs, targets, db)
    }

    private static func add(
        _ entry: HistoryEntry, _ moment: NotifyMoment, _ said: Acknowledgement?, _ timeMs: Int64,
        _ targets: [OutboxTarget], _ db: Database
    ) throws {
        let targets = targets.filter { $0.wants(entry, moment) }
        guard !targets.isEmpty else { return }
        let revision = try Int64.fetchOne(
            db,
            sql: """
                SELECT revision FROM event WHERE id = :id UNION ALL SELECT revision FROM camera_event WHERE id = :id
                """, arguments: ["id": entry.id.description])
        let document = try EventDocument(entry, said).json
        for target in targets {
            try db.execute(
                sql: """
                    INSERT INTO notification (id, target, camera, event, moment, start_ms, time_ms, document)
                    VALUES (?, ?, ?, ?, ?, ?, ?, ?)
                    """,
                arguments: [
                    "\(entry.id).\(moment.rawValue).\(revision ?? 0)", target.name, entry.camera,
                    entry.id.description, moment.rawValue, entry.startMs, timeMs, document,
                ])
        }
    }

    /// Without its track; nil when the event is gone.
    private static func entry(_ id: EventID, _ db: Database) throws -> HistoryEntry? {
        let anomaly = "SELECT \(EventRows.columns) FROM \(EventRows.source) WHERE event.id = ?"
        if let row = try Row.fetchOne(db, sql: anomaly, arguments: [id.description]) {
            return .anomaly(try EventRows.event(row, track: []))
        }
        let camera = "SELECT \(CameraEventRows.columns) FROM \(CameraEventRows.source) WHERE camera_event.id = ?"
        return try Row.fetchOne(db, sql: camera, arguments: [id.description]).map {
            .camera(try CameraEventRows.event($0))
        }
    }

    // MARK: - Targets

    /// Makes the targets those of the settings; what waits for others is dropped.
    /// - Returns: targets that are gone, with how many messages waited for them.
    static func use(_ targets: [OutboxTarget], _ db: Database) throws -> [(name: String, waiting: Int)] {
        var gone: [(name: String, waiting: Int)] = []
        let waiting = """
            SELECT name, (SELECT count(*) FROM notification WHERE target = name AND state = 'waiting') AS waiting
            FROM notify_target
            """
        for row in try Row.fetchAll(db, sql: waiting) where !targets.contains(where: { $0.name == row["name"] }) {
            gone.append((row["name"], row["waiting"]))
            try db.execute(sql: "DELETE FROM notify_target WHERE name = ?", arguments: [row["name"] as String])
        }
        for target in targets {
            try db.execute(
                sql: """
                    INSERT INTO notify_target (name, type, cameras, kinds, minimum_surprise, moments)
                    VALUES (?, ?, ?, ?, ?, ?)
                    ON CONFLICT (name) DO UPDATE SET type = excluded.type, cameras = excluded.cameras,
                        kinds = excluded.kinds, minimum_surprise = excluded.minimum_surprise,
                        moments = excluded.moments
                    """,
                arguments: [
                    target.name, target.transport.rawValue, OutboxJSON.text(target.cameras),
                    OutboxJSON.text(target.kinds), Double(target.minimumSurprise),
                    OutboxJSON.text(target.moments.map(\.rawValue)),
                ])
        }
        return gone
    }

    /// What the targets want to hear, without how it is delivered.
    private static func wishes(_ db: Database) throws -> [OutboxTarget] {
        try Row.fetchAll(db, sql: "SELECT * FROM notify_target ORDER BY name").compactMap { row in
            guard let transport = OutboxTarget.Transport(rawValue: row["type"]) else { return nil }
            var target = OutboxTarget(name: row["name"], transport: transport)
            target.cameras = OutboxJSON.list(row["cameras"])
            target.kinds = OutboxJSON.list(row["kinds"])
            target.minimumSurprise = row["minimum_surprise"]
            target.moments = OutboxJSON.list(row["moments"]).compactMap(NotifyMoment.init)
            return target
        }
    }
}

extension OutboxTarget {
    /// Whether this is to be told of at all.
    func wants(_ entry: HistoryEntry, _ moment: NotifyMoment) -> Bool {
        guard moments.contains(moment), cameras.isEmpty || cameras.contains(entry.camera),
            kinds.isEmpty || kinds.contains(entry.kind)
        else { return false }
        guard case .anomaly(let event) = entry else { return true }
        return event.surprise >= minimumSurprise
    }
}
