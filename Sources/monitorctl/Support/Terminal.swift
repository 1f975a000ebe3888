import FoundationEssentials
import Glibc

/// What standard output and standard error are connected to.
enum Terminal {
    static let outputIsTerminal = isatty(STDOUT_FILENO) == 1
    static let errorIsTerminal = isatty(STDERR_FILENO) == 1

    /// Columns of the terminal on standard error; 80 when unknown.
    static var columns: Int { columns(of: STDERR_FILENO) }

    /// Columns of the terminal on standard output; 80 when unknown.
    static var outputColumns: Int { columns(of: STDOUT_FILENO) }

    private static func columns(of descriptor: Int32) -> Int {
        var size = winsize()
        return ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0 && size.ws_col > 0 ? Int(size.ws_col) : 80
    }

    static func write(_ text: String, to descriptor: Int32 = STDOUT_FILENO) {
        var bytes = Array(text.utf8)[...]
        while !bytes.isEmpty {
            let count = bytes.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if count < 0 && errno == EINTR { continue }
            // A reader that went away (head, less) ends the program as it would any other.
            if count <= 0 { exit(1) }
            bytes = bytes.dropFirst(count)
        }
    }

    /// A line, or several, for the person at the terminal.
    static func note(_ text: String) {
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false).map { clean(String($0)) }
        write(lines.joined(separator: "\n") + "\n", to: STDERR_FILENO)
    }
}

extension Terminal {
    static func environment(_ name: String) -> String {
        ProcessInfo.processInfo.environment[name] ?? ""
    }

    /// Whether standard output is a terminal that shows block characters.
    static var showsBlocks: Bool {
        let locale = ["LC_ALL", "LC_CTYPE", "LANG"].lazy.map { environment($0) }.first { !$0.isEmpty }
        let encoding = locale?.lowercased().filter { $0 != "-" } ?? ""
        return outputIsTerminal && encoding.hasSuffix("utf8")
    }

    /// Text from outside, such as a camera's error or an operator's note, on one line and without anything that a
    /// terminal would obey: control characters of both sets and marks that turn the direction of writing.
    static func clean(_ text: String) -> String {
        guard text.unicodeScalars.contains(where: isDangerous) else { return text }
        var clean = ""
        for scalar in text.unicodeScalars {
            if isDangerous(scalar) {
                clean += escape(scalar)
            } else {
                clean.unicodeScalars.append(scalar)
            }
        }
        return clean
    }

    private static func isDangerous(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0..<0x20, 0x7F..<0xA0, 0x2028...0x202E, 0x2066...0x2069: true
        default: false
        }
    }

    private static func escape(_ scalar: Unicode.Scalar) -> String {
        switch scalar {
        case "\n": "\\n"
        case "\t": "\\t"
        case "\r": "\\r"
        default: "\\u{\(String(scalar.value, radix: 16))}"
        }
    }
}
