/// Reads a pickle's bytes in order and never beyond their end.
struct PickleCursor {
    private let bytes: UnsafeRawBufferPointer
    private(set) var position = 0
    private let origin: String

    init(_ bytes: UnsafeRawBufferPointer, origin: String) {
        self.bytes = bytes
        self.origin = origin
    }

    var isAtEnd: Bool { position == bytes.count }

    mutating func byte() throws(ModelFileError) -> UInt8 { try number(UInt8.self) }

    /// A little-endian number.
    mutating func number<Number: FixedWidthInteger>(_ type: Number.Type) throws(ModelFileError) -> Number {
        guard let value = bytes.little(position, type) else { throw cut() }
        position += MemoryLayout<Number>.size
        return value
    }

    mutating func skip(_ count: UInt64) throws(ModelFileError) {
        guard count <= UInt64(bytes.count - position) else { throw cut() }
        position += Int(count)
    }

    /// Place of `count` bytes.
    mutating func slice(_ count: UInt64) throws(ModelFileError) -> Range<Int32> {
        let start = Int32(position)
        try skip(count)
        return start..<Int32(position)
    }

    /// A signed little-endian integer of `count` bytes; nil when it needs more than 64 bits.
    mutating func integer(bytes count: Int) throws(ModelFileError) -> Int? {
        guard count <= 8 else {
            try skip(UInt64(count))
            return nil
        }
        var value: UInt64 = 0
        var last: UInt8 = 0
        for index in 0..<count {
            last = try byte()
            value |= UInt64(last) << (8 * UInt64(index))
        }
        if last & 0x80 != 0, count < 8 { value |= ~0 << (8 * UInt64(count)) }
        return Int(Int64(bitPattern: value))
    }

    /// A line of at most 256 bytes, without its end.
    mutating func line() throws(ModelFileError) -> String {
        let rest = bytes[position..<min(bytes.count, position + 257)]
        guard let end = rest.firstIndex(of: 0x0A), let line = String(validating: rest[position..<end], as: UTF8.self)
        else {
            throw ModelFileError(.badHeader, "\(origin): the name at byte \(position) of data.pkl is no name")
        }
        position = end + 1
        return line
    }

    private func cut() -> ModelFileError {
        ModelFileError(
            .truncated, "\(origin): truncated: data.pkl ends inside an instruction (byte \(position)); fetch it again")
    }
}
