public import Alerting
public import Analysis
public import Imaging
public import Streams

/// Everything an operator can set; see the comments of the example file in the manual.
public struct Settings: Sendable, Hashable {
    /// The model bundle's folder.
    public var model = "/usr/share/monitord/models/default"
    /// The event database.
    public var database = "/var/lib/monitord/events.sqlite"
    /// The folder of what was learned about each camera.
    public var profiles = "/var/lib/monitord/profiles"
    /// The Unix socket that `monitorctl status` asks.
    public var controlSocket = "/run/monitord/control.sock"
    /// Threads that compute; nil for as many as there are processor cores.
    public var computeThreads: Int?
    /// Frames judged side by side, each on its share of the threads.
    public var framesAtOnce = 1
    public var logFormat = LogFormat.auto
    public var retention = RetentionSettings()
    /// At least one, with different names.
    public var cameras: [CameraSettings] = []
    /// Who is told of events, with different names.
    public var notify: [NotifySettings] = []

    public init() {}
}

/// How log lines look.
public enum LogFormat: String, Sendable, CaseIterable {
    /// For the journal under systemd, as text otherwise.
    case auto
    case text
    case json
}

/// How fast a recording is read.
public enum Pace: String, Sendable, CaseIterable {
    /// As fast as it was recorded.
    case realtime
    /// As fast as it can be analysed; every frame counts.
    case maximum
}

/// One camera.
public struct CameraSettings: Sendable, Hashable {
    /// Lower-case letters, digits, `-` and `_`; unique.
    public var name: String
    public var source: SourceAddress
    /// A sharper stream of the same camera, for the pictures of events.
    public var snapshotSource: SourceAddress?
    /// A file that holds the password of the user that the addresses name, and nothing else.
    public var passwordFile: String?
    /// For recordings.
    public var pace = Pace.realtime
    /// Frames per second; for folders of pictures, which do not say it themselves.
    public var frameRate: Double?
    /// How an RTSP camera sends its packets.
    public var transport = SourceDescription.Transport.tcp
    /// Whether an encrypted camera's certificate must be valid for its name.
    public var verifiesCertificate = true
    /// A file of certificates that count as authorities, instead of the system's.
    public var authorities: String?
    public var hardwareDecoding = SourceDescription.HardwareDecoding.off
    /// What a video device of this machine is asked for.
    public var device = DeviceRequest()
    /// Analyse at most this many frames per second; 0 for all.
    public var analysisRate = 5.0
    /// When frames in which nothing moves are left out.
    public var motionGating = MotionGating.auto
    /// Which profile applies; the camera's name unless set.
    public var profile: String
    /// Where to record verdicts for replay and evaluation.
    public var verdictLog: String?
    /// How many false alarms a day the operator will stand; nil: thresholds lie above all that held-out time showed.
    public var falseAlarmsPerDay: Double?
    /// How long a live camera is watched to learn a light that its profile does not know; 0 learns only by command.
    public var learningMinutes = 60.0
    public var rules = RuleSettings()
    /// Parts of the picture with names; see `ZoneMap`.
    public var zones: [Zone] = []
    public var retention = RetentionRules.Ages()

    public init(name: String, source: SourceAddress) {
        self.name = name
        self.source = source
        profile = name
    }

    /// What is black in every picture.
    public var privacy: [Polygon] { zones.filter { $0.kind == .privacy }.map(\.polygon) }
}

/// When evidence becomes an event; see `EventRules`.
public struct RuleSettings: Sendable, Hashable {
    /// Surprise that opens an event; nil for what the profile learned.
    public var enter: Float?
    /// Surprise down to which an event stays open; below `enter`. Nil for what the profile learned.
    public var exit: Float?
    public var confirmFrames = 3
    public var confirmWindow = 5
    public var quietTime: Duration = .seconds(5)
    public var maximumDuration: Duration = .seconds(600)

    public init() {}
}
