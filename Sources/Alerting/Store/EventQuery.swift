/// Which events are meant; everything left out means "any".
public struct EventFilter: Sendable, Hashable {
    public var cameras: [String] = []
    /// Of anomalies and of camera events; with only one of them given, only that sort is listed.
    public var kinds: [EventKind] = []
    public var cameraKinds: [CameraEventKind] = []
    public var states: [EventState] = []
    /// What operators say about them; nil stands for events without a label.
    public var labels: [EventLabel?] = []
    /// They touched any of these.
    public var zones: [String] = []

    public init() {}
}

/// Which events to list, and in what order; everything left out means "any".
public struct EventQuery: Sendable, Hashable {
    public enum Order: String, Sendable, Hashable, CaseIterable {
        /// By their start, newest first.
        case time
        /// By their surprise, highest first; camera events have none, so they are left out.
        case surprise
    }

    /// A place in the list, after an entry; another process can go on from its text.
    public struct Cursor: Sendable, Hashable {
        let startMs: Int64
        let entry: Int64
        /// In lists by surprise.
        let surprise: Double?

        init(_ key: HistoryKey, _ order: Order) {
            startMs = key.startMs
            entry = key.entry
            surprise = order == .surprise ? key.surprise : nil
        }

        /// Reads `text`; nil for any other.
        public init?(_ text: String) {
            let parts = text.split(separator: "_", omittingEmptySubsequences: false)
            guard (2...3).contains(parts.count), let startMs = Int64(parts[parts.count - 2]),
                let entry = Int64(parts[parts.count - 1])
            else { return nil }
            self.startMs = startMs
            self.entry = entry
            surprise = parts.count == 3 ? Double(parts[0]) : nil
            if parts.count == 3, surprise.map({ !$0.isFinite }) ?? true { return nil }
        }

        public var text: String { (surprise.map { "\($0)_" } ?? "") + "\(startMs)_\(entry)" }

        /// Of the lists that it is a place in.
        public var order: Order { surprise == nil ? .time : .surprise }
    }

    public var filter = EventFilter()
    /// Started at or after, in Unix milliseconds.
    public var sinceMs: Int64?
    /// Started before, in Unix milliseconds.
    public var untilMs: Int64?
    /// At least and at most this peak surprise. Camera events have none, so they are left out.
    public var minimumSurprise: Float?
    public var maximumSurprise: Float?
    public var order = Order.time
    /// Oldest, or least surprising, first.
    public var isReversed = false
    /// Only what comes after this place in the list.
    public var after: Cursor?
    public var limit = 50

    public init() {}
}

/// A piece of the list; the events come without their tracks.
public struct EventPage: Sendable, Hashable {
    public let events: [Event]
    /// What stands about those of them that have a label.
    public let acknowledgements: [EventID: Acknowledgement]
    /// Where the next page goes on; nil at the end.
    public let next: EventQuery.Cursor?
}

/// A piece of the whole history; anomalies come without their tracks.
public struct HistoryPage: Sendable, Hashable {
    public let entries: [HistoryEntry]
    /// What stands about those of them that have a label.
    public let acknowledgements: [EventID: Acknowledgement]
    /// The place after each entry.
    public let cursors: [EventQuery.Cursor]
    /// Where the next page goes on; nil at the end.
    ///
    /// Almost always a page before the last is full. Where a filter of surprise and a time, or another sort of list, are so
    /// unlike the rest of the history that too many entries had to be passed over, it holds what was found so far.
    public let next: EventQuery.Cursor?
}
