internal import Basics
internal import Imaging

/// Gives pictures their identity: number, stream position, arrival and wall time. One per camera, over all connections.
struct FrameStamper {
    private let camera: String
    private let clocks: any Clocks
    /// Whether frames come at the pace of real time, so that wall time can be checked against the clock.
    private let followsRealTime: Bool
    private var line = TimestampLine(period: .milliseconds(40))
    private var sequence: UInt64 = 0
    private var previous: (position: Duration, arrival: MonotonicTime)?
    private var wallAnchor: (wallMs: Int64, position: Duration)?
    private(set) var missing: UInt64 = 0
    private(set) var reanchored: UInt64 = 0
    private(set) var wallReanchors: UInt64 = 0
    /// Frames whose wall time is the camera's.
    private(set) var senderTimes: UInt64 = 0

    /// Wall time that is further off than this is derived anew: the clock was set, or the camera's clock drifts.
    private static let wallTolerance = Duration.seconds(3)

    /// A camera whose clock is further off than this is not believed.
    private static let senderTolerance = Duration.seconds(10)

    init(camera: String, clocks: any Clocks, followsRealTime: Bool) {
        self.camera = camera
        self.clocks = clocks
        self.followsRealTime = followsRealTime
    }

    /// Starts a connection whose stream clock knows nothing of the ones before.
    ///
    /// - Parameter period: nominal time between frames.
    mutating func begin(period: Duration) {
        wallAnchor = nil
        guard let previous else {
            line = TimestampLine(period: period)
            return
        }
        let gap = followsRealTime ? max(period, clocks.monotonic() - previous.arrival) : period
        line = TimestampLine(period: period, continuingAt: previous.position + gap)
    }

    /// The position of a picture on the camera's time line. Call once per decoded picture.
    mutating func place(_ time: Duration?) -> Duration {
        let (position, fault) = line.place(time)
        switch fault {
        case .none: break
        case .missing: missing += 1
        case .reanchored: reanchored += 1
        }
        return position
    }

    /// The frame that leaves Capture now.
    ///
    /// - Parameter senderWallMs: when the camera took it by the camera's own clock, if it said so.
    mutating func stamp(_ pixels: PixelBuffer, at position: Duration, senderWallMs: Int64?) -> Frame {
        let arrival = clocks.monotonic()
        let frame = Frame(
            camera: camera, sequence: sequence, presentationTime: position, arrival: arrival,
            wallTimeMs: wallTime(position, senderWallMs),
            pixels: pixels)
        sequence += 1
        previous = (position, arrival)
        return frame
    }

    private mutating func wallTime(_ position: Duration, _ senderWallMs: Int64?) -> Int64 {
        // The camera knows better than the network when a picture was taken, as long as its clock is set.
        if let senderWallMs, followsRealTime,
            abs(clocks.wallTimeMs() - senderWallMs) <= Self.senderTolerance.milliseconds
        {
            senderTimes += 1
            wallAnchor = (senderWallMs, position)
            return senderWallMs
        }
        if let anchor = wallAnchor {
            let derived = anchor.wallMs + (position - anchor.position).milliseconds
            guard followsRealTime else { return derived }
            if abs(clocks.wallTimeMs() - derived) <= Self.wallTolerance.milliseconds { return derived }
            wallReanchors += 1
        }
        let now = clocks.wallTimeMs()
        wallAnchor = (now, position)
        return now
    }
}
