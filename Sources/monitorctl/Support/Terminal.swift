import FoundationEssentials
import Glibc

/// What standard output and standard error are connected to.
enum Terminal {
    static let outputIsTerminal = isatty(STDOUT_FILENO) == 1
    static let errorIsTerminal = isatty(STDERR_FILENO) == 1

    /// Columns of the terminal on standard error; 80 when unknown.
    static var columns: Int {
        var size = winsize()
        return ioctl(STDERR_FILENO, UInt(TIOCGWINSZ), &size) == 0 && size.ws_col > 0 ? Int(size.ws_col) : 80
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

    static func note(_ text: String) { write(text + "\n", to: STDERR_FILENO) }
}

extension Terminal {
    /// Whether standard output is a terminal that shows block characters.
    static var showsBlocks: Bool {
        let environment = ProcessInfo.processInfo.environment
        let locale = ["LC_ALL", "LC_CTYPE", "LANG"].lazy.compactMap { environment[$0] }.first { !$0.isEmpty }
        let encoding = locale?.lowercased().filter { $0 != "-" } ?? ""
        return outputIsTerminal && encoding.hasSuffix("utf8")
    }
}
