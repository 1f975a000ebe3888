/// Comma-separated values after RFC 4180, with line ends of one character, as everything on a pipe has.
enum CSV {
    /// A line with its end. Cells that a spreadsheet would take for a formula get an apostrophe before them.
    static func line(_ cells: [String]) -> String { cells.map(cell).joined(separator: ",") + "\n" }

    private static func cell(_ text: String) -> String {
        var text = text
        if let first = text.first, "=+-@\t\r".contains(first), Double(text) == nil { text = "'" + text }
        guard text.contains(where: { ",\"\n\r\r\n".contains($0) }) else { return text }
        return "\"" + text.replacing("\"", with: "\"\"") + "\""
    }
}
