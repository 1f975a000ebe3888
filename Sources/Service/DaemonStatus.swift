public import Alerting
public import Capture
public import Imaging

/// The daemon's answer to `status` on its control socket.
public struct DaemonStatus: Sendable, Codable, Hashable {
    /// One camera. `arrived` is always `scored + gated + dropped + waiting + inAnalysis`.
    public struct Camera: Sendable, Codable, Hashable {
        public var name: String
        /// `connecting`, `watching`, `reconnecting`, `ended` or `failed`.
        public var state: String
        /// What the state needs to be understood, such as the last error; never with credentials.
        public var detail: String?
        public var arrived: UInt64
        public var scored: UInt64
        public var gated: UInt64
        public var dropped: UInt64
        public var waiting: UInt64
        public var inAnalysis: UInt64
        /// `gated` and `dropped` by reason; see `FrameLedger`.
        public var gatedBy: [String: UInt64]
        public var droppedBy: [String: UInt64]
        public var reconnects: UInt64
        /// What the stream cost: attempts that failed, packets that could not be decoded, timestamps set right.
        public var stream: Stream
        /// Time the last analysed frame took, in milliseconds.
        public var analysisMs: Int64
        public var openEvents: Int

        public init(
            name: String, state: String, detail: String?, frames: FrameLedger.Counts, capture: CaptureCounters,
            analysisMs: Int64, openEvents: Int
        ) {
            self.name = name
            self.state = state
            self.detail = detail
            arrived = frames.arrived
            scored = frames.scored
            gated = frames.gated
            dropped = frames.dropped
            waiting = frames.waiting
            inAnalysis = frames.inAnalysis
            gatedBy = Dictionary(
                uniqueKeysWithValues: FrameLedger.GateReason.allCases.map { ("\($0)", frames.gated($0)) })
            droppedBy = Dictionary(
                uniqueKeysWithValues: FrameLedger.DropReason.allCases.map { ("\($0)", frames.dropped($0)) })
            reconnects = capture.connections > 0 ? capture.connections - 1 : 0
            stream = Stream(capture)
            self.analysisMs = analysisMs
            self.openEvents = openEvents
        }
    }

    /// Counters of a camera's stream since the daemon's start.
    public struct Stream: Sendable, Codable, Hashable {
        public var connections: UInt64
        public var failures: UInt64
        public var decodeErrors: UInt64
        public var missingTimestamps: UInt64
        public var reanchoredTimestamps: UInt64
        public var wallReanchors: UInt64
        /// Frames timed by the camera's own clock, from its sender reports.
        public var senderTimes: UInt64

        init(_ capture: CaptureCounters) {
            connections = capture.connections
            failures = capture.failures
            decodeErrors = capture.decodeErrors
            missingTimestamps = capture.missingTimestamps
            reanchoredTimestamps = capture.reanchoredTimestamps
            wallReanchors = capture.wallReanchors
            senderTimes = capture.senderTimes
        }
    }

    public var version: String
    public var model: String
    public var uptimeSeconds: Int64
    /// Computing time that all cameras want, as a share of what there is, in percent.
    public var loadPercent: Int
    /// Whether cameras are analysed less often than they should be, as time is short.
    public var isShortOfTime: Bool
    public var cameras: [Camera]
    /// Targets of notifications.
    public var notify: [OutboxStatus]

    public init(
        version: String, model: String, uptimeSeconds: Int64, loadPercent: Int, isShortOfTime: Bool, cameras: [Camera],
        notify: [OutboxStatus] = []
    ) {
        self.version = version
        self.model = model
        self.uptimeSeconds = uptimeSeconds
        self.loadPercent = loadPercent
        self.isShortOfTime = isShortOfTime
        self.cameras = cameras
        self.notify = notify
    }

    /// One line of JSON.
    public var json: String { controlJSON(self) }

    private enum CodingKeys: String, CodingKey {
        case version, model
        case uptimeSeconds = "uptime_seconds"
        case loadPercent = "load_percent"
        case isShortOfTime = "short_of_time"
        case cameras, notify
    }
}
