/// What an operator says about an event.
public enum EventLabel: String, Sendable, Codable, CaseIterable {
    /// A false alarm: this is normal here.
    case falseAlarm = "false"
    /// Rightly reported.
    case confirmed = "confirm"
}

/// One thing that was said about an event; it stands until it is taken back or something else is said.
public struct Acknowledgement: Sendable, Hashable {
    public let label: EventLabel
    /// When it was said, in Unix milliseconds UTC.
    public let timeMs: Int64
    /// When it was taken back; nil while it stands.
    public let undoneMs: Int64?
    public let note: String?
    /// The event's revision that this change of its label made; see `EventReader.changes(after:limit:)`.
    public let revision: Int64

    public var stands: Bool { undoneMs == nil }
}

/// An event with what stands about it, without its track.
public struct LabelledEvent: Sendable, Hashable {
    public let event: Event
    public let acknowledgement: Acknowledgement
}

/// Wishes to label an event, or to take its label back.
///
/// As JSON `label` is one of `false`, `confirm` and `none`.
public struct AckRequest: Sendable, Hashable, Codable {
    /// The event's id, or as much of its beginning as makes it unique.
    public let event: String
    /// Nil takes back what stands.
    public let label: EventLabel?
    public let note: String?

    /// Longer notes are refused, in bytes of UTF-8.
    public static let longestNote = 1000

    public init(event: String, label: EventLabel?, note: String? = nil) {
        self.event = event
        self.label = label
        self.note = note
    }

    private enum CodingKeys: String, CodingKey { case event, label, note }

    private static let withdrawal = "none"

    public init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        event = try values.decode(String.self, forKey: .event)
        note = try values.decodeIfPresent(String.self, forKey: .note)
        let text = try values.decode(String.self, forKey: .label)
        label = EventLabel(rawValue: text)
        guard label != nil || text == Self.withdrawal else {
            throw DecodingError.dataCorruptedError(
                forKey: .label, in: values, debugDescription: "\(text) is none of false, confirm, none")
        }
    }

    public func encode(to encoder: any Encoder) throws {
        var values = encoder.container(keyedBy: CodingKeys.self)
        try values.encode(event, forKey: .event)
        try values.encode(label?.rawValue ?? Self.withdrawal, forKey: .label)
        try values.encodeIfPresent(note, forKey: .note)
    }
}

/// What became of an `AckRequest`.
public struct AckOutcome: Sendable, Hashable, Codable {
    public let event: EventID
    public let camera: String
    /// Of a camera's own events; nil for an anomaly.
    public let kind: CameraEventKind?
    /// What stands now; nil when nothing does.
    public let label: EventLabel?
    /// What stood before.
    public let former: EventLabel?
}
