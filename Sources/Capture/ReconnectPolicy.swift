internal import Basics
public import Streams

/// Decides what follows when a source gives no more frames: try again after a while, or give up.
///
/// A pure state machine. Waiting times double from 0.5 s up to a limit that depends on what went wrong, not on how long an
/// outage lasts, each ±25 % at random so that cameras that were cut off together do not return together.
public struct ReconnectPolicy: Sendable {
    /// What the shell does next.
    public enum Action: Sendable, Hashable {
        case retry(after: Duration)
        case fail(StreamError)
    }

    /// Shortest and longest wait before the random share.
    public static let shortest = Duration.milliseconds(500)
    public static let longest = Duration.seconds(15)
    /// While nobody answers, asking costs next to nothing: soon after the camera is back, it is dialled.
    public static let longestUnanswered = Duration.seconds(2)
    /// A camera that answers but gives no pictures may still be starting.
    public static let longestAnswered = Duration.seconds(4)
    /// Good frames in a row after which a connection counts as healthy again.
    public static let healthyAfter = 10

    private let isLive: Bool
    private var random: SeededGenerator
    private var failures = 0
    private var goodFrames = 0

    /// - Parameter seed: differs from camera to camera.
    public init(isLive: Bool, seed: UInt64) {
        self.isLive = isLive
        random = SeededGenerator(seed: seed)
    }

    /// A frame was decoded.
    public mutating func frameArrived() {
        goodFrames += 1
        if goodFrames >= Self.healthyAfter { failures = 0 }
    }

    /// A connection was lost or could not be made.
    public mutating func failed(_ error: StreamError) -> Action {
        goodFrames = 0
        guard isLive, error.code != .unsupportedSource, error.code != .decoderMissing else { return .fail(error) }
        let wait: Duration
        switch error.code {
        // Cameras lock accounts after a few wrong passwords in a row.
        case .authenticationRefused: wait = Self.longest
        // A stream that kills its decoder does so again, and starting one takes a while.
        case .decoderFailed: wait = growing(to: Self.longest)
        case .unreachable, .timedOut: wait = growing(to: Self.longestUnanswered)
        default: wait = growing(to: Self.longestAnswered)
        }
        failures += 1
        return .retry(after: wait * random.uniform(in: 0.75..<1.25))
    }

    private func growing(to limit: Duration) -> Duration { min(limit, Self.shortest * (1 << min(failures, 5))) }
}
