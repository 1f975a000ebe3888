public import Imaging

/// What a source turned out to be.
public struct StreamInfo: Sendable, Hashable {
    /// Size of the frames handed out, in pixels.
    public var width: Int
    public var height: Int
    /// Announced frame rate; nil when the source does not say.
    public var framesPerSecond: Double?
    /// libavcodec's name of the codec, such as `h264`.
    public var codec: String
    /// What decodes: `software`, or the kind of device, such as `vaapi`.
    public var decoder = "software"
    /// Whether pictures come many at a time, long after they were taken.
    public var isSegmented = false
    /// Format of the frames handed out.
    public var format: PixelFormat
    /// Size before scaling.
    public var sourceWidth: Int
    public var sourceHeight: Int

    package init(
        width: Int, height: Int, framesPerSecond: Double?, codec: String, format: PixelFormat, sourceWidth: Int,
        sourceHeight: Int
    ) {
        self.width = width
        self.height = height
        self.framesPerSecond = framesPerSecond
        self.codec = codec
        self.format = format
        self.sourceWidth = sourceWidth
        self.sourceHeight = sourceHeight
    }

    /// Nominal time between frames.
    var period: Duration { .nanoseconds(Int64(1e9 / (framesPerSecond ?? 25))) }
}
