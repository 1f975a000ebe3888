internal import GRDB

/// What is to go now, found in small steps, oldest first: by age, and when that is not enough, by room. The same steps make
/// the real run and the dry one; it does not matter to them whether what they found was removed meanwhile.
struct RetentionRun: Sendable {
    /// Something that goes as a whole.
    struct Item: Sendable {
        enum Part: String, Sendable, Hashable {
            /// The event and everything that belongs to it.
            case event
            /// Only its pictures.
            case pictures
        }

        let table: AckRows.Table
        let part: Part
        let number: Int64
        let revision: Int64
        let camera: String
        let kind: String
        let startMs: Int64
        /// What the file shrinks by, at least about; never less than it does.
        let bytes: Int64
    }

    /// What a run looks for, one after the other.
    private enum Phase: Int, Sendable {
        case age, room, roomOfConfirmed, over
    }

    private struct Cursor: Sendable {
        var startMs = Int64.min
        var id = ""
    }

    private let rules: RetentionRules
    private let nowMs: Int64
    /// How many bytes too many there still are.
    private var excess: Int64
    private var phase = Phase.age
    private var cursor = Cursor()

    var isOver: Bool { phase == .over }

    /// - Parameter excess: bytes that must go in any case; see `RetentionRules.excess`.
    init(_ rules: RetentionRules, nowMs: Int64, excess: Int64) {
        self.rules = rules
        self.nowMs = nowMs
        self.excess = excess
    }

    /// Looks at the next `count` events; what of them is to go.
    mutating func next(_ count: Int, _ db: Database) throws -> [Item] {
        if phase == .age, rules.shortestDays == nil { advance() }
        guard !isOver, phase == .age || excess > 0 else {
            phase = .over
            return []
        }
        let rows = try Self.rows(after: (cursor.startMs, cursor.id), count, db)
        var items: [Item] = []
        for row in rows {
            let startMs: Int64 = row["start_ms"]
            if phase == .age, let days = rules.shortestDays, age(startMs) <= days {
                advance()
                return items
            }
            if phase != .age, excess <= 0 { break }
            (cursor.startMs, cursor.id) = (startMs, row["id"])
            guard let item = try item(row, db) else { continue }
            items.append(item)
            excess -= item.bytes
        }
        if rows.count < count { advance() }
        return items
    }

    private mutating func advance() {
        phase = Phase(rawValue: phase.rawValue + 1) ?? .over
        cursor = Cursor()
    }

    private func age(_ startMs: Int64) -> Double { (Double(nowMs) - Double(startMs)) / RetentionRules.dayMs }

    private func item(_ row: Row, _ db: Database) throws -> Item? {
        // What lasts is not over, however long ago it began.
        guard let state: String = row["state"], state != EventState.open.rawValue else { return nil }
        let subject = RetentionRules.Subject(
            camera: row["camera"], kind: row["kind"],
            isConfirmed: row["label"] as String? == EventLabel.confirmed.rawValue)
        let age = age(row["start_ms"])
        let isDue = rules.days(subject).map { age > $0 } ?? false
        let arePicturesDue = rules.pictureDays(subject).map { age > $0 } ?? false
        let part: Item.Part
        switch phase {
        case .age:
            if isDue {
                part = .event
            } else if arePicturesDue {
                part = .pictures
            } else {
                return nil
            }
        case .room, .roomOfConfirmed:
            guard !isDue, subject.isConfirmed == (phase == .roomOfConfirmed) else { return nil }
            part = .event
        case .over: return nil
        }
        let table: AckRows.Table = row["is_camera"] ? .cameras : .anomalies
        let pictures = try Self.pictures(table, row["number"], db)
        guard part == .event || pictures.count > 0 else { return nil }
        // Pictures that were due went before.
        var bytes = phase != .age && arePicturesDue ? 0 : pictures.bytes
        if part == .event { bytes += try Self.rowBytes(table, row["number"], db) }
        return Item(
            table: table, part: part, number: row["number"], revision: row["revision"], camera: subject.camera,
            kind: subject.kind, startMs: row["start_ms"], bytes: bytes)
    }

