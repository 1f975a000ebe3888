import Alerting
import Basics
import FoundationEssentials
import Glibc
import ModelFiles

/// Copies a part of the history out of the database, page by page: no snapshot of it lasts longer than one page, so the
/// daemon's write-ahead log is never held up.
struct Exporter {
    struct Summary {
        var events = 0
        var pictures = 0
        var bytes = 0
    }

    private struct Picture: Encodable {
        let path: String
        let kind: String
        let stream: String
        let time: String
        let bytes: Int
        let sha256: String
    }

    /// An event as in `monitorctl events -o json`, with its track and its pictures.
    private struct ExportedEvent: Encodable {
        private struct Rest: Encodable { let pictures: [Picture] }

        let event: EventDocument
        let pictures: [Picture]

        func encode(to encoder: any Encoder) throws {
            try event.encode(to: encoder)
            try Rest(pictures: pictures).encode(to: encoder)
        }
    }

    private struct Head: Encodable {
        let schema = 1
        let program = "monitorctl \(Product.version)"
        let created: String
        /// What was asked for; absent where nothing bounds it.
        let since: String?
        let until: String?
    }

    static let pictureFolder = "pictures"
    private static let pageSize = 100

    private let reader: EventReader
    private let target: any ExportTarget
    private let now: Int64
    private let events: OutputFile
    private let page: OutputFile
    private var sums: [String] = []
    private var summary = Summary()

    /// - Parameter place: of the export; what is still to be copied into it waits beside it.
    init(_ reader: EventReader, to target: any ExportTarget, place: String, now: Int64) throws(ExportError) {
        self.reader = reader
        self.target = target
        self.now = now
        events = try Self.waiting(place, "events")
        page = try Self.waiting(place, "page")
    }

    /// A file without a name, which goes away with the process.
    private static func waiting(_ place: String, _ name: String) throws(ExportError) -> OutputFile {
        let file = try OutputFile("\(ExportPlace.temporary(place))-\(name)", name: place)
        unlink(file.path)
        return file
    }

    /// Writes all of it but for the last step, `ExportTarget.commit`.
    mutating func run(_ query: EventQuery) throws -> Summary {
        let head = Head(
            created: UTCTime.rfc3339(now), since: query.sinceMs.map(UTCTime.rfc3339),
            until: query.untilMs.map(UTCTime.rfc3339))
        // The list of events is the object's last member.
        try events.append(JSONText.line(head).dropLast().utf8)
        try events.append(#","events":["#.utf8)
        try page.append(ExportPage.head(query, now: now).utf8)
        var query = query
        query.limit = Self.pageSize
        repeat {
            let found = try reader.history(query)
            for entry in found.entries { try add(entry, found.acknowledgements[entry.id]) }
            query.after = found.next
        } while query.after != nil
        try events.append("\n]}\n".utf8)
        try page.append(ExportPage.foot(summary).utf8)
        try add("events.json", events)
        try add("index.html", page)
        try add("README.txt", Array(ExportReadme.text(now: now).utf8), modifiedMs: now)
        try target.add("SHA256SUMS", Array(sums.joined().utf8), modifiedMs: now)
        return summary
    }

    private mutating func add(_ listed: HistoryEntry, _ said: Acknowledgement?) throws {
        // With its track; it may have been removed since it was listed.
        guard let entry = try reader.entry(listed.id.description) else { return }
        var pictures: [Picture] = []
        for snapshot in try reader.pictures(of: entry) {
            let path = "\(Self.pictureFolder)/\(entry.id)-\(snapshot.kind.rawValue).jpg"
            try add(path, snapshot.jpeg, modifiedMs: snapshot.timeMs)
            summary.pictures += 1
            pictures.append(
                Picture(
                    path: path, kind: snapshot.kind.rawValue, stream: snapshot.stream.rawValue,
                    time: UTCTime.rfc3339(snapshot.timeMs), bytes: snapshot.jpeg.count,
                    sha256: Checksum.sha256(Data(snapshot.jpeg))))
        }
        let document = ExportedEvent(event: EventDocument(entry, said, track: true), pictures: pictures)
        try events.append("\(summary.events == 0 ? "" : ",")\n\(JSONText.line(document))".utf8)
        try page.append(ExportPage.row(entry, said, pictures: pictures.map(\.path)).utf8)
        summary.events += 1
    }

    private mutating func add(_ name: String, _ bytes: [UInt8], modifiedMs: Int64) throws(ExportError) {
        try target.add(name, bytes, modifiedMs: modifiedMs)
        sums.append("\(Checksum.sha256(Data(bytes)))  \(name)\n")
        summary.bytes += bytes.count
    }

    private mutating func add(_ name: String, _ content: OutputFile) throws {
        try target.add(name, content, modifiedMs: now)
        // By its descriptor, as it has no name.
        sums.append("\(try Checksum.sha256(file: content.link).digest)  \(name)\n")
        summary.bytes += content.count
    }
}
