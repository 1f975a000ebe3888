import Glibc

/// Writes a zip file: names in UTF-8, times to the second, beyond 65,535 files and 4 GiB with the 64-bit records
/// (PKWARE's APPNOTE, version 6.3).
final class ZipArchive {
    private struct Entry {
        let name: [UInt8]
        let method: UInt16
        let modifiedMs: Int64
        let offset: Int
        let sum: UInt32
        let packed: Int
        let size: Int
    }

    private let file: OutputFile
    private var entries: [Entry] = []

    /// "Made by" Unix, for the rights of the files, and the version that is needed for the 64-bit records.
    private static let madeBy: UInt16 = 3 << 8 | 45
    private static let needed: UInt16 = 45
    /// Names are UTF-8.
    private static let flags: UInt16 = 1 << 11
    private static let (stored, deflated): (UInt16, UInt16) = (0, 8)
    private static let rights: UInt32 = 0o100644 << 16
    /// A field of 32 bits that says: see the 64-bit record.
    private static let elsewhere = 0xFFFF_FFFF

    init(_ file: OutputFile) { self.file = file }

    /// Adds bytes that do not shrink, such as a JPEG.
    func add(_ name: String, stored bytes: [UInt8], modifiedMs: Int64) throws(ExportError) {
        let offset = try begin(name, Self.stored, modifiedMs)
        try file.append(bytes)
        try end(name, Self.stored, modifiedMs, offset, (Deflate.crc32(bytes), bytes.count, bytes.count))
    }

    /// Adds a text file, compressed.
    func add(_ name: String, _ content: OutputFile, modifiedMs: Int64) throws(ExportError) {
        let offset = try begin(name, Self.deflated, modifiedMs)
        let deflate = Deflate(.raw)
        var sum: UInt32 = 0
        var packed = 0
        try content.read { (piece) throws(ExportError) in
            sum = Deflate.crc32(piece, after: sum)
            let bytes = deflate.pack(piece, isLast: false)
            packed += bytes.count
            try file.append(bytes)
        }
        let rest = deflate.pack([], isLast: true)
        try file.append(rest)
        try end(name, Self.deflated, modifiedMs, offset, (sum, packed + rest.count, content.count))
    }

    /// Room for the header, which is known when the content is.
    private func begin(_ name: String, _ method: UInt16, _ modifiedMs: Int64) throws(ExportError) -> Int {
        let offset = file.count
        let entry = Entry(
            name: Array(name.utf8), method: method, modifiedMs: modifiedMs, offset: offset, sum: 0, packed: 0,
            size: 0)
        try file.append(Self.localHeader(entry))
        return offset
    }

    private func end(
        _ name: String, _ method: UInt16, _ modifiedMs: Int64, _ offset: Int,
        _ content: (sum: UInt32, packed: Int, size: Int)
    ) throws(ExportError) {
        guard content.size < Self.elsewhere, content.packed < Self.elsewhere else {
            throw ExportError(.tooLarge, "\(name) is larger than 4 GiB; export into a folder, or fewer events")
        }
        let entry = Entry(
            name: Array(name.utf8), method: method, modifiedMs: modifiedMs, offset: offset, sum: content.sum,
            packed: content.packed, size: content.size)
        try file.patch(Self.localHeader(entry), at: offset)
        entries.append(entry)
    }

    private static func localHeader(_ entry: Entry) -> [UInt8] {
        let extra = exactTime(entry.modifiedMs)
        return bytes(0x0403_4B50 as UInt32) + bytes(needed) + common(entry)
            + bytes(UInt16(entry.name.count)) + bytes(UInt16(extra.count)) + entry.name + extra
    }

    private static func common(_ entry: Entry) -> [UInt8] {
        bytes(flags) + bytes(entry.method) + dosTime(entry.modifiedMs) + bytes(entry.sum) + bytes(UInt32(entry.packed))
            + bytes(UInt32(entry.size))
    }

    /// Writes the list of all entries. Call it last.
    func finish() throws(ExportError) {
        let start = file.count
        for entry in entries {
            let isFar = entry.offset >= Self.elsewhere
            let extra =
                (isFar ? Self.bytes(1 as UInt16) + Self.bytes(8 as UInt16) + Self.bytes(UInt64(entry.offset)) : [])
                + Self.exactTime(entry.modifiedMs)
            try file.append(
                Self.bytes(0x0201_4B50 as UInt32) + Self.bytes(Self.madeBy) + Self.bytes(Self.needed)
                    + Self.common(entry) + Self.bytes(UInt16(entry.name.count)) + Self.bytes(UInt16(extra.count))
                    // No remark, first disk, nothing about the content.
                    + [UInt8](repeating: 0, count: 6) + Self.bytes(Self.rights)
                    + Self.bytes(UInt32(isFar ? Self.elsewhere : entry.offset)) + entry.name + extra)
        }
        let length = file.count - start
        let isLarge = entries.count >= 0xFFFF || start >= Self.elsewhere || length >= Self.elsewhere
        if isLarge { try file.append(largeEnd(start, length)) }
        let count = UInt16(isLarge ? 0xFFFF : entries.count)
        try file.append(
            Self.bytes(0x0605_4B50 as UInt32) + Self.bytes(0 as UInt32) + Self.bytes(count) + Self.bytes(count)
                + Self.bytes(UInt32(isLarge ? Self.elsewhere : length))
                + Self.bytes(UInt32(isLarge ? Self.elsewhere : start)) + Self.bytes(0 as UInt16))
    }

    /// The 64-bit end record and where it lies.
    private func largeEnd(_ start: Int, _ length: Int) -> [UInt8] {
        let count = Self.bytes(UInt64(entries.count))
        return Self.bytes(0x0606_4B50 as UInt32) + Self.bytes(44 as UInt64) + Self.bytes(Self.madeBy)
            + Self.bytes(Self.needed) + Self.bytes(0 as UInt64) + count + count + Self.bytes(UInt64(length))
            + Self.bytes(UInt64(start))
            + Self.bytes(0x0706_4B50 as UInt32) + Self.bytes(0 as UInt32) + Self.bytes(UInt64(start + length))
            + Self.bytes(1 as UInt32)
    }

    private static func bytes(_ value: some FixedWidthInteger) -> [UInt8] {
        withUnsafeBytes(of: value.littleEndian) { Array($0) }
    }

    /// Unix seconds, which do not depend on a zone.
    private static func exactTime(_ milliseconds: Int64) -> [UInt8] {
        bytes(0x5455 as UInt16) + bytes(5 as UInt16) + [1] + bytes(Int32(truncatingIfNeeded: milliseconds / 1000))
    }

    /// Local time, as the format has it: in steps of two seconds, from 1980 on.
    private static func dosTime(_ milliseconds: Int64) -> [UInt8] {
        var clock = time_t(milliseconds / 1000)
        var fields = tm()
        guard localtime_r(&clock, &fields) != nil, fields.tm_year >= 80, fields.tm_year < 208 else {
            return bytes(0 as UInt16) + bytes(1 << 5 | 1 as UInt16)
        }
        let time = UInt16(fields.tm_hour) << 11 | UInt16(fields.tm_min) << 5 | UInt16(min(fields.tm_sec, 59) / 2)
        let date = UInt16(fields.tm_year - 80) << 9 | UInt16(fields.tm_mon + 1) << 5 | UInt16(fields.tm_mday)
        return bytes(time) + bytes(date)
    }
}
