internal import Basics
internal import FoundationEssentials

/// One message to one target.
public struct EventNotice: Sendable, Hashable {
    /// What it tells.
    public enum Moment: String, Sendable, Hashable {
        case opened, closed, labelled
        /// Asked for by an operator; of no event.
        case test
    }

    /// The place in the order of commits.
    package let number: Int64
    /// Event, moment and revision: the same for every attempt and across restarts, so that whoever gets a message twice
    /// can tell.
    public let id: String
    public let camera: String
    /// The event's id; empty in a test.
    public let event: String
    public let moment: Moment
    /// Of the event, Unix milliseconds UTC.
    public let startMs: Int64
    /// When it was committed.
    public let timeMs: Int64
    /// Ids of earlier messages of the same event that could not be delivered in time and are told by this one.
    public internal(set) var includes: [String]
    /// Attempts that failed.
    public let attempts: Int
    /// The event as it was then, one JSON object.
    public let document: String

    package init(
        number: Int64 = 1, id: String, camera: String, event: String, moment: Moment, startMs: Int64 = 0,
        timeMs: Int64 = 0, includes: [String] = [], attempts: Int = 0, document: String = "{}"
    ) {
        self.number = number
        self.id = id
        self.camera = camera
        self.event = event
        self.moment = moment
        self.startMs = startMs
        self.timeMs = timeMs
        self.includes = includes
        self.attempts = attempts
        self.document = document
    }

    /// The message as JSON, version 1; keys are only ever added.
    ///
    /// - Parameter picture: a JPEG of the event, to be sent along.
    public func json(picture: [UInt8]? = nil) -> String {
        let fields: [(String, String)] = [
            ("schema", "1"), ("id", Self.quoted(id)), ("moment", Self.quoted(moment.rawValue)),
            ("time", Self.quoted(UTCTime.rfc3339(timeMs))), ("camera", Self.quoted(camera)),
            ("includes", "[" + includes.map(Self.quoted).joined(separator: ",") + "]"), ("event", document),
        ]
        // Base64 has nothing that JSON would escape.
        let tail = picture.map { [("picture_jpeg", "\"" + Data($0).base64EncodedString() + "\"")] } ?? []
        return "{" + (fields + tail).map { "\"\($0.0)\":\($0.1)" }.joined(separator: ",") + "}"
    }

    private static func quoted(_ text: String) -> String { OutboxJSON.text(text) }
}

/// Small values as JSON.
enum OutboxJSON {
    static func text(_ value: some Encodable) -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.withoutEscapingSlashes]
        // Texts and lists of them always encode.
        return (try? encoder.encode(value)).map { String(decoding: $0, as: UTF8.self) } ?? "null"
    }

    static func list(_ text: String?) -> [String] {
        text.flatMap { try? JSONDecoder().decode([String].self, from: Data($0.utf8)) } ?? []
    }
}
