internal import Analysis
internal import Imaging

/// Where what is seen is known by now and opens no new event: an event reached the maximum duration there, or the operator
/// called one a false alarm.
///
/// A piece of evidence is swallowed when at least half of it lies inside the place, it is at most twice as large as the
/// place, and its surprise is less than the event's peak plus `EventRules.acceptedMargin`. Anything else has moved, grown or
/// changed, and counts as new. A place that was quiet for the maximum duration, in the light in which it was accepted, is
/// forgotten: the thing is gone.
struct AcceptedPlace {
    /// In shares of the picture.
    private let box: Box
    private let surprise: Float
    let regime: Regime
    /// The event that was seen here.
    let event: EventID
    /// Whether the operator called it a false alarm; otherwise it rolled over.
    let isByOperator: Bool
    /// The object that was seen here last.
    private let track: Int?
    /// Stream time elapsed when it was accepted.
    private let since: Duration
    /// Whether an event continues the one that rolled over here.
    var isContinued = false
    /// How long nothing was seen here, of time judged in this regime.
    var quiet: Duration = .zero

    /// - Parameter track: of the object that the event saw last.
    init(_ event: Event, track: Int?, byOperator: Bool, at elapsed: Duration) {
        // Boxes of the same still thing differ a little from frame to frame.
        box = event.box.grown(by: 0.1 * max(event.box.width, event.box.height))
            .inShares(width: event.width, height: event.height)
        surprise = event.surprise
        regime = event.regime
        self.event = event.id
        self.track = track
        since = elapsed
        isByOperator = byOperator
    }

    /// - Parameter place: the evidence's box in shares of the picture.
    func swallows(_ evidence: Evidence, at place: Box, margin: Float) -> Bool {
        guard evidence.surprise < surprise + margin, place.area <= 2 * box.area else { return false }
        return place.intersection(with: box).area >= 0.5 * place.area
    }

    /// Whether an incident goes on from the event that rolled over here: it began later, and it is the same object or was
    /// seen here first.
    func isContinued(by incident: Incident) -> Bool {
        guard !isByOperator, !isContinued, incident.start >= since else { return false }
        return track.map(incident.tracks.contains) ?? false || box.overlap(with: incident.firstBox) >= 0.3
    }

    /// Whether an event took the place over: it covers at least half of it. What only passes by does not.
    func isTakenOver(by event: Box) -> Bool {
        !isByOperator && box.intersection(with: event).area >= 0.5 * box.area
    }
}

extension Box {
    /// From pixels of a picture of `width` x `height` to shares of it.
    func inShares(width: Int, height: Int) -> Box { scaled(x: 1 / Float(max(1, width)), y: 1 / Float(max(1, height))) }
}
