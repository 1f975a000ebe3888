internal import Basics
internal import Dispatch

/// Lends the feature extractors of an engine, each to one frame at a time.
///
/// One lane puts all cores on one frame, the soonest way to its verdict; several put fewer cores on each of several
/// frames, which wastes none where a layer is too small to be divided. A lane that becomes free is handed to the caller
/// who has waited longest: a camera that comes back at once, again and again, gets one turn in each round.
package final class ComputeLanes<Extractor: AnyObject>: Sendable {
    /// `@unchecked Sendable`: an extractor is used only by the caller that took it.
    private struct Lane: @unchecked Sendable {
        let extractor: Extractor
    }

    /// Someone who waits for a lane, and is handed one.
    private final class Turn: Sendable {
        let lane = Locked<Lane?>(nil)
        let isHere = DispatchSemaphore(value: 0)
    }

    private let all: [Lane]
    private let state: Locked<(free: [Lane], waiting: [Turn])>

    /// - Parameter extractors: one per lane, at least one.
    package init(_ extractors: sending [Extractor]) {
        precondition(!extractors.isEmpty)
        all = extractors.map { Lane(extractor: $0) }
        state = Locked((all, []))
    }

    /// Waits for a free extractor and runs `body` with it.
    package func withExtractor<Result>(_ body: (Extractor) -> Result) -> Result {
        let lane = take()
        defer { giveBack(lane) }
        return body(lane.extractor)
    }

    /// Waits until no frame is under way and reads something of all extractors.
    func total(_ value: (Extractor) -> Int) -> Int {
        let lanes = all.map { _ in take() }
        defer { lanes.forEach(giveBack) }
        return all.reduce(0) { $0 + value($1.extractor) }
    }

    /// Callers that wait now.
    package var waiting: Int { state.withLock { $0.waiting.count } }

    private func take() -> Lane {
        // Nobody waits while a lane is free.
        if let lane = state.withLock({ $0.free.popLast() }) { return lane }
        let turn = Turn()
        let free = state.withLock { state -> Lane? in
            if let lane = state.free.popLast() { return lane }
            state.waiting.append(turn)
            return nil
        }
        if let free { return free }
        turn.isHere.wait()
        guard let lane = turn.lane.withLock({ $0 }) else { preconditionFailure("a turn came without a lane") }
        return lane
    }

    private func giveBack(_ lane: Lane) {
        let next = state.withLock { state -> Turn? in
            guard !state.waiting.isEmpty else {
                state.free.append(lane)
                return nil
            }
            return state.waiting.removeFirst()
        }
        next?.lane.withLock { $0 = lane }
        next?.isHere.signal()
    }
}
