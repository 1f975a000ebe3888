public import Basics
internal import Glibc
public import Logging

/// Writes each log event as one line with one `write`: for the journal, as text, or as JSON.
public struct LineLogHandler: LogHandler {
    /// How a line looks.
    public enum Style: Sendable, Hashable {
        /// `<6>message key=value`: the journal adds time and name, and reads the priority.
        case journal
        /// `2026-11-21T10:26:02.123Z info monitord: message key=value`.
        case text
        /// An object with `time`, `level`, `logger`, `message` and `fields`.
        case json
    }

    public var logLevel: Logger.Level = .info
    public var metadata: Logger.Metadata = [:]
    public var metadataProvider: Logger.MetadataProvider?
    private let label: String
    private let style: Style
    private let clocks: any Clocks
    private let sink: @Sendable ([UInt8]) -> Void

    public init(
        label: String, style: Style, clocks: any Clocks = SystemClocks(),
        sink: @escaping @Sendable ([UInt8]) -> Void = LineLogHandler.standardError
    ) {
        self.label = label
        self.style = style
        self.clocks = clocks
        self.sink = sink
    }

    public subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    public func log(event: LogEvent) {
        var fields = metadata
        if let provided = metadataProvider?.get() { fields.merge(provided) { $1 } }
        if let own = event.metadata { fields.merge(own) { $1 } }
        if let error = event.error { fields["error"] = "\(error)" }
        let sorted = fields.map { ($0.key, $0.value.description) }.sorted { $0.0 < $1.0 }
        var line = render(event.level, event.message.description, sorted)
        line += "\n"
        sink(Array(line.utf8))
    }

    private func render(_ level: Logger.Level, _ message: String, _ fields: [(String, String)]) -> String {
        switch style {
        case .journal:
            return "<\(Self.priority(level))>" + Self.oneLine(message) + Self.pairs(fields)
        case .text:
            let time = UTCTime.rfc3339(clocks.wallTimeMs())
            return "\(time) \(level) \(label): " + Self.oneLine(message) + Self.pairs(fields)
        case .json:
            let time = UTCTime.rfc3339(clocks.wallTimeMs())
            let values = fields.map { "\(Self.quoted($0.0)):\(Self.quoted($0.1))" }.joined(separator: ",")
            return """
                {"time":"\(time)","level":"\(level)","logger":\(Self.quoted(label)),\
                "message":\(Self.quoted(message)),"fields":{\(values)}}
                """
        }
    }

    // MARK: - Where to

    /// The style for standard error: as set, or `journal` when it goes to systemd's journal and `text` otherwise.
    public static func style(_ format: LogFormat, environment: [String: String]) -> Style {
        switch format {
        case .text: .text
        case .json: .json
        case .auto: isJournal(environment["JOURNAL_STREAM"]) ? .journal : .text
        }
    }

    /// systemd names the device and the inode of the stream that it connected; a redirection changes them.
    private static func isJournal(_ stream: String?) -> Bool {
        var status = stat()
        guard let stream, fstat(STDERR_FILENO, &status) == 0 else { return false }
        return stream == "\(status.st_dev):\(status.st_ino)"
    }

    /// One `write`, tried again only when a signal came first: half a line is worse than none.
    public static let standardError: @Sendable ([UInt8]) -> Void = { line in
        while write(STDERR_FILENO, line, line.count) < 0 && errno == EINTR {}
    }

    // MARK: - Text

    /// See syslog(3).
    private static func priority(_ level: Logger.Level) -> Int {
        switch level {
        case .trace, .debug: 7
        case .info: 6
        case .notice: 5
        case .warning: 4
        case .error: 3
        case .critical: 2
        }
    }

    private static func pairs(_ fields: [(String, String)]) -> String {
        fields.map { key, value in
            let isPlain = !value.isEmpty && value.unicodeScalars.allSatisfy { $0.value > 32 && $0 != "\"" && $0 != "=" }
            return " \(key)=\(isPlain ? value : quoted(value))"
        }.joined()
    }

    /// Control characters are escaped, so that nothing in a message can begin a line of its own.
    private static func oneLine(_ text: String) -> String {
        text.unicodeScalars.reduce(into: "") { result, scalar in
            if let escape = escape(scalar) { result += escape } else { result.unicodeScalars.append(scalar) }
        }
    }

    /// A JSON string.
    private static func quoted(_ text: String) -> String {
        let body = text.unicodeScalars.reduce(into: "") { result, scalar in
            if scalar == "\"" || scalar == "\\" {
                result += "\\"
                result.unicodeScalars.append(scalar)
            } else if let escape = escape(scalar) {
                result += escape
            } else {
                result.unicodeScalars.append(scalar)
            }
        }
        return "\"\(body)\""
    }

    private static func escape(_ scalar: Unicode.Scalar) -> String? {
        switch scalar.value {
        case 10: return "\\n"
        case 13: return "\\r"
        case 9: return "\\t"
        case 0..<32, 127..<160, 0x2028, 0x2029:
            let digits = String(scalar.value, radix: 16)
            return "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
        default: return nil
        }
    }
}
