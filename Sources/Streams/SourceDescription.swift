/// How one source is opened and read.
public struct SourceDescription: Sendable, Hashable {
    /// How fast the frames of a file are handed out; cameras set their own pace.
    public enum Pace: String, Sendable, Codable {
        /// At the recorded times; frames that the consumer cannot take are dropped, as with a camera.
        case realtime
        /// As fast as the consumer takes them; no frame is dropped.
        case maximum
    }

    public var url: CameraURL
    public var pace: Pace
    /// Whether a file starts again at its end.
    public var loops: Bool
    /// For folders of images, which have no times of their own; more than 0.
    public var imagesPerSecond: Double
    /// Wider pictures are scaled down to this many pixels, keeping their shape; nil keeps the camera's own size.
    public var maximumWidth: Int?
    /// How long connecting and identifying the stream may take.
    public var openTimeout: Duration
    /// How long a connected stream may be silent; nil means the longer of 2 s and 5 frame periods.
    public var stallTimeout: Duration?

    public init(
        url: CameraURL, pace: Pace = .realtime, loops: Bool = false, imagesPerSecond: Double = 10,
        maximumWidth: Int? = nil, openTimeout: Duration = .seconds(5), stallTimeout: Duration? = nil
    ) {
        self.url = url
        self.pace = pace
        self.loops = loops
        self.imagesPerSecond = imagesPerSecond
        self.maximumWidth = maximumWidth
        self.openTimeout = openTimeout
        self.stallTimeout = stallTimeout
    }

    /// Whether frames come from a camera, which has no end.
    public var isLive: Bool { url.kind != .file }

    /// How long a file may take for one picture before its decoder counts as hung.
    static let fileTimeout = Duration.seconds(60)
    /// A camera with "smart" coding may send a key frame only every ten seconds.
    private static let firstPictureTimeout = Duration.seconds(12)

    /// How long a camera may send nothing.
    /// - Parameter period: nominal time between frames.
    func silenceLimit(period: Duration, isFirst: Bool) -> Duration {
        let limit = stallTimeout ?? max(.seconds(2), period * 5)
        return isFirst ? max(limit, Self.firstPictureTimeout) : limit
    }

    /// Whether every frame waits for the consumer.
    package var isLossless: Bool { !isLive && pace == .maximum }
}
