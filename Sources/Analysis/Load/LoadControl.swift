internal import Basics
package import Imaging

/// Divides the time of an engine among its cameras: one for all of them.
///
/// While there is time for everybody, every camera is analysed as often as it wants and nothing is held back. When the
/// frames that are wanted would take more than `comfortable` of the time for a second, each camera has its share of
/// `FairShares` until there has been room for a while. Costs and rates are measured. Time is the arrival of the frames;
/// nothing here reads a clock. Any threads.
public final class LoadControl: Sendable {
    /// One camera at the engine. `leave` ends it.
    package struct Seat: Sendable {
        fileprivate let id: Int
        fileprivate let control: LoadControl

        /// Whether a frame is to be judged; nil, or why not. Call it for every frame that could be.
        package func gates(_ frame: Frame, isMoving: Bool) -> FrameLedger.GateReason? {
            control.change { $0.gates(id, frame.sequence, frame.arrival, isMoving: isMoving) }
        }

        /// A frame was judged.
        /// - Parameters:
        ///   - taken: of a lane.
        ///   - isSuspect: whether the camera has evidence that is not confirmed yet, or an open event.
        package func judged(_ frame: Frame, _ taken: LaneTime, isSuspect: Bool) {
            control.change { $0.judged(id, frame.arrival, taken, isSuspect: isSuspect) }
        }

        /// Frames per second that the camera would have analysed; nil until it is known.
        package var wanted: Double? { control.state.withLock { $0.cameras[id]?.wanted } }

        package func leave() { control.change { $0.leave(id) } }
    }

    private let state: Locked<LoadState>
    private let observer = Locked<(@Sendable (Bool) -> Void)?>(nil)

    /// - Parameter lanes: frames that are judged side by side.
    package init(lanes: Int) { state = Locked(LoadState(lanes: lanes)) }

    package func join(_ rate: AnalysisRate) -> Seat { Seat(id: change { $0.join(rate) }, control: self) }

    /// Calls `body` with true when time gets short, and with false when it no longer is; on a camera's queue.
    public func observe(_ body: @escaping @Sendable (Bool) -> Void) { observer.withLock { $0 = body } }

    /// Whether there is less time than all cameras together want.
    public var isShort: Bool { state.withLock { $0.isShort } }

    /// What all cameras want, as a share of the time that there is; above 1 when it is not enough.
    public var demand: Double { state.withLock { $0.demand } }

    private func change<Result>(_ body: (inout LoadState) -> Result) -> Result {
        let (result, isShort) = state.withLock { state in
            let before = state.isShort
            let result = body(&state)
            return (result, before == state.isShort ? nil : state.isShort)
        }
        if let isShort { observer.withLock { $0 }?(isShort) }
        return result
    }
}
