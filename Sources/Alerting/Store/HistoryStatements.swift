internal import GRDB

/// Every statement that a search consists of. Each walks one range of one index, which it names, so that SQLite's planner
/// has nothing to choose.
struct HistoryStatements {
    /// Before the first entry that can be listed.
    let start: HistoryKey
    private let query: EventQuery
    private let db: Database
    private let next: Statement
    private let any: Statement

    private let times: (low: Int64, high: Int64)
    private let surprises: (low: Double, high: Double)

    init(_ query: EventQuery, _ db: Database) throws {
        self.query = query
        self.db = db
        times = (query.sinceMs ?? .min, query.untilMs ?? .max)
        let most = Double.greatestFiniteMagnitude
        surprises = (query.minimumSurprise.map(Double.init) ?? -most, query.maximumSurprise.map(Double.init) ?? most)
        let edge =
            switch (query.order, query.isReversed) {
            case (.time, false): HistoryKey(startMs: times.high, entry: .min, surprise: nil)
            case (.time, true): HistoryKey(startMs: times.low, entry: .min, surprise: nil)
            case (.surprise, false): HistoryKey(startMs: .max, entry: .max, surprise: surprises.high)
            case (.surprise, true): HistoryKey(startMs: .min, entry: .min, surprise: surprises.low)
            }
        let cursor = query.after.map { HistoryKey(startMs: $0.startMs, entry: $0.entry, surprise: $0.surprise) }
        start = cursor.flatMap { Self.isBefore(edge, $0, query) ? $0 : nil } ?? edge
        next = try db.cachedStatement(sql: Self.next(query.order, isReversed: query.isReversed))
        any = try db.cachedStatement(sql: Self.any(isReversed: query.isReversed))
    }

    // MARK: - The list

    /// Whether a list has the first before the second.
    func isBefore(_ first: HistoryKey, _ second: HistoryKey) -> Bool { Self.isBefore(first, second, query) }

    private static func isBefore(_ first: HistoryKey, _ second: HistoryKey, _ query: EventQuery) -> Bool {
        let (low, high) = query.isReversed ? (first, second) : (second, first)
        if query.order == .surprise, low.surprise != high.surprise {
            return (low.surprise ?? -.infinity) < (high.surprise ?? -.infinity)
        }
        return (low.startMs, low.entry) < (high.startMs, high.entry)
    }

    var hasSurpriseRange: Bool { query.minimumSurprise != nil || query.maximumSurprise != nil }
    var hasTimeRange: Bool { query.sinceMs != nil || query.untilMs != nil }

    func isInRange(_ key: HistoryKey) -> Bool {
        guard key.startMs >= times.low, key.startMs < times.high else { return false }
        guard hasSurpriseRange else { return true }
        guard let surprise = key.surprise else { return false }
        return surprise >= surprises.low && surprise <= surprises.high
    }

    // MARK: - Walks

    /// Those that the query's filters leave.
    func facets() throws -> [Int64] {
        try Self.facets(query.filter, ofAnomalies: query.order == .surprise || hasSurpriseRange, db)
    }

    /// Those that a filter leaves.
    static func facets(_ filter: EventFilter, ofAnomalies: Bool = false, _ db: Database) throws -> [Int64] {
        var conditions: [String] = []
        var arguments: [String] = []
        func isAny(_ column: String, of values: [String]) {
            guard !values.isEmpty else { return }
            conditions.append("\(column) IN (\(values.map { _ in "?" }.joined(separator: ", ")))")
            arguments += values
        }
        isAny("camera", of: filter.cameras)
        isAny("kind", of: filter.kinds.map(\.rawValue) + filter.cameraKinds.map(\.rawValue))
        if ofAnomalies { isAny("kind", of: EventKind.allCases.map(\.rawValue)) }
        isAny("state", of: filter.states.map(\.rawValue))
        isAny("label", of: filter.labels.map { $0?.rawValue ?? "none" })
        if !filter.zones.isEmpty {
            let has = "instr(char(10) || zones || char(10), char(10) || ? || char(10)) > 0"
            conditions.append("(\(filter.zones.map { _ in has }.joined(separator: " OR ")))")
            arguments += filter.zones
        }
        let condition = conditions.isEmpty ? "" : " WHERE " + conditions.joined(separator: " AND ")
        let statement = try db.cachedStatement(sql: "SELECT number FROM facet" + condition)
        return try Int64.fetchAll(statement, arguments: StatementArguments(arguments))
    }

