internal import Basics

/// A message of the other process that makes no sense.
struct WireFault: Error {}

/// Writes values one after the other: integers as eight bytes in host order, text with its length before it.
struct WireWriter {
    private(set) var bytes: [UInt8] = []

    mutating func put(_ value: some BinaryInteger) {
        withUnsafeBytes(of: Int64(value)) { bytes.append(contentsOf: $0) }
    }

    mutating func put(_ text: String) {
        put(text.utf8.count)
        bytes.append(contentsOf: text.utf8)
    }

    mutating func put(_ value: Double) { put(Int64(bitPattern: value.bitPattern)) }
    mutating func put(_ duration: Duration) { put(duration.nanoseconds) }
    mutating func put(_ flag: Bool) { put(flag ? 1 : 0) }

    mutating func put<Value>(_ value: Value?, _ body: (inout WireWriter, Value) -> Void) {
        put(value != nil)
        if let value { body(&self, value) }
    }
}

/// Reads what `WireWriter` wrote; trusts nothing.
struct WireReader {
    private let bytes: [UInt8]
    private var position = 0

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    /// Longest text.
    private static let textLimit = 16_384

    mutating func integer() throws(WireFault) -> Int64 {
        guard bytes.count - position >= 8 else { throw WireFault() }
        defer { position += 8 }
        return bytes.withUnsafeBytes { $0.loadUnaligned(fromByteOffset: position, as: Int64.self) }
    }

    mutating func integer<Value: FixedWidthInteger>(as type: Value.Type) throws(WireFault) -> Value {
        guard let value = Value(exactly: try integer()) else { throw WireFault() }
        return value
    }

    mutating func text() throws(WireFault) -> String {
        let count = try integer(as: Int.self)
        guard count >= 0, count <= Self.textLimit, count <= bytes.count - position else { throw WireFault() }
        defer { position += count }
        return String(decoding: bytes[position..<position + count], as: UTF8.self)
    }

    mutating func double() throws(WireFault) -> Double { Double(bitPattern: UInt64(bitPattern: try integer())) }
    mutating func duration() throws(WireFault) -> Duration { .nanoseconds(try integer()) }
    mutating func flag() throws(WireFault) -> Bool { try integer() != 0 }

    mutating func choice<Value: RawRepresentable<String>>(_ type: Value.Type) throws(WireFault) -> Value {
        guard let value = Value(rawValue: try text()) else { throw WireFault() }
        return value
    }

    mutating func optional<Value>(
        _ body: (inout WireReader) throws(WireFault) -> Value
    ) throws(WireFault) -> Value? {
        try flag() ? try body(&self) : nil
    }
}
