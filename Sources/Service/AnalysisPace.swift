public import Analysis
public import Basics

/// How fast one camera is judged: what `status` tells of it. Any threads.
public final class AnalysisPace: Sendable {
    /// At one moment.
    public struct Reading: Sendable {
        public var scoredPerSecond = 0.0
        public var latencies: [String: DaemonStatus.Latency] = [:]

        public init() {}
    }

    private struct State {
        var rate = RecentRate()
        var steps: [String: LatencyHistogram] = [:]
    }

    private let state = Locked(State())

    public init() {}

    /// A frame was judged.
    /// - Parameter delay: from its arrival until its verdict was handed on.
    public func judged(_ timings: StageTimings, delay: Duration, at now: MonotonicTime) {
        state.withLock { state in
            state.rate.add(at: now)
            let steps = [
                ("preprocess", timings.preprocess), ("backbone", timings.backbone), ("objects", timings.objects),
                ("pixels", timings.pixels), ("delay", delay),
            ]
            // A part that the model lacks takes no time.
            for (name, time) in steps where time > .zero { state.steps[name, default: LatencyHistogram()].add(time) }
        }
    }

    public func reading(at now: MonotonicTime) -> Reading {
        state.withLock { state in
            var reading = Reading()
            reading.scoredPerSecond = (state.rate.perSecond(at: now) * 100).rounded() / 100
            reading.latencies = state.steps.compactMapValues(DaemonStatus.Latency.init)
            return reading
        }
    }
}
