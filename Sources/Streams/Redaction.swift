/// Takes credentials out of text that people will read.
public enum Redaction {
    /// Query keys whose values are harmless and help to tell streams apart.
    private static let harmlessKeys: Set<Substring> = [
        "channel", "subtype", "stream", "profile", "unicast", "proto", "transport", "resolution", "fps", "camera",
    ]

    /// Every address (`scheme://…` up to white space or a quote) in `text` loses its user information, path segments that
    /// look like assignments and the values of unknown query keys.
    ///
    /// A password may hold any character, so everything up to the last `@` of an address is taken for one.
    public static func scrub(_ text: String) -> String {
        var result = ""
        var rest = Substring(text)
        while let start = rest.range(ofText: "://") {
            result += rest[..<start.upperBound]
            rest = rest[start.upperBound...]
            var end = Self.end(of: rest)
            // A blank or quote inside a password would end the address too early: look on to a later "@".
            let next = rest.range(ofText: "://")?.lowerBound ?? rest.endIndex
            if let at = rest[..<next].lastIndex(of: "@"), at > end { end = Self.end(of: rest[at...]) }
            result += scrubbed(address: rest[..<end])
            rest = rest[end...]
        }
        return result + rest
    }

    /// Where an address that starts `text` is over.
    private static func end(of text: Substring) -> Substring.Index {
        text.firstIndex { $0 == " " || $0 == "\"" || $0 == "'" || $0 == "\n" || $0 == "\t" } ?? text.endIndex
    }

    /// `address` without its scheme.
    private static func scrubbed(address: Substring) -> String {
        var result = ""
        var rest = address
        if let at = rest.lastIndex(of: "@") {
            result = "***@"
            rest = rest[rest.index(after: at)...]
        }
        let query = rest.firstIndex { $0 == "?" || $0 == "#" }
        let path = rest[..<(query ?? rest.endIndex)]
        result += path.split(separator: "/", omittingEmptySubsequences: false)
            .map { $0.contains("=") || $0.contains("&") ? "***" : String($0) }
            .joined(separator: "/")
        guard let query else { return result }
        let pairs = rest[rest.index(after: query)...].split(separator: "&", omittingEmptySubsequences: false)
        return result + String(rest[query]) + pairs.map(scrubbed(pair:)).joined(separator: "&")
    }

    private static func scrubbed(pair: Substring) -> String {
        guard let equals = pair.firstIndex(of: "=") else { return "***" }
        let value = pair[pair.index(after: equals)...]
        let isPlain =
            value.utf8.count <= 12
            && value.utf8.allSatisfy { $0 >= 0x30 && $0 <= 0x39 || ($0 | 0x20) >= 0x61 && ($0 | 0x20) <= 0x7A }
        let key = pair[..<equals]
        guard harmlessKeys.contains(Substring(key.lowercased())) else { return "***" }
        return isPlain ? String(pair) : "\(key)=***"
    }
}

extension Substring {
    /// The first place of `text`.
    fileprivate func range(ofText text: String) -> Range<Index>? {
        var start = startIndex
        while start < endIndex {
            if self[start...].hasPrefix(text) { return start..<index(start, offsetBy: text.count) }
            start = index(after: start)
        }
        return nil
    }
}
