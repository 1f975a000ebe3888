internal import GRDB

/// The statement of a query on one of the two tables of events.
struct EventStatement {
    private let sql: String
    private let arguments: StatementArguments

    /// Asks for one row more than the limit, to know whether there is a next page.
    init(_ query: EventQuery, _ table: AckRows.Table) {
        let isCameras = table.events == AckRows.Table.cameras.events
        var conditions: [String] = []
        var arguments = StatementArguments()
        func require(_ condition: String, _ values: [any DatabaseValueConvertible]) {
            conditions.append(condition)
            arguments += StatementArguments(values)
        }
        func isAny(_ column: String, of values: [String]) {
            guard !values.isEmpty else { return }
            // The indexes of open events serve a literal only.
            if values == [EventState.open.rawValue] { return require("\(column) = 'open'", []) }
            require("\(column) IN (\(values.map { _ in "?" }.joined(separator: ", ")))", values)
        }
        let events = table.events
        if let camera = query.camera { require("\(events).camera = ?", [camera]) }
        if let since = query.sinceMs { require("\(events).start_ms >= ?", [since]) }
        if let until = query.untilMs { require("\(events).start_ms < ?", [until]) }
        if let cursor = query.after {
            require("(\(events).start_ms, \(events).id) < (?, ?)", [cursor.startMs, cursor.id.description])
        }
        if let minimum = query.minimumSurprise, !isCameras {
            require("event.surprise >= ?", [Double(minimum)])
            // A partial index is used for a literal only.
            if minimum >= StoreSchema.rareSurprise { require("event.surprise >= 6.0", []) }
        }
        if !query.labels.isEmpty {
            let labels = query.labels.compactMap { $0?.rawValue }
            let among = "ack.label IN (\(labels.map { _ in "?" }.joined(separator: ", ")))"
            require(query.labels.contains(nil) ? "(ack.number IS NULL OR \(among))" : among, labels)
        }
        isAny("\(events).kind", of: isCameras ? query.cameraKinds.map(\.rawValue) : query.kinds.map(\.rawValue))
        isAny("\(events).state", of: query.states.map(\.rawValue))
        let filter = conditions.isEmpty ? "" : "WHERE " + conditions.joined(separator: " AND ")
        arguments += [query.limit + 1]
        let (columns, source) =
            isCameras
            ? (CameraEventRows.columns, CameraEventRows.source) : (EventRows.columns, EventRows.source)
        sql = """
            SELECT \(columns) FROM \(source) \(filter)
            ORDER BY \(events).start_ms DESC, \(events).id DESC LIMIT ?
            """
        self.arguments = arguments
    }

    func rows(_ db: Database) throws -> [Row] { try Row.fetchAll(db, sql: sql, arguments: arguments) }

    func plan(_ db: Database) throws -> [String] {
        try Row.fetchAll(db, sql: "EXPLAIN QUERY PLAN " + sql, arguments: arguments).map { $0["detail"] }
    }
}
