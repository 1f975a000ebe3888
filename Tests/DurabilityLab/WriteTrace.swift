internal import Foundation

/// What the daemon did to the files of one folder, in the order in which it happened; see `write_trace.c`.
package struct WriteTrace {
    package enum Operation {
        case create(String)
        /// `bytes` is where they lie in `data`.
        case write(String, offset: Int, bytes: Range<Int>)
        case truncate(String, length: Int)
        /// The file is at least that long from now on.
        case grow(String, length: Int)
        /// Everything written to the file before is on the disk.
        case sync(String)
        /// So are the names of the folder's files.
        case syncFolder
        case remove(String)
        case rename(String, to: String)
        /// Said on standard error.
        case log(String)
        /// Answered on a socket.
        case answer(String)
        /// A line was added to `fed.ndjson`.
        case fed
    }

    package struct Record {
        package let time: Duration
        package let operation: Operation
    }

    package let records: [Record]
    package let data: [UInt8]

    package struct Malformed: Error {
        let place: Int
    }

    package init(_ path: String) throws {
        data = Array(try Data(contentsOf: URL(filePath: path)))
        var records: [Record] = []
        var position = 0
        while position < data.count, let end = data[position...].firstIndex(of: UInt8(ascii: "\n")) {
            let words = String(decoding: data[position..<end], as: UTF8.self).split(
                separator: " ", maxSplits: 4, omittingEmptySubsequences: false)
            guard words.count == 5, let time = Int64(words[1]), let offset = Int(words[2]), let count = Int(words[3])
            else { throw Malformed(place: position) }
            let hasBytes = ["W", "L", "A"].contains(words[0])
            let bytes = end + 1..<end + 1 + (hasBytes ? count : 0)
            // A killed process leaves half a record.
            guard bytes.upperBound < data.count else { break }
            guard
                let operation = Self.operation(String(words[0]), String(words[4]), offset, bytes, data)
            else { throw Malformed(place: position) }
            records.append(Record(time: .nanoseconds(time), operation: operation))
            position = bytes.upperBound + 1
        }
        self.records = records
    }

    private static func operation(
        _ kind: String, _ name: String, _ offset: Int, _ bytes: Range<Int>, _ data: [UInt8]
    ) -> Operation? {
        switch kind {
        case "C": return .create(name)
        case "W": return .write(name, offset: offset, bytes: bytes)
        case "T": return .truncate(name, length: offset)
        case "G": return .grow(name, length: offset)
        case "S": return name.isEmpty ? .syncFolder : .sync(name)
        case "U": return .remove(name)
        case "R":
            let names = name.split(separator: "/").map(String.init)
            return names.count == 2 ? .rename(names[0], to: names[1]) : nil
        case "L": return .log(String(decoding: data[bytes], as: UTF8.self))
        case "A": return .answer(String(decoding: data[bytes], as: UTF8.self))
        case "F": return .fed
        default: return nil
        }
    }
}
