internal import Basics
internal import Dispatch

/// Lends the feature extractors of an engine, each to one frame at a time.
///
/// One lane puts all cores on one frame, the soonest way to its verdict; several put fewer cores on each of several
/// frames, which wastes none where a layer is too small to be divided. Callers wait in the order in which they came.
final class ComputeLanes: Sendable {
    /// `@unchecked Sendable`: an extractor is used only by the caller that took it from `free`.
    private struct Lane: @unchecked Sendable {
        let extractor: FeatureExtractor
    }

    private let all: [Lane]
    private let free: Locked<[Lane]>
    private let available: DispatchSemaphore

    /// - Parameter extractors: one per lane, at least one.
    init(_ extractors: [FeatureExtractor]) {
        precondition(!extractors.isEmpty)
        all = extractors.map(Lane.init)
        free = Locked(all)
        available = DispatchSemaphore(value: extractors.count)
    }

    /// Waits for a free extractor and runs `body` with it.
    func withExtractor<Result>(_ body: (FeatureExtractor) -> Result) -> Result {
        available.wait()
        let lane = free.withLock { $0.removeLast() }
        defer {
            free.withLock { $0.append(lane) }
            available.signal()
        }
        return body(lane.extractor)
    }

    /// Waits until no frame is under way and reads something of all extractors.
    func total(_ value: (FeatureExtractor) -> Int) -> Int {
        for _ in all { available.wait() }
        defer { for _ in all { available.signal() } }
        return all.reduce(0) { $0 + value($1.extractor) }
    }
}
