public import Imaging

/// A stretch of stream time, perhaps at a place.
public struct Occurrence: Sendable, Hashable {
    /// First and last moment on the stream's own clock, in milliseconds.
    public let startMs: Int64
    public let endMs: Int64
    /// Everything it covered, in pixels of the analysed frame; nil when only time counts.
    public let box: Box?

    public init(startMs: Int64, endMs: Int64, box: Box? = nil) {
        precondition(startMs <= endMs)
        self.startMs = startMs
        self.endMs = endMs
        self.box = box
    }

    /// Whether the two share a moment, give or take `tolerance`, and, where both have a place, touch.
    func meets(_ other: Occurrence, tolerance: Duration) -> Bool {
        let slack = tolerance.components.seconds * 1000 + tolerance.components.attoseconds / 1_000_000_000_000_000
        guard startMs <= other.endMs + slack, other.startMs <= endMs + slack else { return false }
        guard let box, let theirs = other.box else { return true }
        return box.intersection(with: theirs).area > 0
    }
}

/// Detected events against what really happened.
public struct EventMatching: Sendable, Hashable {
    /// For each true anomaly: the delay from its start to the start of the first event that meets it and did not begin
    /// before it, in milliseconds; nil when none does. Negative when the event began within the tolerance before it.
    public let delaysMs: [Int64?]
    /// Indices of events that meet no true anomaly.
    public let falseEvents: [Int]
    /// How many false events began before the first true anomaly.
    public let falseBeforeFirst: Int
    /// How many events meet some true anomaly.
    public let trueEvents: Int

    /// - Parameter tolerance: how far apart an event and an anomaly may lie in time and still meet: detectors need a
    ///   moment to confirm, and traces of a thing outlast it.
    public init(events: [Occurrence], anomalies: [Occurrence], tolerance: Duration = .seconds(1)) {
        delaysMs = anomalies.map { anomaly in
            let slack = tolerance.components.seconds * 1000 + tolerance.components.attoseconds / 1_000_000_000_000_000
            let starts = events.lazy
                .filter { $0.meets(anomaly, tolerance: tolerance) && $0.startMs >= anomaly.startMs - slack }
                .map(\.startMs)
            return starts.min().map { $0 - anomaly.startMs }
        }
        falseEvents = events.indices.filter { index in
            !anomalies.contains { events[index].meets($0, tolerance: tolerance) }
        }
        let first = anomalies.map(\.startMs).min() ?? .max
        falseBeforeFirst = falseEvents.count { events[$0].startMs < first }
        trueEvents = events.count - falseEvents.count
    }

    /// True anomalies that some event meets.
    public var found: Int { delaysMs.count { $0 != nil } }
    /// Share of true anomalies found, in [0, 1]; nil without any.
    public var recall: Double? { delaysMs.isEmpty ? nil : Double(found) / Double(delaysMs.count) }
    /// Share of events that are true, in [0, 1]; nil without any.
    public var precision: Double? {
        let all = trueEvents + falseEvents.count
        return all == 0 ? nil : Double(trueEvents) / Double(all)
    }
}
