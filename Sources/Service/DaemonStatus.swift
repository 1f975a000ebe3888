public import Alerting
public import Basics
public import Capture
internal import Glibc
public import Imaging

/// The daemon's answer to `status` on its control socket: docs/schema/status.json. Keys are only ever added.
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
        /// Frames scored a second, over the last ten seconds.
        public var scoredPerSecond: Double
        /// How long the steps of a frame's analysis take, and all from its arrival until its verdict was handed on
        /// (`delay`), by name; without those that never happened.
        public var latencies: [String: Latency]

        public init(
            name: String, state: String, detail: String?, frames: FrameLedger.Counts, capture: CaptureCounters,
            analysisMs: Int64, openEvents: Int, pace: AnalysisPace.Reading = .init()
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
            scoredPerSecond = pace.scoredPerSecond
            latencies = pace.latencies
        }
    }

    /// Half of the times, and all but one in a hundred, are at most so long.
    public struct Latency: Sendable, Codable, Hashable {
        /// Milliseconds.
        public var p50: Double
        public var p99: Double
        /// How often it happened since the daemon's start.
        public var count: UInt64

        /// Nil where nothing was measured.
        public init?(_ histogram: LatencyHistogram) {
            guard let half = histogram.quantile(0.5), let most = histogram.quantile(0.99) else { return nil }
            func milliseconds(_ duration: Duration) -> Double { (duration / .microseconds(1)).rounded() / 1000 }
            (p50, p99, count) = (milliseconds(half), milliseconds(most), histogram.count)
        }
    }

    /// The event database and its writer.
    public struct Database: Sendable, Codable, Hashable {
        public var path: String
        /// Of the database and of its write-ahead log.
        public var bytes: Int64
        public var walBytes: Int64
        /// On its disk, for the daemon.
        public var freeBytes: Int64
        /// Transactions since the start, and how long they took with the disk's confirmation.
        public var commits: UInt64
        public var commit: Latency?
        /// Events that wait to be written, failures so far, and what was lost to them.
        public var waiting: Int
        public var failures: UInt64
        public var eventsLost: UInt64
        public var snapshotsLost: UInt64

        public init(path: String, writer: EventWriter.Counters) {
            self.path = path
            bytes = Self.size(path)
            walBytes = Self.size(path + "-wal")
            freeBytes = Self.free(path)
            commits = writer.transactions
            commit = Latency(writer.commitTimes)
            waiting = writer.waiting
            failures = writer.failures
            eventsLost = writer.eventsLost
            snapshotsLost = writer.snapshotsLost
        }

        private static func size(_ path: String) -> Int64 {
            var status = stat()
            return stat(path, &status) == 0 ? Int64(status.st_size) : 0
        }

        private static func free(_ path: String) -> Int64 {
            var status = statvfs()
            return statvfs(path, &status) == 0 ? Int64(status.f_bavail) * Int64(status.f_frsize) : 0
        }

        private enum CodingKeys: String, CodingKey {
            case path, bytes, commits, commit, waiting, failures
            case walBytes = "wal_bytes"
            case freeBytes = "free_bytes"
            case eventsLost = "events_lost"
            case snapshotsLost = "snapshots_lost"
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

    public var schema = 1
    public var version: String
    public var model: String
    public var uptimeSeconds: Int64
    /// Computing time that all cameras want, as a share of what there is, in percent.
    public var loadPercent: Int
    /// Whether cameras are analysed less often than they should be, as time is short.
    public var isShortOfTime: Bool
    public var cameras: [Camera]
    public var database: Database?
    /// Targets of notifications.
    public var notify: [OutboxStatus]

    public init(
        version: String, model: String, uptimeSeconds: Int64, loadPercent: Int, isShortOfTime: Bool, cameras: [Camera],
        database: Database? = nil, notify: [OutboxStatus] = []
    ) {
        self.version = version
        self.model = model
        self.uptimeSeconds = uptimeSeconds
        self.loadPercent = loadPercent
        self.isShortOfTime = isShortOfTime
        self.cameras = cameras
        self.database = database
        self.notify = notify
    }

    /// One line of JSON.
    public var json: String { controlJSON(self) }

    private enum CodingKeys: String, CodingKey {
        case schema, version, model, database
        case uptimeSeconds = "uptime_seconds"
        case loadPercent = "load_percent"
        case isShortOfTime = "short_of_time"
        case cameras, notify
    }
}
