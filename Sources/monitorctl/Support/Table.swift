/// Rows with aligned columns for a terminal, or tab-separated values for a pipe.
struct Table {
    enum Alignment { case left, right }

    private let headers: [String]
    private let alignments: [Alignment]
    private var rows: [(cells: [String], inks: [Int: Palette.Ink])] = []

    init(_ columns: [(String, Alignment)]) {
        headers = columns.map(\.0)
        alignments = columns.map(\.1)
    }

    /// - Parameter inks: by column.
    mutating func add(_ row: [String], inks: [Int: Palette.Ink] = [:]) {
        precondition(row.count == headers.count)
        rows.append((row.map(Terminal.clean), inks))
    }

    var isEmpty: Bool { rows.isEmpty }

    func aligned(header: Bool, palette: Palette = Palette(.never)) -> String {
        let titles = Dictionary(uniqueKeysWithValues: headers.indices.map { ($0, Palette.Ink.quiet) })
        let all = (header ? [(cells: headers, inks: titles)] : []) + rows
        let widths = headers.indices.map { column in all.map { $0.cells[column].count }.max() ?? 0 }
        return all.map { row in
            let last = row.cells.lastIndex { !$0.isEmpty } ?? 0
            let line = row.cells.prefix(last + 1).enumerated().map { column, cell in
                let padding = String(repeating: " ", count: widths[column] - cell.count)
                let text = palette(cell, row.inks[column])
                return alignments[column] == .right ? padding + text : column == last ? text : text + padding
            }
            return line.joined(separator: "  ") + "\n"
        }.joined()
    }

    /// Tabs and line breaks inside cells are escaped.
    func tabSeparated(header: Bool) -> String {
        ((header ? [headers.map { $0.lowercased() }] : []) + rows.map(\.cells)).map { row in
            row.joined(separator: "\t") + "\n"
        }.joined()
    }
}
