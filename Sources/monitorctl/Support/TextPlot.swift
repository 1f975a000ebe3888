/// A filled curve in text: a column of blocks for each step along the horizontal axis, and one marked place.
struct TextPlot {
    /// Heights of the columns in 0...1.
    let heights: [Double]
    let rows: Int
    /// Names along the vertical axis, by row from the top.
    let rowNames: [Int: String]
    /// Names along the horizontal axis, by column.
    let columnNames: [Int: String]
    /// A column that is drawn up to the top, and what it says below the axis.
    let mark: (column: Int, words: String)?

    /// With block characters, or in ASCII where a terminal may not know them.
    func text(blocks: Bool) -> String {
        let margin = rowNames.values.map(\.count).max() ?? 0
        func padded(_ name: String) -> String { String(repeating: " ", count: margin - name.count) + name }
        var lines = (0..<rows).map { row in
            let name = rowNames[row]
            let axis = blocks ? (name == nil ? "│" : "┤") : (name == nil ? "|" : "+")
            return padded(name ?? "") + " " + axis + cells(row, blocks: blocks)
        }
        var axis = heights.indices.map { columnNames[$0] == nil ? (blocks ? "─" : "-") : (blocks ? "┴" : "+") }
        if let mark { axis[mark.column] = blocks ? "▲" : "^" }
        lines.append(padded(rowNames[rows] ?? "") + " " + (blocks ? "└" : "+") + axis.joined())
        lines.append(padded("") + "  " + Self.row(columnNames, width: heights.count))
        if let mark { lines.append(padded("") + "  " + Self.row([mark.column: mark.words], width: heights.count)) }
        return lines.map { line in
            var line = line
            while line.last == " " { line.removeLast() }
            return line + "\n"
        }.joined()
    }

    private func cells(_ row: Int, blocks: Bool) -> String {
        let eighths = Array(" ▁▂▃▄▅▆▇█")
        return heights.enumerated().map { column, height in
            let filled = height * Double(rows) - Double(rows - 1 - row)
            let isMark = mark?.column == column
            guard blocks else { return filled >= 0.5 ? "#" : isMark ? ":" : " " }
            let step = Int((min(1, max(0, filled)) * 8).rounded())
            return step == 0 && isMark ? "┊" : String(eighths[step])
        }.joined()
    }

    /// Words centred under their columns, as far as there is room.
    private static func row(_ names: [Int: String], width: Int) -> String {
        var line = [Character](repeating: " ", count: width)
        for (column, name) in names.sorted(by: { $0.key < $1.key }) {
            let start = max(0, min(column - name.count / 2, width - name.count))
            for (offset, character) in name.enumerated() where start + offset < width {
                line[start + offset] = character
            }
        }
        return String(line)
    }
}

extension TextPlot {
    /// The score distribution, as wide as `columns` allow.
    init(_ distribution: ScoreDistribution, columns: Int) {
        let count = max(24, min(64, columns - 12))
        let step = distribution.width / Double(count)
        heights = (0..<count).map {
            1 - distribution.logShare(atLeast: (Double($0) + 0.5) * step) / ScoreDistribution.rarest
        }
        rows = 2 * (ScoreDistribution.decades.count - 1)
        var names: [Int: String] = [:]
        for (index, decade) in ScoreDistribution.decades.enumerated() { names[2 * index] = decade.name }
        rowNames = names
        var places: [Int: String] = [:]
        for value in 0...Int(distribution.width) {
            places[min(count - 1, Int(Double(value) / step))] = String(value)
        }
        columnNames = places
        mark = (
            min(count - 1, Int(distribution.threshold / step)),
            "events open at \(EventText.number(Float(distribution.threshold)))"
        )
    }
}
