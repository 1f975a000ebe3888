/// Rows with aligned columns for a terminal, or tab-separated values for a pipe.
struct Table {
    enum Alignment { case left, right }

    private let headers: [String]
    private let alignments: [Alignment]
    private var rows: [[String]] = []

    init(_ columns: [(String, Alignment)]) {
        headers = columns.map(\.0)
        alignments = columns.map(\.1)
    }

    mutating func add(_ row: [String]) {
        precondition(row.count == headers.count)
        rows.append(row)
    }

    var isEmpty: Bool { rows.isEmpty }

    func aligned(header: Bool) -> String {
        let all = (header ? [headers] : []) + rows
        let widths = headers.indices.map { column in all.map { $0[column].count }.max() ?? 0 }
        return all.map { row in
            var line = ""
            for (column, cell) in row.enumerated() {
                let padding = String(repeating: " ", count: widths[column] - cell.count)
                if column > 0 { line += "  " }
                line += alignments[column] == .right ? padding + cell : cell + padding
            }
            while line.last == " " { line.removeLast() }
            return line + "\n"
        }.joined()
    }

    /// Tabs and line breaks inside cells become spaces.
    func tabSeparated(header: Bool) -> String {
        ((header ? [headers.map { $0.lowercased() }] : []) + rows).map { row in
            row.map { String($0.map { $0 == "\t" || $0.isNewline ? " " : $0 }) }.joined(separator: "\t") + "\n"
        }.joined()
    }
}
