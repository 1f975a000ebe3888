internal import Basics

/// A UUID of version 7 (RFC 9562): sorts by the time it was made.
public struct EventID: Hashable, Comparable, Sendable, CustomStringConvertible {
    /// The first and the last eight bytes, big-endian.
    public let high: UInt64
    public let low: UInt64

    init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }

    /// Reads the canonical form with hyphens, either case; nil when the text is not a UUID.
    public init?(_ text: some StringProtocol) {
        let bytes = Array(text.utf8)
        guard bytes.count == 36 else { return nil }
        var halves: (UInt64, UInt64) = (0, 0)
        var digits = 0
        for (index, byte) in bytes.enumerated() {
            if [8, 13, 18, 23].contains(index) {
                guard byte == UInt8(ascii: "-") else { return nil }
                continue
            }
            guard let digit = Character(UnicodeScalar(byte)).hexDigitValue else { return nil }
            if digits < 16 {
                halves.0 = halves.0 << 4 | UInt64(digit)
            } else {
                halves.1 = halves.1 << 4 | UInt64(digit)
            }
            digits += 1
        }
        self.init(high: halves.0, low: halves.1)
    }

    /// When the id was made, in Unix milliseconds.
    public var timeMs: Int64 { Int64(high >> 16) }

    /// Lower case, with hyphens.
    public var description: String {
        let digits = Array("0123456789abcdef".utf8)
        var text: [UInt8] = []
        text.reserveCapacity(36)
        for index in 0..<32 {
            if [8, 12, 16, 20].contains(index) { text.append(UInt8(ascii: "-")) }
            let half = index < 16 ? high : low
            text.append(digits[Int(half >> UInt64(60 - 4 * (index % 16)) & 15)])
        }
        return String(decoding: text, as: UTF8.self)
    }

    public static func < (left: EventID, right: EventID) -> Bool { (left.high, left.low) < (right.high, right.low) }
}

extension EventID: Codable {
    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        guard let id = EventID(try container.decode(String.self)) else {
            throw DecodingError.dataCorruptedError(in: container, debugDescription: "not a UUID")
        }
        self = id
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }
}

/// Makes event ids that never go back, even when the wall clock does: within one millisecond, or after a step back, a
/// counter in the twelve bits after the version keeps them in order (RFC 9562, section 6.2, method 1).
public struct EventIDGenerator: Sendable {
    private var random: SeededGenerator
    private var lastMs: Int64
    private var counter: UInt64 = 0

    /// - Parameters:
    ///   - seed: random in production, fixed in tests and replays.
    ///   - latest: ids made from now on sort after this one, so that a wall clock set back between two runs does no harm.
    public init(seed: UInt64, after latest: EventID? = nil) {
        random = SeededGenerator(seed: seed)
        lastMs = latest?.timeMs ?? 0
        counter = latest.map { $0.high & 0xFFF } ?? 0
    }

    /// The next id for an event that opens at `wallTimeMs`.
    public mutating func next(wallTimeMs: Int64) -> EventID {
        if wallTimeMs > lastMs {
            lastMs = wallTimeMs
            counter = 0
        } else if counter < 0xFFF {
            counter += 1
        } else {
            lastMs += 1
            counter = 0
        }
        let high = UInt64(lastMs) << 16 | 0x7000 | counter
        return EventID(high: high, low: random.next() >> 2 | 0x8000_0000_0000_0000)
    }
}
