internal import GRDB

/// Copies every row that can still be read out of a damaged database into a new one.
///
/// A damaged page hides the rows on it and, near the root of a tree, those below it. Tables are read forwards, one row at a
/// time; where that fails, rows are asked for one by one by their numbers until reading on works again; then from the end.
struct StoreSalvage {
    private let source: Database
    private let target: Database
    private(set) var copied: [(table: String, rows: Int)] = []
    /// Rows that were read, but that the new tables refuse.
    private(set) var refused = 0

    /// As many rows are asked for beyond a damaged place when nobody knows where the table ends.
    private static let reach: Int64 = 100_000

    /// The target has this version's tables, and does not enforce foreign keys.
    init(from source: Database, into target: Database) {
        self.source = source
        self.target = target
    }

    mutating func run() throws {
        // What they count is copied like all else.
        let triggers = try Row.fetchAll(target, sql: "SELECT name, sql FROM sqlite_schema WHERE type = 'trigger'")
        for trigger in triggers { try target.execute(sql: "DROP TRIGGER \"\(trigger["name"] as String)\"") }
        let tables = try Row.fetchAll(
            target,
            sql: """
                SELECT name, wr FROM pragma_table_list WHERE schema = 'main' AND type = 'table'
                    AND name NOT LIKE 'sqlite_%' AND name NOT LIKE 'grdb_%' ORDER BY name <> 'event', name
                """)
        for row in tables {
            let table: String = row["name"]
            let columns = try self.columns(table)
            guard !columns.isEmpty else { continue }
            try target.execute(sql: "DELETE FROM \"\(table)\"")
            if row["wr"] {
                try copyByKey(table, columns)
            } else {
                try copyByRow(table, columns)
            }
            copied.append((table, try Int.fetchOne(target, sql: "SELECT count(*) FROM \"\(table)\"") ?? 0))
        }
        for trigger in triggers { try target.execute(sql: trigger["sql"]) }
    }

    /// Those that both have.
    private func columns(_ table: String) throws -> [String] {
        let list = "SELECT name FROM pragma_table_info(?)"
        let there = try String.fetchAll(source, sql: list, arguments: [table])
        return try String.fetchAll(target, sql: list, arguments: [table]).filter(there.contains)
    }

    // MARK: - Tables with row numbers

    private mutating func copyByRow(_ table: String, _ columns: [String]) throws {
        let select = "SELECT rowid, \(list(columns)) FROM \"\(table)\""
        let insert = insert(table, columns)
        var last: Int64 = 0
        let end = (try? Int64.fetchOne(source, sql: "SELECT max(rowid) FROM \"\(table)\"")) ?? nil
        while true {
            let (reached, isWhole) = copy(
                try statement("\(select) WHERE rowid > ? ORDER BY rowid", [last]), insert, dropping: 1)
            last = reached ?? last
            if isWhole { return }
            let limit = end ?? last + Self.reach
            var isReadable = false
            while !isReadable, last < limit {
                last += 1
                isReadable =
                    copy(try statement("\(select) WHERE rowid = ?", [last]), insert, dropping: 1).reached != nil
            }
            if !isReadable { break }
        }
        // Beyond what could be reached from the front.
        _ = copy(
            try statement("\(select) WHERE rowid > ? ORDER BY rowid DESC", [last]), insert, dropping: 1)
    }

    // MARK: - Tables without

    private mutating func copyByKey(_ table: String, _ columns: [String]) throws {
        let keys = try String.fetchAll(
            target, sql: "SELECT name FROM pragma_table_info(?) WHERE pk > 0 ORDER BY pk", arguments: [table])
        let select = "SELECT 0, \(list(columns)) FROM \"\(table)\""
        let insert = insert(table, columns)
        if copy(try statement("\(select) ORDER BY \(list(keys))", []), insert, dropping: 1).isWhole { return }
        let backwards = keys.map { "\"\($0)\" DESC" }.joined(separator: ", ")
        _ = copy(try statement("\(select) ORDER BY \(backwards)", []), insert, dropping: 1)
        guard keys.first == "event" else { return }
        for event in try Int64.fetchAll(target, sql: "SELECT number FROM event") {
            let ofOne = "\(select) WHERE event = ? ORDER BY"
            guard !copy(try statement("\(ofOne) \(list(keys))", [event]), insert, dropping: 1).isWhole else { continue }
            _ = copy(try statement("\(ofOne) \(backwards)", [event]), insert, dropping: 1)
        }
    }

    // MARK: - Rows

    /// Copies rows until the end or until one cannot be read; the first column of the last one.
    private mutating func copy(
        _ select: Statement, _ insert: String, dropping count: Int
    ) -> (reached: Int64?, isWhole: Bool) {
        var reached: Int64?
        do {
            let rows = try Row.fetchCursor(select)
            while let row = try rows.next() {
                reached = row[0]
                do {
                    let values = StatementArguments(row.databaseValues.dropFirst(count))
                    try target.makeStatement(sql: insert).execute(arguments: values)
                } catch {
                    refused += 1
                }
            }
            return (reached, true)
        } catch {
            return (reached, false)
        }
    }

    /// A new one each time: one that failed reports its error again when it is used again.
    private func statement(_ sql: String, _ arguments: StatementArguments) throws -> Statement {
        let statement = try source.makeStatement(sql: sql)
        try statement.setArguments(arguments)
        return statement
    }

    private func insert(_ table: String, _ columns: [String]) -> String {
        let marks = columns.map { _ in "?" }.joined(separator: ", ")
        return "INSERT OR IGNORE INTO \"\(table)\" (\(list(columns))) VALUES (\(marks))"
    }

    private func list(_ columns: [String]) -> String { columns.map { "\"\($0)\"" }.joined(separator: ", ") }
}