    // MARK: - Statements

    /// Events of both sorts, oldest first.
    private static func rows(after cursor: (Int64, String), _ count: Int, _ db: Database) throws -> [Row] {
        func select(_ table: AckRows.Table, _ isCamera: Int) -> String {
            """
            SELECT * FROM (
                SELECT \(table.events).start_ms AS start_ms, \(table.events).id AS id, \(table.events).number AS number,
                    \(table.events).revision AS revision, \(table.events).camera AS camera,
                    \(table.events).kind AS kind, \(table.events).state AS state, \(isCamera) AS is_camera,
                    ack.label AS label
                FROM \(table.events) LEFT JOIN \(table.acks) AS ack ON \(table.standing)
                WHERE (\(table.events).start_ms, \(table.events).id) > (:start, :id)
                ORDER BY \(table.events).start_ms, \(table.events).id LIMIT :count)
            """
        }
        let sql = "\(select(.anomalies, 0)) UNION ALL \(select(.cameras, 1)) ORDER BY start_ms, id LIMIT :count"
        return try Row.fetchAll(
            db, sql: sql, arguments: ["start": cursor.0, "id": cursor.1, "count": count])
    }

    /// Each takes whole pages.
    private static func pictures(
        _ table: AckRows.Table, _ number: Int64, _ db: Database
    ) throws -> (count: Int, bytes: Int64) {
        let row = try Row.fetchOne(
            db,
            sql: """
                SELECT count(*) AS count, coalesce(sum((length(jpeg) / 4092 + 2) * 4096), 0) AS bytes
                FROM \(snapshots(table)) WHERE event = ?
                """, arguments: [number])
        return (row?["count"] ?? 0, row?["bytes"] ?? 0)
    }

    /// The event's own row and its frames, with their entries in indexes.
    private static func rowBytes(_ table: AckRows.Table, _ number: Int64, _ db: Database) throws -> Int64 {
        let frames = "SELECT count(*) FROM observation WHERE event = ?"
        guard table.events == AckRows.Table.anomalies.events else { return 1024 }
        return 1024 + 256 * (try Int64.fetchOne(db, sql: frames, arguments: [number]) ?? 0)
    }

    fileprivate static func snapshots(_ table: AckRows.Table) -> String {
        table.events == AckRows.Table.cameras.events ? "camera_snapshot" : "snapshot"
    }
}

extension RetentionRun.Item {
    /// Removes it, unless something was said about the event since it was found.
    func remove(_ db: Database) throws {
        switch part {
        case .event:
            try StoreRun.raiseRevision(to: revision, db)
            try db.execute(
                sql: "DELETE FROM \(table.events) WHERE number = ? AND revision = ? AND state <> 'open'",
                arguments: [number, revision])
        case .pictures:
            try db.execute(
                sql: """
                    DELETE FROM \(RetentionRun.snapshots(table))
                    WHERE event = (SELECT number FROM \(table.events) WHERE number = ? AND revision = ?)
                    """, arguments: [number, revision])
        }
    }
}

extension RetentionRules {
    /// How many bytes too many the database has; 0 when it is within its limits. Pages that are free inside the file are
    /// room, too: they will be used before the file grows.
    func excess(_ db: Database, path: String) throws -> Int64 {
        let (used, unused) = try Self.bytes(db)
        var excess: Int64 = 0
        if let maximumBytes { excess = max(excess, used - maximumBytes) }
        if let minimumFreeBytes, let free = StoreFile.freeBytes(beside: path) {
            excess = max(excess, minimumFreeBytes - free - unused)
        }
        // More than everything cannot go.
        return min(excess, used)
    }

    private static func bytes(_ db: Database) throws -> (used: Int64, unused: Int64) {
        let size = try Int64.fetchOne(db, sql: "PRAGMA page_size") ?? 4096
        let pages = try Int64.fetchOne(db, sql: "PRAGMA page_count") ?? 0
        let free = try Int64.fetchOne(db, sql: "PRAGMA freelist_count") ?? 0
        return ((pages - free) * size, free * size)
    }
}
