internal import GRDB

/// How many events of one kind and label a camera had in an hour.
public struct HistoryTally: Sendable, Hashable {
    /// The hour in which they started, in Unix milliseconds; hours begin as in UTC.
    public let hourMs: Int64
    /// Of an anomaly or of a camera event, as it is printed.
    public let kind: String
    public let label: EventLabel?
    public let count: Int
}

/// Counts that are kept with every change, so that asking for them reads no events.
extension EventReader {
    /// The cameras of the history, in alphabetical order.
    public func cameras() throws(StoreError) -> [String] {
        // Through the unique index of the table.
        try read { try String.fetchAll($0, sql: "SELECT DISTINCT camera FROM facet ORDER BY camera") }
    }

    /// A camera's counts, by hour, of the whole hours that began in a time.
    /// - Parameters: in Unix milliseconds; nil is no limit.
    public func tallies(
        camera: String, sinceMs: Int64?, untilMs: Int64?
    ) throws(StoreError) -> [HistoryTally] {
        let hourMs: Int64 = 3_600_000
        return try read { db in
            let statement = try db.cachedStatement(
                sql: "SELECT hour, kind, label, count FROM tally WHERE camera = ? AND hour >= ? AND hour < ?")
            let rows = try Row.fetchCursor(
                statement,
                arguments: [camera, (sinceMs ?? 0) / hourMs, untilMs.map { ($0 + hourMs - 1) / hourMs } ?? .max])
            var tallies: [HistoryTally] = []
            while let row = try rows.next() {
                tallies.append(
                    HistoryTally(
                        hourMs: row[0] * hourMs, kind: row[1], label: EventLabel(rawValue: row[2]), count: row[3]))
            }
            return tallies
        }
    }
}
