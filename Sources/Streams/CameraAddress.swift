/// The parts of a network address that connecting takes, and its normal form. Everything here may hold a password.
struct CameraAddress {
    /// The address with user name and password percent-encoded, as libav wants them.
    let normal: String
    let host: String
    /// nil when the address does not say.
    let port: UInt16?

    /// Reads `scheme://[user[:password]@]host[:port][/…]`; nil when no host is left.
    ///
    /// People paste passwords as they are: "@" and ":" inside one are understood, and "/", "?" and "#" as well where what
    /// would be the port is not a number.
    init?(_ text: String) {
        guard let separator = text.firstRange(of: "://") else { return nil }
        let rest = text[separator.upperBound...]
        let (user, place) = Self.split(rest)
        let end = place.firstIndex { "/?#".contains($0) } ?? place.endIndex
        guard let (host, port) = Self.endpoint(place[..<end]) else { return nil }
        self.host = host
        self.port = port
        normal = text[..<separator.upperBound] + (user.map { Self.encoded(user: $0) + "@" } ?? "") + place
    }

    private static func split(_ rest: Substring) -> (user: Substring?, place: Substring) {
        let end = rest.firstIndex { "/?#".contains($0) } ?? rest.endIndex
        let authority = rest[..<end]
        if let at = authority.lastIndex(of: "@") { return (rest[..<at], rest[rest.index(after: at)...]) }
        // "user:pa/ss@host": the slash belongs to a password when "pa" is no port.
        if let colon = authority.firstIndex(of: ":"), !authority.hasPrefix("["), let at = rest.lastIndex(of: "@"),
            UInt16(authority[authority.index(after: colon)...]) == nil
        {
            return (rest[..<at], rest[rest.index(after: at)...])
        }
        return (nil, rest)
    }

    private static func endpoint(_ text: Substring) -> (String, UInt16?)? {
        if text.hasPrefix("[") {
            guard let end = text.firstIndex(of: "]") else { return nil }
            let tail = text[text.index(after: end)...]
            let port = tail.isEmpty ? nil : UInt16(tail.dropFirst())
            guard tail.isEmpty || tail.hasPrefix(":") && port != nil else { return nil }
            return (String(text[text.index(after: text.startIndex)..<end]), port)
        }
        guard let colon = text.lastIndex(of: ":") else { return text.isEmpty ? nil : (String(text), nil) }
        guard let port = UInt16(text[text.index(after: colon)...]), colon > text.startIndex else { return nil }
        return (String(text[..<colon]), port)
    }

    private static func encoded(user: Substring) -> String {
        guard let colon = user.firstIndex(of: ":") else { return encoded(user) }
        return encoded(user[..<colon]) + ":" + encoded(user[user.index(after: colon)...])
    }

    /// Keeps escapes that are there already.
    private static func encoded(_ text: Substring) -> String {
        let bytes = Array(text.utf8)
        var result = ""
        for (index, byte) in bytes.enumerated() {
            let isEscape = byte == 0x25 && index + 2 < bytes.count && isHex(bytes[index + 1]) && isHex(bytes[index + 2])
            result += isEscape ? "%" : percentEncoded(byte)
        }
        return result
    }

    private static func isHex(_ byte: UInt8) -> Bool {
        (0x30...0x39).contains(byte) || (0x41...0x46).contains(byte & 0xDF)
    }

    /// A byte of a user name or password.
    static func percentEncoded(_ byte: UInt8) -> String {
        let isPlain =
            (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte & 0xDF)
            || [0x2D, 0x2E, 0x5F, 0x7E].contains(byte)
        guard !isPlain || byte >= 0x80 else { return String(UnicodeScalar(byte)) }
        let digits = Array("0123456789ABCDEF")
        return "%\(digits[Int(byte >> 4)])\(digits[Int(byte & 15)])"
    }
}
