package import Basics
public import Imaging

/// Answer to the request for a picture.
public enum StillAnswer: Sendable {
    case still(Still)
    /// Why there is none.
    case missing(String)
}

/// An open stream that is read but not decoded, except for the one picture that is asked for. Used by one thread.
package protocol StillSource: AnyObject {
    /// What the source turned out to be.
    var info: StreamInfo { get }

    /// Lets time pass, `pause` at most; throws when the stream is over, as `PictureSource.next`.
    func watch(for pause: Duration) throws(StreamError)
    /// The picture that arrived nearest to `time`, at its full size, within `StillRules.timeLimit`. Throws when the
    /// stream is over.
    func still(at time: MonotonicTime) throws(StreamError) -> StillAnswer
}

/// What holds for pictures out of turn.
package enum StillRules {
    /// How long finding and decoding one may take.
    package static let timeLimit = Duration.seconds(2)
    /// A picture that arrived further away in time shows something else.
    package static let tolerance = Duration.seconds(1)
}
