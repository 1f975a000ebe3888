/// Which events to list; everything left out means "any".
public struct EventQuery: Sendable, Hashable {
    /// A place in the list, newest first: the event before which to go on.
    public struct Cursor: Sendable, Hashable, Codable {
        public let startMs: Int64
        public let id: EventID

        public init(_ event: Event) { self.init(.anomaly(event)) }

        public init(_ entry: HistoryEntry) {
            startMs = entry.startMs
            id = entry.id
        }
    }

    public var camera: String?
    /// Of anomalies and of camera events; with only one of them given, only that sort is listed.
    public var kinds: [EventKind] = []
    public var cameraKinds: [CameraEventKind] = []
    public var states: [EventState] = []
    /// Started at or after, in Unix milliseconds.
    public var sinceMs: Int64?
    /// Started before, in Unix milliseconds.
    public var untilMs: Int64?
    /// Camera events have none, so they are left out.
    public var minimumSurprise: Float?
    /// What operators say about them; nil stands for events without a label.
    public var labels: [EventLabel?] = []
    /// Only what comes after this place in the list.
    public var after: Cursor?
    public var limit = 50

    public init() {}
}

/// A piece of the list, newest first; the events come without their tracks.
public struct EventPage: Sendable, Hashable {
    public let events: [Event]
    /// What stands about those of them that have a label.
    public let acknowledgements: [EventID: Acknowledgement]
    /// Where the next page goes on; nil at the end.
    public let next: EventQuery.Cursor?
}

/// A piece of the whole history, newest first; anomalies come without their tracks.
public struct HistoryPage: Sendable, Hashable {
    public let entries: [HistoryEntry]
    /// What stands about those of them that have a label.
    public let acknowledgements: [EventID: Acknowledgement]
    /// Where the next page goes on; nil at the end.
    public let next: EventQuery.Cursor?
}
