/// A titled table in text, the first column aligned left and the others right.
struct TextTable {
    private let title: String
    private var rows: [[String]]

    init(_ title: String, _ headers: [String] = []) {
        self.title = title
        rows = headers.isEmpty ? [] : [headers]
    }

    mutating func add(_ cells: String...) { rows.append(cells) }
    mutating func add(_ cells: [String]) { rows.append(cells) }

    var text: String {
        let columns = rows.map(\.count).max() ?? 0
        let widths = (0..<columns).map { column in rows.map { column < $0.count ? $0[column].count : 0 }.max() ?? 0 }
        let lines = rows.map { row in
            "  "
                + row.indices.map { column in
                    let padding = String(repeating: " ", count: widths[column] - row[column].count)
                    return column == 0 ? row[column] + padding : padding + row[column]
                }.joined(separator: "  ")
        }
        return ([title] + lines).joined(separator: "\n") + "\n"
    }
}

/// With a fixed number of decimals.
func number(_ value: Double, _ decimals: Int = 1) -> String {
    var unit = 1
    for _ in 0..<decimals { unit *= 10 }
    let scaled = Int((value.magnitude * Double(unit)).rounded())
    let sign = value < 0 && scaled != 0 ? "-" : ""
    guard decimals > 0 else { return "\(sign)\(scaled)" }
    let fraction = String(scaled % unit)
    return "\(sign)\(scaled / unit)." + String(repeating: "0", count: decimals - fraction.count) + fraction
}

/// Bytes as MiB.
func mebibytes(_ bytes: Int) -> String { number(Double(bytes) / 1_048_576) + " MiB" }

/// Bytes in the unit that suits them.
func size(_ bytes: Int) -> String {
    bytes >= 1_048_576 ? mebibytes(bytes) : bytes >= 1024 ? number(Double(bytes) / 1024) + " KiB" : "\(bytes) B"
}
