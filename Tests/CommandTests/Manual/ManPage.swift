/// A manual page in the man(7) macros.
struct ManPage {
    let name: String
    let section: Int
    let summary: String
    private var body = ""

    /// The month of the version that the pages belong to.
    private static let date = "2026-11-21"

    init(_ name: String, _ section: Int, _ summary: String) {
        self.name = name
        self.section = section
        self.summary = summary
    }

    var file: String { "\(name).\(section)" }

    var text: String {
        """
        .\\" Written by the tests from the programs' own definitions; change those, then run: make golden
        .TH \(Self.plain(name.uppercased())) \(section) \(Self.date) "monitor 0.1.0" "\(section == 1 ? "User Commands" : "System Manual")"
        .SH NAME
        \(Self.plain(name)) \\- \(Self.plain(summary))
        \(body)
        """
    }

    mutating func heading(_ title: String) { body += ".SH \(title.uppercased())\n" }

    /// Paragraphs, separated by empty lines; indented ones are examples and keep their form.
    mutating func prose(_ text: String) {
        for (index, block) in Self.blocks(text).enumerated() {
            if block.allSatisfy({ $0.hasPrefix("    ") }) {
                body +=
                    (index > 0 ? ".PP\n" : "") + ".RS 4\n.nf\n"
                    + block.map { Self.line(String($0.dropFirst(4))) + "\n" }.joined() + ".fi\n.RE\n"
            } else {
                body += (index > 0 ? ".PP\n" : "") + block.map { Self.line($0) + "\n" }.joined()
            }
        }
    }

    /// A term with its meaning; `roff` is set already.
    mutating func term(_ roff: String, _ meaning: String) {
        body += ".TP\n\(roff)\n"
        for (index, block) in Self.blocks(meaning).enumerated() {
            body += (index > 0 ? ".IP\n" : "") + block.map { Self.line($0) + "\n" }.joined()
        }
    }

    mutating func raw(_ roff: String) { body += roff + "\n" }

    private static func blocks(_ text: String) -> [[String]] {
        text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
            .split { $0.allSatisfy(\.isWhitespace) }.map(Array.init)
    }

    static func bold(_ text: String) -> String { "\\fB\(plain(text))\\fR" }
    static func italic(_ text: String) -> String { "\\fI\(plain(text))\\fR" }

    /// Text with what roff would take for its own.
    static func plain(_ text: String) -> String {
        var result = ""
        for character in text {
            switch character {
            case "\\": result += "\\e"
            case "-": result += "\\-"
            case "'": result += "\\(aq"
            case "`": result += "\\(ga"
            case "^": result += "\\(ha"
            case "~": result += "\\(ti"
            default: result.append(character)
            }
        }
        return result
    }

    private static func line(_ text: String) -> String {
        let plain = plain(text)
        return plain.hasPrefix(".") ? "\\&" + plain : plain
    }
}
