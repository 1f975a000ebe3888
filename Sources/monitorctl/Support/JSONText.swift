import FoundationEssentials

/// JSON as it is printed: keys sorted, times in RFC 3339 and UTC.
enum JSONText {
    /// On one line, without its end.
    static func line(_ value: some Encodable) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return safe(String(decoding: try encoder.encode(value), as: UTF8.self))
    }

    /// The encoder escapes the first set of control characters only; terminals obey the second one, too.
    private static func safe(_ text: String) -> String {
        guard text.unicodeScalars.contains(where: { 0x7F..<0xA0 ~= $0.value }) else { return text }
        var safe = ""
        for scalar in text.unicodeScalars {
            if 0x7F..<0xA0 ~= scalar.value {
                safe += "\\u00" + String(scalar.value, radix: 16)
            } else {
                safe.unicodeScalars.append(scalar)
            }
        }
        return safe
    }
}
