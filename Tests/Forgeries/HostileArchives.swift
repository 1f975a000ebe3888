internal import FoundationEssentials

extension HostileFile {
    /// Archives whose records lie.
    static var hostileArchives: [HostileFile] {
        let entry: [UInt8] = [0x50, 0x4B, 1, 2]
        let end: [UInt8] = [0x50, 0x4B, 5, 6]
        let wideEnd: [UInt8] = [0x50, 0x4B, 6, 6]
        let locator: [UInt8] = [0x50, 0x4B, 6, 7]
        let lies: [(String, [UInt8], Int, [UInt8])] = [
            ("an entry of 4 GB", entry, 20, [255, 255, 255, 255, 255, 255, 255, 255]),
            ("an entry of 2 GB", entry, 20, [255, 255, 255, 127, 255, 255, 255, 127]),
            ("an entry outside the file", entry, 42, [0, 0, 0, 127]),
            ("an entry within another", entry, 42, [1, 0, 0, 0]),
            ("an entry with a long name", entry, 28, [255, 255]),
            ("an entry with a long extra field", entry, 30, [255, 255]),
            ("an entry without a name", entry, 28, [0, 0]), ("a deflated entry", entry, 10, [8, 0]),
            ("an encrypted entry", entry, 8, [1, 0]), ("an entry of other lengths", entry, 20, [1, 0, 0, 0]),
            ("another checksum", entry, 16, [1, 2, 3, 4]), ("a file header elsewhere", [0x50, 0x4B, 3, 4], 0, [0x51]),
            ("another name at the member", [0x50, 0x4B, 3, 4], 30, [0x58]),
            ("a name beyond the file", [0x50, 0x4B, 3, 4], 26, [255, 255]),
            ("fewer entries than there are", wideEnd, 32, [1, 0, 0, 0, 0, 0, 0, 0]),
            ("more entries than there are", wideEnd, 32, [200, 0, 0, 0, 0, 0, 0, 0]),
            ("2^64 - 1 entries", wideEnd, 32, [255, 255, 255, 255, 255, 255, 255, 255]),
            ("a directory of 2^63 bytes", wideEnd, 40, [0, 0, 0, 0, 0, 0, 0, 128]),
            ("a directory at 2^63", wideEnd, 48, [0, 0, 0, 0, 0, 0, 0, 128]),
            ("a directory at the beginning", wideEnd, 48, [0, 0, 0, 0, 0, 0, 0, 0]),
            ("a 64-bit end record elsewhere", locator, 8, [0, 0, 0, 0, 0, 0, 0, 0]),
            ("a 64-bit end record at 2^64 - 1", locator, 8, [255, 255, 255, 255, 255, 255, 255, 255]),
            ("a comment longer than the file", end, 20, [255, 255]),
        ]
        return lies.map { name, record, offset, bytes in
            HostileFile("an archive with \(name)") { patched(record, offset, bytes) }
        } + made
    }

    private static func patched(_ record: [UInt8], _ offset: Int, _ bytes: [UInt8]) -> Data {
        var data = model().serialized()
        guard let start = data.firstRange(of: Data(record))?.lowerBound else { return data }
        data.replaceSubrange(start + offset..<start + offset + bytes.count, with: bytes)
        return data
    }

    private static var made: [HostileFile] {
        [
            HostileFile("an archive of 60000 members") {
                var zip = model().archive()
                for number in 0..<60_000 { zip.add("model/data/x\(number)", .bytes(Data())) }
                return zip.serialized()
            },
            HostileFile("two members of one name") {
                var zip = model().archive()
                zip.add("model/data/0", .bytes(Data([1, 2, 3, 4])))
                return zip.serialized()
            },
            HostileFile("two pickles") {
                var zip = model().archive()
                zip.add("other/data.pkl", .bytes(Data([0x80, 2, 0x7D, 0x2E])))
                return zip.serialized()
            },
            HostileFile("no pickle") {
                var zip = ZipWriter()
                zip.add("model/data/0", .bytes(Data(count: 4)))
                return zip.serialized()
            },
            HostileFile("an empty pickle") { model().archive(pickle: Data()).serialized() },
            HostileFile("big-endian numbers") {
                var writer = model()
                writer.byteOrder = "big"
                return writer.serialized()
            },
            HostileFile("an empty archive") { ZipWriter().serialized() },
            HostileFile("the beginning of an archive and zeros") { Data([0x50, 0x4B, 3, 4]) + Data(count: 1 << 20) },
        ]
    }
}
