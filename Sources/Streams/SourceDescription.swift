public import Imaging

/// How one source is opened and read.
public struct SourceDescription: Sendable, Hashable {
    /// How fast the frames of a file are handed out; cameras set their own pace.
    public enum Pace: String, Sendable, Codable {
        /// At the recorded times; frames that the consumer cannot take are dropped, as with a camera.
        case realtime
        /// As fast as the consumer takes them; no frame is dropped.
        case maximum
    }

    /// How RTSP cameras send their packets.
    public enum Transport: String, Sendable, Codable, CaseIterable {
        /// Within the connection; nothing is lost on the way.
        case tcp
        /// Beside the connection; for cameras that cannot otherwise. What the network loses is missing in pictures.
        case udp
        /// Within the connection, or beside it when the camera refuses that.
        case auto
    }

    /// Where pictures are decoded.
    public enum HardwareDecoding: String, Sendable, Codable, CaseIterable {
        case off
        /// By a device that the VA-API knows; in software where there is none, or when it fails.
        case vaapi
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
    public var transport = Transport.tcp
    /// Whether a camera's certificate must be valid for its name.
    public var verifiesCertificate = true
    /// A file of certificates that count as authorities, instead of the system's.
    public var authorities: String?
    public var hardwareDecoding = HardwareDecoding.off
    /// Parts of every picture that are blackened before anybody gets it.
    public var privacy: [Polygon] = []
    /// What a device is asked for; it may give something near.
    public var device = DeviceRequest()

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

    /// HLS comes in segments of up to ten seconds.
    private static let segmentTimeout = Duration.seconds(30)

    /// How long a camera may send nothing.
    func silenceLimit(_ info: StreamInfo, isFirst: Bool) -> Duration {
        let limit = stallTimeout ?? max(info.isSegmented ? Self.segmentTimeout : .seconds(2), info.period * 5)
        return isFirst ? max(limit, Self.firstPictureTimeout) : limit
    }

    /// Whether every frame waits for the consumer.
    package var isLossless: Bool { !isLive && pace == .maximum }
}
