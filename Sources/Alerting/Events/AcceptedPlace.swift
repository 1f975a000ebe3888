internal import Imaging

/// Where an event reached the maximum duration: what stays there is known by now and opens no new event.
///
/// First form: a piece of evidence is swallowed when at least half of it lies inside the place, it is at most twice as
/// large as the place, and its surprise is less than the event's peak plus `EventRules.acceptedMargin`. Anything else
/// has moved, grown or changed, and counts as new. A place quiet for the maximum duration is forgotten.
struct AcceptedPlace {
    let box: Box
    let surprise: Float
    var lastSeen: Duration

    init(box: Box, surprise: Float, lastSeen: Duration) {
        // Boxes of the same still thing differ a little from frame to frame.
        self.box = box.grown(by: 0.1 * max(box.width, box.height))
        self.surprise = surprise
        self.lastSeen = lastSeen
    }

    func swallows(_ evidence: Evidence, margin: Float) -> Bool {
        guard evidence.surprise < surprise + margin, evidence.box.area <= 2 * box.area else { return false }
        return evidence.box.intersection(with: box).area >= 0.5 * evidence.box.area
    }
}
