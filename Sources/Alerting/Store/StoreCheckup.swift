internal import FoundationEssentials
internal import GRDB
internal import Imaging

/// Looks through the event database for what should not be; changes nothing, and works while a daemon writes.
public struct StoreCheckup {
    /// Something that should not be.
    public struct Finding: Sendable, Hashable {
        public enum Kind: String, Sendable, Hashable, CaseIterable {
            /// Pages or rows that SQLite cannot make sense of.
            case structure
            /// Tables or indexes that differ from those that this version makes.
            case schema
            /// A row that refers to one that is not there.
            case reference
            /// The most surprising frame of an event, without which it cannot be shown.
            case peak
            /// State, reason and end that contradict each other.
            case state
            /// An event that is open although nobody watches it any more.
            case leftOpen = "left-open"
            /// A revision that two events share, so that followers may miss one.
            case revision
            /// A value that this version does not know.
            case value
            /// Something that is no picture.
            case picture
        }

        public let kind: Kind
        public let text: String

        /// What a repair does about it.
        public var remedy: String {
            switch kind {
            case .structure: "build indexes again, or copy every readable row into a new database"
            case .schema: "copy every readable row into a new database"
            case .reference: "remove the row"
            case .peak: "use the most surprising frame that is left"
            case .state: "make it interrupted, without an end"
            case .leftOpen: "make it interrupted, last seen when it was"
            case .revision: "give it a new revision"
            case .value: "nothing: another version may know it"
            case .picture: "remove the picture"
            }
        }
    }

    private let path: String
    private let decodesPictures: Bool
    private var findings: [Finding] = []

    /// As many of one kind are told one by one.
    private static let limit = 100

    /// Reads the whole database, in one read for its structure and many short ones for the rest.
    /// - Parameter decodesPictures: decode each picture, instead of looking at its beginning and end.
    /// - Throws: `StoreError` when there is no database of ours, or one of another version.
    public static func run(path: String, decodesPictures: Bool = false) throws(StoreError) -> [Finding] {
        try StoreFile.checkExists(path)
        var checkup = StoreCheckup(path: path, decodesPictures: decodesPictures)
        do {
            try checkup.run()
        } catch let error where StoreFile.isDamage(error) && StoreFile.isOurs(path) {
            checkup.add(.structure, StoreFile.reason(error))
        } catch {
            throw StoreFile.error(error, path)
        }
        return checkup.findings
    }

    private init(path: String, decodesPictures: Bool) {
        self.path = path
        self.decodesPictures = decodesPictures
    }

    private mutating func add(_ kind: Finding.Kind, _ text: String) {
        let finding = Finding(kind: kind, text: text)
        if !findings.contains(finding) { findings.append(finding) }
    }

    private mutating func run() throws {
        let database = try DatabaseQueue(path: path, configuration: StoreFile.configuration(readonly: true))
        try database.read { db in
            try StoreFile.check(db, path)
            guard try StoreSchema.migrator.hasCompletedMigrations(db) else {
                throw StoreError(
                    .olderSchema, "\(path) was written by an older version; start the daemon to upgrade it")
            }
        }
        let structure = try database.read { db in
            try String.fetchAll(db, sql: "PRAGMA integrity_check(\(Self.limit))").filter { $0 != "ok" }
        }
        for line in structure { add(.structure, line) }
        for line in try database.read(StoreSchema.drift) { add(.schema, line) }
        for reference in try database.read(StoreReference.broken) { add(.reference, reference.description) }
        for rule in StoreRule.all {
            for text in try database.read({ try rule.violations($0, limit: Self.limit) }) { add(rule.kind, text) }
        }
        if decodesPictures { try decodePictures(database) }
    }

    private mutating func decodePictures(_ database: DatabaseQueue) throws {
        for table in ["snapshot", "camera_snapshot"] {
            var last = Int64.min
            while true {
                let rows = try database.read { [last] db in
                    try Row.fetchAll(
                        db, sql: "SELECT rowid, event, jpeg FROM \(table) WHERE rowid > ? ORDER BY rowid LIMIT 50",
                        arguments: [last])
                }
                guard let end = rows.last else { break }
                last = end["rowid"]
                for row in rows where (try? JPEG.decode(row["jpeg"] as Data)) == nil {
                    add(.picture, StoreRule.picture(table, row["event"], row["rowid"]))
                }
            }
        }
    }
}
