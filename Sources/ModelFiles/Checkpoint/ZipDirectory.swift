internal import CKernels

/// The members of a zip archive whose contents are stored without compression, with or without the 64-bit extension, as
/// `torch.save` writes it. All ranges are checked: inside the file, in front of the directory and without overlap.
struct ZipDirectory: Sendable {
    struct Member: Sendable {
        let name: String
        /// Bytes of the contents within the file.
        let range: Range<Int>
        /// CRC-32 of the contents; 0 when the writer left it out.
        let checksum: UInt32

        func isIntact(_ contents: UnsafeRawBufferPointer) -> Bool {
            checksum == 0 || ck_crc32(contents.baseAddress, contents.count) == checksum
        }
    }

    /// In the order of the directory; the names differ.
    let members: [Member]

    /// Whether a file begins like a zip archive.
    static func begins(_ file: UnsafeRawBufferPointer) -> Bool { file.little(0, UInt32.self) == 0x0403_4B50 }

    /// - Throws: `ModelFileError` (`truncated`, `badHeader`, `tooLarge`).
    init(_ file: UnsafeRawBufferPointer, origin: String) throws(ModelFileError) {
        func damaged(_ what: String) -> ModelFileError {
            ModelFileError(.badHeader, "\(origin): damaged zip archive: \(what); fetch the file again")
        }
        let table = try Self.table(file, origin: origin)
        guard table.count <= Self.mostMembers else {
            throw ModelFileError(
                .tooLarge, "\(origin): \(table.count) members; a checkpoint has at most \(Self.mostMembers)")
        }
        var members: [Member] = []
        var extents: [Range<Int>] = []
        var names: Set<String> = []
        var offset = table.range.lowerBound
        for _ in 0..<table.count {
            guard let entry = Entry(file, at: offset), entry.end <= table.range.upperBound else {
                throw damaged("entry \(members.count) of its directory is cut or not an entry")
            }
            guard let name = entry.name else { throw damaged("member \(members.count) has an impossible name") }
            guard names.insert(name).inserted else { throw damaged("two members are called \(name)") }
            if let problem = entry.problem { throw ModelFileError(.badHeader, "\(origin): member \(name) \(problem)") }
            guard let range = entry.contents(file, before: table.range.lowerBound) else {
                throw damaged("member \(name) lies outside the file or has another name there")
            }
            members.append(Member(name: name, range: range, checksum: entry.checksum))
            extents.append(entry.header..<range.upperBound)
            offset = entry.end
        }
        guard offset == table.range.upperBound else { throw damaged("its directory holds more than its entries") }
        let ordered = extents.sorted { $0.lowerBound < $1.lowerBound }
        guard !zip(ordered, ordered.dropFirst()).contains(where: { $0.upperBound > $1.lowerBound }) else {
            throw damaged("members overlap")
        }
        self.members = members
    }

    /// Where the directory lies and how many entries it has, from the record at the file's end.
    private static func table(
        _ file: UnsafeRawBufferPointer, origin: String
    ) throws(ModelFileError) -> (range: Range<Int>, count: Int) {
        guard let end = endRecord(file) else {
            throw ModelFileError(
                .truncated, "\(origin): truncated: the zip archive has no directory at its end; fetch the file again")
        }
        var count = file.little(end + 10, UInt16.self).map { Int($0) }
        var size = file.little(end + 12, UInt32.self).map { Int($0) }
        var start = file.little(end + 16, UInt32.self).map { Int($0) }
        var limit = end
        if end >= 20, file.little(end - 20, UInt32.self) == 0x0706_4B50 {
            let record = file.little(end - 12, UInt64.self).flatMap { Int(exactly: $0) } ?? file.count
            guard record <= end - 20 - 56, file.little(record, UInt32.self) == 0x0606_4B50 else {
                throw ModelFileError(
                    .badHeader, "\(origin): damaged zip archive: its 64-bit end record is not there; fetch it again")
            }
            count = file.little(record + 32, UInt64.self).flatMap { Int(exactly: $0) }
            size = file.little(record + 40, UInt64.self).flatMap { Int(exactly: $0) }
            start = file.little(record + 48, UInt64.self).flatMap { Int(exactly: $0) }
            limit = record
        }
        guard let count, let size, let start, start <= limit, size <= limit - start, count <= size / Entry.fixed else {
            throw ModelFileError(
                .badHeader, "\(origin): damaged zip archive: its directory lies outside the file; fetch it again")
        }
        return (start..<start + size, count)
    }

