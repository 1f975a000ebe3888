internal import Basics

/// Which events of one camera one target is told of, when he does not want to hear of all.
///
/// Two rules, each in force where its time is above zero, both counted from the last event that *was delivered*:
///
/// - `interval`: no other event that began less than this after that one began;
/// - `quietFor`: no other event that began less than this after that one was seen last, and none while it is open.
///
/// An event that was suppressed, or could not be delivered, changes nothing. Times are those of the events, not of the
/// delivery, so that an outage of the target neither swallows events nor lets more through. Whatever follows an event
/// that was delivered (its closing) is delivered as well.
///
/// A pure value; what it remembers is one row per target and camera.
public struct Cooldown: Sendable, Hashable {
    public struct Rules: Sendable, Hashable {
        public var interval: Duration = .zero
        public var quietFor: Duration = .zero

        public init(interval: Duration = .zero, quietFor: Duration = .zero) {
            self.interval = interval
            self.quietFor = quietFor
        }
    }

    /// An event that was delivered.
    public struct Told: Sendable, Hashable {
        public let event: String
        /// Unix milliseconds UTC.
        public let startMs: Int64
        /// When it was seen last; nil while it is open.
        public let lastMs: Int64?

        public init(event: String, startMs: Int64, lastMs: Int64?) {
            self.event = event
            self.startMs = startMs
            self.lastMs = lastMs
        }
    }

    /// An event that begins so much earlier than the one before it tells of a clock that was set back; better one
    /// notification too many.
    static let slackMs: Int64 = 60_000

    private let rules: Rules
    public private(set) var last: Told?

    public init(_ rules: Rules, last: Told? = nil) {
        self.rules = rules
        self.last = last
    }

    /// Whether an event may be told; asking changes nothing.
    public func allows(event: String, startMs: Int64) -> Bool {
        guard let last, last.event != event, startMs >= last.startMs - Self.slackMs else { return true }
        if rules.interval > .zero, startMs - last.startMs < rules.interval.milliseconds { return false }
        guard rules.quietFor > .zero else { return true }
        guard let lastMs = last.lastMs else { return false }
        return startMs - lastMs >= rules.quietFor.milliseconds
    }

    /// An event was delivered.
    public mutating func delivered(_ told: Told) { last = told }

    /// An event was seen for the last time.
    public mutating func ended(_ event: String, lastMs: Int64) {
        guard let last, last.event == event else { return }
        self.last = Told(event: event, startMs: last.startMs, lastMs: lastMs)
    }
}
