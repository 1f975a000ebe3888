package import Basics
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

    /// A lane, and when it was free for whoever has it: waking up is part of using it.
    private struct Loan: Sendable {
        let lane: Lane
        let since: MonotonicTime
    }

    /// Someone who waits for a lane, and is handed one.
    private final class Turn: Sendable {
        let loan = Locked<Loan?>(nil)
        let isHere = DispatchSemaphore(value: 0)
    }

    private let clocks: any Clocks
    private let all: [Lane]
    private let state: Locked<(free: [Lane], waiting: [Turn])>

    /// - Parameter extractors: one per lane, at least one.
    package init(_ extractors: sending [Extractor], clocks: any Clocks) {
        precondition(!extractors.isEmpty)
        self.clocks = clocks
        all = extractors.map { Lane(extractor: $0) }
        state = Locked((all, []))
    }

    /// Waits for a free extractor and runs `body` with it.
    package func withExtractor<Result>(_ body: (Extractor) -> Result) -> Result { timed(body).result }

    /// The same with the time that the caller waited, and the time that nobody else could have the lane.
    package func timed<Result>(_ body: (Extractor) -> Result) -> (result: Result, time: LaneTime) {
        let asked = clocks.monotonic()
        let loan = take()
        defer { giveBack(loan.lane) }
        let result = body(loan.lane.extractor)
        return (result, LaneTime(waited: loan.since - asked, held: clocks.monotonic() - loan.since))
    }

    /// Waits until no frame is under way and reads something of all extractors.
    func total(_ value: (Extractor) -> Int) -> Int {
        let loans = all.map { _ in take() }
        defer { for loan in loans { giveBack(loan.lane) } }
        return all.reduce(0) { $0 + value($1.extractor) }
    }

    /// Callers that wait now.
    package var waiting: Int { state.withLock { $0.waiting.count } }

    private func take() -> Loan {
        // Nobody waits while a lane is free.
        if let lane = state.withLock({ $0.free.popLast() }) { return Loan(lane: lane, since: clocks.monotonic()) }
        let turn = Turn()
        let free = state.withLock { state -> Lane? in
            if let lane = state.free.popLast() { return lane }
            state.waiting.append(turn)
            return nil
        }
        if let free { return Loan(lane: free, since: clocks.monotonic()) }
        turn.isHere.wait()
        guard let loan = turn.loan.withLock({ $0 }) else { preconditionFailure("a turn came without a lane") }
        return loan
    }

    private func giveBack(_ lane: Lane) {
        let next = state.withLock { state -> Turn? in
            guard !state.waiting.isEmpty else {
                state.free.append(lane)
                return nil
            }
            return state.waiting.removeFirst()
        }
        guard let next else { return }
        let loan = Loan(lane: lane, since: clocks.monotonic())
        next.loan.withLock { $0 = loan }
        next.isHere.signal()
    }
}

/// What a frame took of a lane.
package struct LaneTime: Sendable {
    package let waited: Duration
    package let held: Duration

    package init(waited: Duration = .zero, held: Duration) {
        self.waited = waited
        self.held = held
    }
}
