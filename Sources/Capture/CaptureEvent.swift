public import Streams

/// What happens to a source, in order. Delivered on the capture thread: return quickly.
public enum CaptureEvent: Sendable, Hashable {
    /// The first frame of a connection was decoded.
    case connected(StreamInfo)
    /// Size or format of the frames changed in mid-stream.
    case changed(StreamInfo)
    /// The connection was lost, or could not be made.
    case lost(StreamError)
    /// The next attempt starts after this time.
    case retrying(after: Duration)
    /// A file was read to its end.
    case ended
    /// The source will give no more frames, and trying again would not help.
    case failed(StreamError)
}
