/// How long what is kept.
public struct RetentionRules: Sendable, Hashable {
    /// Ages in days, by what they concern; nil: no limit, or the same as for all cameras.
    public struct Ages: Sendable, Hashable {
        /// Events of both sorts.
        public var events: Double?
        /// Single kinds, by their printed names.
        public var kinds: [String: Double] = [:]
        /// Pictures of events; the events stay.
        public var pictures: Double?
        /// Events that an operator confirmed, and their pictures; never less than others' age.
        public var confirmed: Double?

        public init() {}
    }

    public var ages = Ages()
    /// What a camera has of its own comes before what holds for all.
    public var cameras: [String: Ages] = [:]
    /// Of the database, about; the oldest events go first, confirmed ones last.
    public var maximumBytes: Int64?
    /// On the database's file system; as above.
    public var minimumFreeBytes: Int64?

    public init() {}

    static let dayMs = 86_400_000.0

    /// An event as far as it matters how long it is kept.
    struct Subject {
        let camera: String
        let kind: String
        let isConfirmed: Bool
    }

    /// The days that an event is kept; nil for ever.
    func days(_ subject: Subject) -> Double? {
        let own = cameras[subject.camera]
        let usual = own?.kinds[subject.kind] ?? own?.events ?? ages.kinds[subject.kind] ?? ages.events
        guard subject.isConfirmed else { return usual }
        guard let confirmed = own?.confirmed ?? ages.confirmed else { return nil }
        return usual.map { max($0, confirmed) }
    }

    /// The days that its pictures are kept; nil as long as the event.
    func pictureDays(_ subject: Subject) -> Double? {
        let own = cameras[subject.camera]
        guard let usual = own?.pictures ?? ages.pictures else { return nil }
        guard subject.isConfirmed else { return usual }
        return (own?.confirmed ?? ages.confirmed).map { max($0, usual) }
    }

    /// No event younger than this is due by its age; nil when none ever is.
    var shortestDays: Double? {
        ([ages] + cameras.values).flatMap { [$0.events, $0.pictures].compactMap(\.self) + $0.kinds.values }.min()
    }
}
