/// Turns a stream's presentation times into a line that always grows.
///
/// Cheap cameras repeat, lose and reset their timestamps; the line goes on by one frame period there and is anchored anew.
package struct TimestampLine {
    /// What was wrong with a timestamp.
    package enum Fault: Sendable, Hashable {
        case none
        case missing
        case reanchored
    }

    /// Larger steps count as a jump.
    private let jumpLimit: Duration
    private let period: Duration
    private var previousStream: Duration?
    private var offset: Duration = .zero
    /// The last position handed out.
    package private(set) var last: Duration?

    /// - Parameter period: nominal time between frames.
    package init(period: Duration) {
        self.period = period
        jumpLimit = max(.seconds(10), period * 5)
    }

    /// Begins a new connection: its first frame will be placed at `position`, whatever its timestamp says.
    package init(period: Duration, continuingAt position: Duration) {
        self.init(period: period)
        pending = position
    }

    private var pending: Duration = .zero

    /// The position of the next frame, later than every one before.
    package mutating func place(_ stream: Duration?) -> (position: Duration, fault: Fault) {
        guard let last else { return (anchor(stream, at: pending), stream == nil ? .missing : .none) }
        guard let stream else {
            // The stream's clock is taken to have moved as well, so that the next timestamp fits.
            previousStream = previousStream.map { $0 + period }
            self.last = last + period
            return (last + period, .missing)
        }
        guard let previousStream else { return (anchor(stream, at: last + period), .none) }
        let step = stream - previousStream
        let position = stream + offset
        if step > jumpLimit || position <= last { return (anchor(stream, at: last + period), .reanchored) }
        self.previousStream = stream
        self.last = position
        return (position, .none)
    }

    private mutating func anchor(_ stream: Duration?, at position: Duration) -> Duration {
        previousStream = stream
        offset = position - (stream ?? position)
        last = position
        return position
    }
}
