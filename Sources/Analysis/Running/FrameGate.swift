/// Decides which frames are analysed when a camera sends more than the operator wants: at most one per `interval` of
/// stream time, without drifting.
package struct FrameGate {
    private let interval: Duration
    private var next: Duration?

    /// `framesPerSecond` 0 lets every frame through.
    package init(framesPerSecond: Double) {
        interval = framesPerSecond > 0 ? .seconds(1) / framesPerSecond : .zero
    }

    /// Whether the frame at this presentation time is due. Time that jumps back or far ahead starts the rhythm anew.
    package mutating func admits(_ time: Duration) -> Bool {
        guard interval > .zero else { return true }
        // Half a millisecond of tolerance: containers round presentation times to their own tick.
        let tolerance = Duration.microseconds(500)
        guard let due = next, due - time <= interval else {
            next = time + interval
            return true
        }
        guard time + tolerance >= due else { return false }
        next = time - due < interval ? due + interval : time + interval
        return true
    }
}
