public import FoundationEssentials
internal import Glibc

/// Writes zip archives without compression, the way `torch.save` does: contents at multiples of 64 bytes, sizes in
/// descriptors' place, a 64-bit end record.
public struct ZipWriter {
    /// What a member holds.
    public enum Contents {
        case bytes(Data)
        /// So many zeros; a file written with `write(to:)` has a hole there, and no checksum is stored.
        case zeros(Int)

        var count: Int {
            switch self {
            case .bytes(let data): data.count
            case .zeros(let count): count
            }
        }
    }

    private enum Piece {
        case bytes(Data)
        case hole(Int)
    }

    private var pieces: [Piece] = []
    private var offset = 0
    private var directory = Data()
    private var count = 0

    public init() {}

    /// - Parameters:
    ///   - method: what the archive claims about compression; 0 is none.
    ///   - wide: stores sizes and place in the 64-bit extra field.
    public mutating func add(
        _ name: String, _ contents: Contents, method: UInt16 = 0, flags: UInt16 = 0, wide: Bool = false
    ) {
        let start = offset
        let fixed = 30 + name.utf8.count + 4
        let padding = (64 - (start + fixed) % 64) % 64
        let checksum: UInt32 = if case .bytes(let data) = contents { Self.checksum(data) } else { 0 }
        let size = UInt32(clamping: contents.count)
        var header = Data()
        header.little(UInt32(0x0403_4B50), UInt16(20), flags | 0x800, method, UInt32(0), checksum, size, size)
        header.little(UInt16(name.utf8.count), UInt16(4 + padding))
        header.append(contentsOf: name.utf8)
        header.little(UInt16(0x4246), UInt16(padding))
        header.append(Data(repeating: 0x5A, count: padding))
        append(.bytes(header), header.count)
        switch contents {
        case .bytes(let data): append(.bytes(data), data.count)
        case .zeros(let zeros): append(.hole(zeros), zeros)
        }
        var extra = Data()
        if wide { extra.little(UInt16(1), UInt16(24), UInt64(contents.count), UInt64(contents.count), UInt64(start)) }
        let shown = wide ? UInt32.max : size
        directory.little(UInt32(0x0201_4B50), UInt32(20), flags | 0x800, method, UInt32(0), checksum, shown, shown)
        directory.little(UInt16(name.utf8.count), UInt16(extra.count), UInt16(0), UInt16(0), UInt16(0), UInt32(0))
        directory.little(wide ? UInt32.max : UInt32(start))
        directory.append(contentsOf: name.utf8)
        directory.append(extra)
        count += 1
    }

    private mutating func append(_ piece: Piece, _ count: Int) {
        pieces.append(piece)
        offset += count
    }

    private func end() -> Data {
        var data = directory
        data.little(UInt32(0x0606_4B50), UInt64(44), UInt16(45), UInt16(45), UInt32(0), UInt32(0))
        data.little(UInt64(count), UInt64(count), UInt64(directory.count), UInt64(offset))
        data.little(UInt32(0x0706_4B50), UInt32(0), UInt64(offset + directory.count), UInt32(1))
        data.little(UInt32(0x0605_4B50), UInt32(0), UInt16(clamping: count), UInt16(clamping: count))
        data.little(UInt32(clamping: directory.count), UInt32(clamping: offset), UInt16(0))
        return data
    }

    public func serialized() -> Data {
        var data = Data()
        for piece in pieces {
            switch piece {
            case .bytes(let bytes): data.append(bytes)
            case .hole(let count): data.append(Data(repeating: 0, count: count))
            }
        }
        data.append(end())
        return data
    }

    /// Writes the archive with holes where zeros are.
    public func write(to path: String) throws {
        let descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0o644)
        guard descriptor >= 0 else { throw CocoaError(.fileWriteUnknown) }
        defer { close(descriptor) }
        for piece in pieces + [.bytes(end())] {
            switch piece {
            case .bytes(let bytes):
                let written = bytes.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
                guard written == bytes.count else { throw CocoaError(.fileWriteUnknown) }
            case .hole(let count): lseek(descriptor, count, SEEK_CUR)
            }
        }
    }

    private static func checksum(_ data: Data) -> UInt32 {
        ~data.reduce(~UInt32(0)) { crc, byte in
            table[Int(UInt8(truncatingIfNeeded: crc) ^ byte)] ^ crc >> 8
        }
    }

    private static let table = (0..<256).map { (index: UInt32) in
        (0..<8).reduce(index) { crc, _ in crc >> 1 ^ (crc & 1 == 1 ? 0xEDB8_8320 : 0) }
    }
}

extension Data {
    /// Appends numbers, little-endian.
    fileprivate mutating func little(_ values: any FixedWidthInteger...) {
        for value in values { append(value) }
    }

    private mutating func append<Number: FixedWidthInteger>(_ value: Number) {
        Swift.withUnsafeBytes(of: value.littleEndian) { append(contentsOf: $0) }
    }
}
