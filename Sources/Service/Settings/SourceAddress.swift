/// Where a camera's frames come from: a URL, a device, a path or a recorded verdict log. Its description never shows a password or a query,
/// where cameras like to have tokens.
public struct SourceAddress: Sendable, Hashable, CustomStringConvertible, CustomDebugStringConvertible,
    CustomReflectable
{
    /// As written; for opening the source only, never for printing.
    public let unredacted: String

    public init(_ text: String) { unredacted = text }

    public var isURL: Bool { unredacted.contains("://") || unredacted.hasPrefix("v4l2:") }

    /// The path of a recorded verdict log, which takes the place of pictures; nil for every other source.
    public var verdictLog: String? {
        unredacted.hasPrefix(Self.verdictScheme) ? String(unredacted.dropFirst(Self.verdictScheme.count)) : nil
    }

    static let verdictScheme = "verdicts:"

    public var description: String {
        guard let start = afterScheme else { return unredacted }
        let scheme = unredacted[..<start]
        var rest = unredacted[start...]
        var user = ""
        // A password may itself contain "@" or "/": everything up to the last "@" may be part of it.
        if let at = rest.lastIndex(of: "@") {
            let left = rest[..<at]
            user = left.firstIndex(of: ":").map { left[..<$0] + ":***@" } ?? left + "@"
            rest = rest[rest.index(after: at)...]
            if user.contains("?") { return scheme + "***" }
        }
        if let query = rest.firstIndex(where: { $0 == "?" || $0 == "#" }) { rest = rest[..<query] + "?***" }
        return scheme + user + rest
    }

    public var debugDescription: String { description }
    public var customMirror: Mirror { Mirror(self, children: ["address": description]) }

    /// Whether the URL holds a password, as far as one can tell.
    var hasPassword: Bool {
        guard let start = afterScheme else { return false }
        let rest = unredacted[start...]
        guard let at = rest.lastIndex(of: "@"), let colon = rest[..<at].firstIndex(of: ":") else { return false }
        // "host:554/name@1" has a port and a path with an "@".
        let after = rest[rest.index(after: colon)..<at]
        let digits = after.prefix { $0.isNumber }
        return digits.isEmpty || !after.dropFirst(digits.count).hasPrefix("/")
    }

    private var afterScheme: String.Index? {
        guard let range = unredacted.firstRange(of: "://") else { return nil }
        return range.upperBound
    }
}
