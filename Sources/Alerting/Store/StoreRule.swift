internal import Analysis
internal import GRDB

/// Something that holds for every row, and the rows for which it does not.
struct StoreRule {
    let kind: StoreCheckup.Finding.Kind
    /// Selects one line for people per row.
    let sql: String

    func violations(_ db: Database, limit: Int) throws -> [String] {
        try String.fetchAll(db, sql: "\(sql) LIMIT \(limit)")
    }

    static let all: [StoreRule] =
        [AckRows.Table.anomalies, .cameras].flatMap { table in
            [
                StoreRule(
                    kind: .state,
                    sql: """
                        SELECT \(line(table, "is ")) || state
                            || CASE WHEN end_ms IS NULL THEN ' without an end' ELSE ' with an end' END
                        FROM \(table.events) WHERE \(wrongState)
                        """),
                StoreRule(
                    kind: .leftOpen,
                    sql: "SELECT \(line(table, "is open, but its run is over")) FROM \(table.events) WHERE \(leftOpen)"),
                StoreRule(
                    kind: .value,
                    sql: """
                        SELECT \(line(table, "has a value that this version does not know")) FROM \(table.events)
                        WHERE reason NOT IN (\(list(CloseReason.self))) OR id GLOB '*[^0-9a-f-]*'
                            OR id NOT GLOB '????????-????-7???-????-????????????'
                            \(table.events == "event" ? "OR regime NOT IN (\(list(Regime.self)))" : "")
                        """),
            ]
        } + [
            StoreRule(
                kind: .peak,
                sql: "SELECT \(line(.anomalies, "lacks its most surprising frame")) FROM event WHERE \(lostPeak)"),
            StoreRule(
                kind: .revision,
                sql: """
                    SELECT 'event ' || event.id || ' has the revision of camera event ' || camera_event.id
                    FROM camera_event JOIN event USING (revision)
                    """),
            StoreRule(kind: .picture, sql: pictures("snapshot")),
            StoreRule(kind: .picture, sql: pictures("camera_snapshot")),
        ]

    static let wrongState = "(state = 'closed') <> (end_ms IS NOT NULL)"
    static let leftOpen = """
        state = 'open' AND (run < (SELECT max(number) FROM run)
            OR run IN (SELECT number FROM run WHERE stopped_ms IS NOT NULL))
        """
    static let lostPeak = """
        NOT EXISTS (SELECT 1 FROM observation WHERE event = event.number AND sequence = event.peak_sequence)
        """
    /// A picture has a beginning and an end.
    static let badPicture = "substr(jpeg, 1, 2) <> x'FFD8' OR substr(jpeg, -2) <> x'FFD9'"

    static func picture(_ table: String, _ event: Int64, _ row: Int64) -> String {
        "\(table) row \(row), of event number \(event), is no picture"
    }

    private static func pictures(_ table: String) -> String {
        "SELECT '\(table) row ' || rowid || ', of event number ' || event || ', is no picture' FROM \(table) WHERE \(badPicture)"
    }

    private static func line(_ table: AckRows.Table, _ words: String) -> String {
        let noun = table.events == "event" ? "event" : "camera event"
        return "'\(noun) ' || id || ' \(words)'"
    }

    private static func list<Value: CaseIterable & RawRepresentable<String>>(_: Value.Type) -> String {
        Value.allCases.map { "'\($0.rawValue)'" }.joined(separator: ", ")
    }
}

/// A row that refers to one that is not there.
struct StoreReference: CustomStringConvertible {
    let table: String
    /// Nil in tables without row numbers.
    let row: Int64?
    let parent: String

    var description: String {
        "\(row.map { "row \($0)" } ?? "a row") of \(table) refers to a row of \(parent) that is not there"
    }

    static func broken(_ db: Database) throws -> [StoreReference] {
        try Row.fetchAll(db, sql: "PRAGMA foreign_key_check").map {
            StoreReference(table: $0[0], row: $0[1], parent: $0[2])
        }
    }
}
