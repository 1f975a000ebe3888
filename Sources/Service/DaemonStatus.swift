/// The daemon's answer to `status` on its control socket.
public struct DaemonStatus: Sendable, Codable, Hashable {
    /// One camera. `arrived` is always `scored + gated + dropped +` the frames on their way, at most a few.
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
        public var reconnects: UInt64
        /// Time the last analysed frame took, in milliseconds.
        public var analysisMs: Int64
        public var openEvents: Int

        public init(
            name: String, state: String, detail: String?, arrived: UInt64, scored: UInt64, gated: UInt64,
            dropped: UInt64,
            reconnects: UInt64, analysisMs: Int64, openEvents: Int
        ) {
            self.name = name
            self.state = state
            self.detail = detail
            self.arrived = arrived
            self.scored = scored
            self.gated = gated
            self.dropped = dropped
            self.reconnects = reconnects
            self.analysisMs = analysisMs
            self.openEvents = openEvents
        }
    }

    public var version: String
    public var model: String
    public var uptimeSeconds: Int64
    public var cameras: [Camera]

    public init(version: String, model: String, uptimeSeconds: Int64, cameras: [Camera]) {
        self.version = version
        self.model = model
        self.uptimeSeconds = uptimeSeconds
        self.cameras = cameras
    }

    /// One line of JSON.
    public var json: String { controlJSON(self) }

    private enum CodingKeys: String, CodingKey {
        case version, model
        case uptimeSeconds = "uptime_seconds"
        case cameras
    }
}
