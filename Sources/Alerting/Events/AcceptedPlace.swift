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
    let box: Box
    let surprise: Float
    let regime: Regime
    /// The event that the operator called a false alarm; nil after a rollover.
    let event: EventID?
    /// How long nothing was seen here, of time judged in this regime.
    var quiet: Duration = .zero

    init(_ event: Event, byOperator: Bool) {
        // Boxes of the same still thing differ a little from frame to frame.
        box = event.box.grown(by: 0.1 * max(event.box.width, event.box.height))
        surprise = event.surprise
        regime = event.regime
        self.event = byOperator ? event.id : nil
    }

    func swallows(_ evidence: Evidence, margin: Float) -> Bool {
        guard evidence.surprise < surprise + margin, evidence.box.area <= 2 * box.area else { return false }
        return evidence.box.intersection(with: box).area >= 0.5 * evidence.box.area
    }
}
