import Alerting
import Basics
import FoundationEssentials

/// Prints events in the form asked for, a page or one after the other.
struct EventPrinter {
    let form: OutputForm
    let columns: [EventColumn]
    let palette: Palette
    private var isHeaderDue: Bool

    /// - Parameter columns: nil means the usual ones.
    init(_ form: OutputForm, columns: [EventColumn]?, header: Bool, palette: Palette) {
        self.form = form
        self.columns = columns ?? EventColumn.usual
        self.palette = palette
        isHeaderDue = header
    }

    /// A page of a list, or a part of one.
    mutating func print(_ lines: [EventLine]) throws {
        switch form {
        case .ids: Terminal.write(lines.map { "\($0.entry.id)\n" }.joined())
        case .json: Terminal.write(try lines.map { try JSONText.line(LineDocument($0)) + "\n" }.joined())
        case .csv: separated(lines, CSV.line)
        case .tsv: separated(lines) { $0.map(Terminal.clean).joined(separator: "\t") + "\n" }
        case .table:
            var table = Table(columns.map { ($0.title, $0.alignment) })
            for line in lines {
                var inks: [Int: Palette.Ink] = [:]
                for (index, column) in columns.enumerated() { inks[index] = column.ink(line) }
                table.add(columns.map { $0.text(line, isForPeople: true) }, inks: inks)
            }
            Terminal.write(table.aligned(header: isHeaderDue, palette: palette))
            isHeaderDue = false
        }
    }

    private mutating func separated(_ lines: [EventLine], _ text: ([String]) -> String) {
        var output = isHeaderDue ? text(columns.map(\.rawValue)) : ""
        isHeaderDue = false
        for line in lines { output += text(columns.map { $0.text(line, isForPeople: false) }) }
        Terminal.write(output)
    }

    /// An event's document with the place after it.
    private struct LineDocument: Encodable {
        let line: EventLine

        init(_ line: EventLine) { self.line = line }

        private enum CodingKeys: CodingKey { case cursor }

        func encode(to encoder: any Encoder) throws {
            try EventDocument(line.entry, line.acknowledgement).encode(to: encoder)
            var values = encoder.container(keyedBy: CodingKeys.self)
            try values.encode(line.cursor, forKey: .cursor)
        }
    }
}
