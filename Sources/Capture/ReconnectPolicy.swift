internal import Basics
public import Streams

/// Decides what follows when a source gives no more frames: try again after a while, or give up.
///
/// A pure state machine. Waiting times double from 0.5 s to 15 s, each ±25 % at random so that cameras that were cut off
/// together do not return together; they do not depend on how long an outage lasts.
public struct ReconnectPolicy: Sendable {
    /// What the shell does next.
    public enum Action: Sendable, Hashable {
        case retry(after: Duration)
        case fail(StreamError)
    }

    /// Shortest and longest wait before the random share.
    public static let shortest = Duration.milliseconds(500)
    public static let longest = Duration.seconds(15)
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
        guard isLive, error.code != .unsupportedSource, error.code != .outOfResources else { return .fail(error) }
        let wait: Duration
        if error.code == .authenticationRefused {
            // Cameras lock accounts after a few wrong passwords in a row.
            wait = Self.longest
        } else {
            wait = min(Self.longest, Self.shortest * (1 << min(failures, 5)))
        }
        failures += 1
        return .retry(after: wait * random.uniform(in: 0.75..<1.25))
    }
}