    /// The end record: searched backwards, because a comment of unknown length may follow it.
    private static func endRecord(_ file: UnsafeRawBufferPointer) -> Int? {
        guard file.count >= 22 else { return nil }
        for offset in (max(0, file.count - 22 - 65535)...file.count - 22).reversed()
        where file.little(offset, UInt32.self) == 0x0605_4B50 {
            if let comment = file.little(offset + 20, UInt16.self), offset + 22 + Int(comment) == file.count {
                return offset
            }
        }
        return nil
    }

    /// Far more than the storages of any checkpoint with its optimiser.
    private static let mostMembers = 50_000
}

/// One entry of the archive's directory.
private struct Entry {
    static let fixed = 46

    let name: String?
    let checksum: UInt32
    /// Where the member's own header begins.
    let header: Int
    /// Behind the entry.
    let end: Int
    /// Why the member cannot be read, as the end of a sentence.
    let problem: String?
    private let size: Int
    private let nameBytes: UnsafeRawBufferPointer

    /// Nil when no entry fits at `offset`.
    init?(_ file: UnsafeRawBufferPointer, at offset: Int) {
        guard file.little(offset, UInt32.self) == 0x0201_4B50, let flags = file.little(offset + 8, UInt16.self),
            let method = file.little(offset + 10, UInt16.self), let checksum = file.little(offset + 16, UInt32.self),
            let packed = file.little(offset + 20, UInt32.self), let size = file.little(offset + 24, UInt32.self),
            let nameCount = file.little(offset + 28, UInt16.self).map({ Int($0) }),
            let extraCount = file.little(offset + 30, UInt16.self).map({ Int($0) }),
            let commentCount = file.little(offset + 32, UInt16.self).map({ Int($0) }),
            let header = file.little(offset + 42, UInt32.self)
        else { return nil }
        let names = offset + Self.fixed
        end = names + nameCount + extraCount + commentCount
        guard end <= file.count else { return nil }
        nameBytes = UnsafeRawBufferPointer(rebasing: file[names..<names + nameCount])
        name = (1...512).contains(nameCount) ? String(validating: nameBytes, as: UTF8.self) : nil
        self.checksum = checksum
        var values = [UInt64(size), UInt64(packed), UInt64(header)]
        let extra = UnsafeRawBufferPointer(rebasing: file[names + nameCount..<names + nameCount + extraCount])
        guard Self.widen(&values, extra), let wideSize = Int(exactly: values[0]),
            let widePacked = Int(exactly: values[1]), let wideHeader = Int(exactly: values[2])
        else { return nil }
        self.size = wideSize
        self.header = wideHeader
        problem =
            if flags & 1 != 0 {
                "is encrypted; this reader takes plain files of torch.save"
            } else if method != 0 || widePacked != wideSize {
                "is compressed, which torch.save never does; store it again without compression (zip -0)"
            } else {
                nil
            }
    }

    /// Puts the 64-bit values of the extra field where the 32-bit ones are all ones. False when one is missing.
    private static func widen(_ values: inout [UInt64], _ extra: UnsafeRawBufferPointer) -> Bool {
        let wide = values.indices.filter { values[$0] == 0xFFFF_FFFF }
        guard !wide.isEmpty else { return true }
        var offset = 0
        while let kind = extra.little(offset, UInt16.self), let count = extra.little(offset + 2, UInt16.self) {
            if kind == 1 {
                guard Int(count) >= 8 * wide.count else { return false }
                for (place, index) in wide.enumerated() {
                    guard let value = extra.little(offset + 4 + 8 * place, UInt64.self) else { return false }
                    values[index] = value
                }
                return true
            }
            offset += 4 + Int(count)
        }
        return false
    }

    /// Where the contents lie, behind the member's own header; nil when that does not fit into the file.
    func contents(_ file: UnsafeRawBufferPointer, before limit: Int) -> Range<Int>? {
        guard header <= limit, file.little(header, UInt32.self) == 0x0403_4B50,
            let nameCount = file.little(header + 26, UInt16.self).map({ Int($0) }),
            let extraCount = file.little(header + 28, UInt16.self).map({ Int($0) })
        else { return nil }
        let names = header + 30
        let start = names + nameCount + extraCount
        guard start <= limit, size <= limit - start, nameCount == nameBytes.count,
            zip(file[names..<names + nameCount], nameBytes).allSatisfy(==)
        else { return nil }
        return start..<start + size
    }
}

extension UnsafeRawBufferPointer {
    /// A little-endian number; nil when it does not lie inside the buffer.
    func little<Number: FixedWidthInteger>(_ offset: Int, _: Number.Type) -> Number? {
        guard offset >= 0, offset <= count - MemoryLayout<Number>.size else { return nil }
        return Number(littleEndian: loadUnaligned(fromByteOffset: offset, as: Number.self))
    }
}
