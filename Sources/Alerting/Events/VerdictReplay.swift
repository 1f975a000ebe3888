public import Analysis
public import Basics

/// Turns the verdicts of a recording into those of a camera that is watched now: a pure value, without clocks.
///
/// Stream time, sequence numbers and wall times stay as they were recorded, so that events are dated when they happened.
/// Arrivals are moved to the present, as far apart as stream time says; what the recording does not hold, the heat map, is
/// empty.
public struct VerdictReplay: Sendable {
    /// What one recorded verdict becomes.
    public struct Step: Sendable {
        public let verdict: Verdict
        /// Conditions of the picture that this verdict has and the one before had not, and the reverse. The recording does
        /// not say since when they hold, nor whether what ends was accepted.
        public let changes: [PictureChange]
    }

    private let camera: String
    private let began: MonotonicTime
    /// Stream time since the first verdict, as `EventMachine` counts it.
    private var elapsed: Duration = .zero
    private var last: Verdict?

    /// A longer recording is none: sums of its times would not fit.
    private static let longest: Duration = .seconds(10 * 366 * 86_400)

    /// - Parameters:
    ///   - camera: whose events they become.
    ///   - began: when the first verdict arrives.
    public init(camera: String, began: MonotonicTime) {
        self.camera = camera
        self.began = began
    }

    /// - Parameter place: for the error's message, such as `yard.ndjson:17`.
    /// - Throws: `StoreError` `.malformed` when the recording's times span more than ten years.
    public mutating func take(_ recorded: Verdict, at place: String) throws(StoreError) -> Step {
        elapsed += step(to: recorded)
        guard elapsed < Self.longest else {
            throw StoreError(.malformed, "\(place): not a verdict of this recording: it is years later than the first")
        }
        let before = last?.conditions ?? []
        last = recorded
        let changes = PictureCondition.allCases.compactMap { condition -> PictureChange? in
            let (was, holds) = (before.contains(condition), recorded.conditions.contains(condition))
            return was == holds ? nil : PictureChange(condition, holds ? .begins : .restored, age: .zero)
        }
        let verdict = Verdict(
            camera: camera, sequence: recorded.sequence, presentationTime: recorded.presentationTime,
            arrival: began + elapsed, wallTimeMs: recorded.wallTimeMs, width: recorded.width, height: recorded.height,
            light: recorded.light, isJudged: recorded.isJudged, conditions: recorded.conditions,
            isViewHidden: recorded.isViewHidden, objects: recorded.objects, regions: recorded.regions, map: .none,
            timings: recorded.timings)
        return Step(verdict: verdict, changes: changes)
    }

    /// Timestamps go back where a recording of another run begins, and so may the arrivals when the machine was started
    /// again.
    private func step(to verdict: Verdict) -> Duration {
        guard let last else { return .zero }
        let stream = verdict.presentationTime - last.presentationTime
        if stream >= .zero { return stream }
        let arrival = verdict.arrival - last.arrival
        if arrival >= .zero { return arrival }
        return .milliseconds(max(0, verdict.wallTimeMs - last.wallTimeMs))
    }
}
