internal import Basics
internal import Dispatch
public import Imaging

/// Where capture leaves frames for analysis: a few places, and the newest frames win.
///
/// For a lossless source the producer waits for a free place instead. One producer, one consumer, any threads.
public final class FrameMailbox: Sendable {
    /// What `take` found.
    public enum Taken: Sendable {
        case frame(Frame)
        /// Nothing came in time.
        case nothing
        /// No frame will come any more.
        case ended
    }

    private struct State {
        var frames: [Frame] = []
        var isFinished = false
        var isClosed = false
    }

    private let capacity: Int
    private let waitsForConsumer: Bool
    /// Written while `state` is held, so that it agrees with what waits here.
    private let ledger: FrameLedger
    private let state = Locked(State())
    private let available = DispatchSemaphore(value: 0)
    private let space = DispatchSemaphore(value: 0)

    /// - Parameters:
    ///   - capacity: places, at least 1.
    ///   - waitsForConsumer: whether `put` waits for a free place rather than replacing the oldest frame.
    ///   - ledger: the camera's; frames are entered from their arrival until they are taken.
    package init(capacity: Int, waitsForConsumer: Bool, ledger: FrameLedger) {
        precondition(capacity > 0)
        self.capacity = capacity
        self.waitsForConsumer = waitsForConsumer
        self.ledger = ledger
        state.withLock { $0.frames.reserveCapacity(capacity) }
        if waitsForConsumer { for _ in 0..<capacity { space.signal() } }
    }

    /// The oldest waiting frame; waits up to `timeout` for one.
    public func take(timeout: Duration) -> Taken {
        guard available.wait(timeout: .now() + .nanoseconds(Int(timeout.nanoseconds))) == .success else {
            return .nothing
        }
        return pop()
    }

    /// Leaves a frame. A frame put after `close` counts as dropped.
    package func put(_ frame: Frame) {
        if waitsForConsumer { space.wait() }
        let isNew = state.withLock { state -> Bool in
            guard !state.isClosed, !state.isFinished else {
                ledger.arrived(dropped: .stopped)
                return false
            }
            let replaces = state.frames.count == capacity
            if replaces { state.frames.removeFirst() }
            state.frames.append(frame)
            ledger.arrived(replacing: replaces)
            return !replaces
        }
        if isNew { available.signal() }
    }

    /// No more frames will be put; those that wait may still be taken.
    package func finish() {
        state.withLock { state in
            guard !state.isFinished else { return }
            state.isFinished = true
            available.signal()
        }
    }

    /// Ends at once: waiting frames are dropped and counted, a waiting producer returns.
    package func close() {
        state.withLock { state in
            state.isClosed = true
            ledger.discarded(state.frames.count)
            state.frames.removeAll(keepingCapacity: true)
        }
        space.signal()
        finish()
    }

    private func pop() -> Taken {
        let taken = state.withLock { state -> Taken in
            if state.frames.isEmpty { return state.isFinished ? .ended : .nothing }
            ledger.taken()
            return .frame(state.frames.removeFirst())
        }
        switch taken {
        case .frame: if waitsForConsumer { space.signal() }
        // The end stays visible to every later call.
        case .ended: available.signal()
        case .nothing: break
        }
        return taken
    }
}
