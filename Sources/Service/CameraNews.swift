public import Basics
public import Capture
internal import Imaging
public import Logging
public import Streams

/// What the log says of a camera's connection: every change once, and of what goes on only a reminder now and then.
///
/// A pure state machine: a camera that is away for a week, or that comes and goes every second, leaves some lines an hour.
public struct CameraNews: Sendable {
    /// One line of the log.
    public struct Line: Sendable, Hashable {
        public let level: Logger.Level
        public let text: String
    }

    /// Time without pictures, from the first loss to a connection that held.
    private struct Outage {
        let start: MonotonicTime
        var attempts = 0
        /// Reasons that were told since the last reminder.
        var told: Set<String> = []
        var reminded: MonotonicTime
    }

    private var outage: Outage?
    /// When the present connection was made.
    private var connected: MonotonicTime?
    private var known: StreamInfo?

    /// How often an outage that goes on is mentioned.
    public static let reminder = Duration.seconds(600)
    /// A connection that breaks sooner belongs to the outage before it.
    public static let steady = Duration.seconds(10)

    public init() {}

    /// The lines that `event` is worth.
    public mutating func note(_ event: CaptureEvent, at now: MonotonicTime) -> [Line] {
        switch event {
        case .connected(let info): return connect(info, now)
        case .changed(let info): return change(info)
        case .lost(let error): return lose(error, now)
        case .retrying(let wait): return [Line(level: .debug, text: "trying again in \(wait.milliseconds) ms")]
        case .ended: return [Line(level: .info, text: "the recording has ended")]
        case .failed(let error): return [Line(level: .error, text: "cannot watch: \(error.message)")]
        }
    }

    /// A frame rate that was only guessed at first is no news.
    private mutating func change(_ info: StreamInfo) -> [Line] {
        defer { known = info }
        var before = known
        before?.framesPerSecond = info.framesPerSecond
        return before == info ? [] : [Line(level: .info, text: "the stream changed to \(info.words)")]
    }

    private mutating func connect(_ info: StreamInfo, _ now: MonotonicTime) -> [Line] {
        connected = now
        known = info
        guard let outage else { return [Line(level: .info, text: "watching \(info.words)")] }
        // Told at the first return; the outage is over only once the connection has held.
        guard self.outage?.told.insert("back").inserted == true else { return [] }
        let away = (now - outage.start).milliseconds
        return [
            Line(
                level: .notice,
                text: "watching \(info.words) again after \(away / 1000).\(away % 1000 / 100) s"
                    + (outage.attempts > 1 ? " and \(outage.attempts) attempts" : ""))
        ]
    }

    private mutating func lose(_ error: StreamError, _ now: MonotonicTime) -> [Line] {
        if let connected, now - connected >= Self.steady { outage = nil }
        connected = nil
        var current = outage ?? Outage(start: now, reminded: now)
        current.attempts += 1
        defer { outage = current }
        if now - current.reminded >= Self.reminder {
            current.reminded = now
            current.told = [error.code.rawValue]
            let minutes = (now - current.start).milliseconds / 60_000
            return [
                Line(
                    level: .warning,
                    text: "lost for \(minutes) minutes, \(current.attempts) attempts: \(error.message)")
            ]
        }
        guard current.told.insert(error.code.rawValue).inserted else { return [] }
        return [Line(level: .warning, text: "lost: \(error.message)")]
    }
}

extension StreamInfo {
    /// Such as `h264 1920x1080 rgb24 at 25 frames/s`.
    public var words: String {
        let rate = framesPerSecond.map { " at \(Int($0.rounded())) frames/s" } ?? ""
        let device = decoder == "software" ? "" : " by \(decoder)"
        return "\(codec)\(device) \(width)x\(height) \(format.rawValue)\(rate)"
    }
}