    /// The next entries of a facet, in the order of the list.
    func next(_ facet: Int64, after place: HistoryKey, limit: Int) throws -> [HistoryKey] {
        let arguments: StatementArguments =
            switch (query.order, query.isReversed) {
            case (.time, false): [facet, times.low, place.startMs, place.entry, limit]
            case (.time, true): [facet, times.high, place.startMs, place.entry, limit]
            case (.surprise, false): [facet, surprises.low, place.surprise, place.startMs, place.entry, limit]
            case (.surprise, true): [facet, surprises.high, place.surprise, place.startMs, place.entry, limit]
            }
        var keys: [HistoryKey] = []
        keys.reserveCapacity(min(limit, 64))
        let rows = try Row.fetchCursor(next, arguments: arguments)
        while let row = try rows.next() { keys.append(Self.key(row)) }
        return keys
    }

    /// The next entries by time of any facet, until the body has enough.
    func walk(from place: HistoryKey, limit: Int, _ body: (HistoryKey, Int64) -> Bool) throws {
        let arguments: StatementArguments = [
            query.isReversed ? times.high : times.low, place.startMs, place.entry, limit,
        ]
        let rows = try Row.fetchCursor(any, arguments: arguments)
        while let row = try rows.next() {
            guard body(Self.key(row), row[3]) else { return }
        }
    }

    /// Everything in the query's range of one index, in no order that matters.
    func range(_ facet: Int64, by index: EventQuery.Order, _ body: (HistoryKey) -> Void) throws {
        let statement = try db.cachedStatement(sql: "SELECT start_ms, entry, surprise " + Self.range(index))
        let rows = try Row.fetchCursor(statement, arguments: bounds(facet, index))
        while let row = try rows.next() { body(Self.key(row)) }
    }

    /// How many are in the query's range of one index; stops counting at `most`.
    func count(_ facets: [Int64], by index: EventQuery.Order, atMost most: Int) throws -> Int {
        let statement = try db.cachedStatement(
            sql: "SELECT count(*) FROM (SELECT 1 \(Self.range(index)) LIMIT ?)")
        var count = 0
        for facet in facets {
            count += try Int.fetchOne(statement, arguments: bounds(facet, index) + [most - count]) ?? 0
            if count >= most { break }
        }
        return count
    }

    private func bounds(_ facet: Int64, _ index: EventQuery.Order) -> StatementArguments {
        index == .time ? [facet, times.low, times.high] : [facet, surprises.low, surprises.high]
    }

    private static func key(_ row: Row) -> HistoryKey {
        HistoryKey(startMs: row[0], entry: row[1], surprise: row[2])
    }

    // MARK: - SQL

    private static func next(_ order: EventQuery.Order, isReversed: Bool) -> String {
        let (compared, direction) = isReversed ? (">", "ASC") : ("<", "DESC")
        return switch order {
        case .time:
            """
            SELECT start_ms, entry, surprise FROM history INDEXED BY history_by_facet
            WHERE facet = ? AND start_ms \(isReversed ? "<" : ">=") ? AND (start_ms, entry) \(compared) (?, ?)
            ORDER BY start_ms \(direction), entry \(direction) LIMIT ?
            """
        case .surprise:
            """
            SELECT start_ms, entry, surprise FROM history INDEXED BY history_by_surprise
            WHERE facet = ? AND surprise \(isReversed ? "<=" : ">=") ?
                AND (surprise, start_ms, entry) \(compared) (?, ?, ?)
            ORDER BY surprise \(direction), start_ms \(direction), entry \(direction) LIMIT ?
            """
        }
    }

    private static func any(isReversed: Bool) -> String {
        let (compared, direction) = isReversed ? (">", "ASC") : ("<", "DESC")
        return """
            SELECT start_ms, entry, surprise, facet FROM history INDEXED BY history_by_time
            WHERE start_ms \(isReversed ? "<" : ">=") ? AND (start_ms, entry) \(compared) (?, ?)
            ORDER BY start_ms \(direction), entry \(direction) LIMIT ?
            """
    }

    private static func range(_ index: EventQuery.Order) -> String {
        switch index {
        case .time: "FROM history INDEXED BY history_by_facet WHERE facet = ? AND start_ms >= ? AND start_ms < ?"
        case .surprise:
            "FROM history INDEXED BY history_by_surprise WHERE facet = ? AND surprise >= ? AND surprise <= ?"
        }
    }
}
