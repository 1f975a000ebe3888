import Basics
import Capture
import Imaging
import Service
import Streams

/// The frames of one source that is learned from: a clip to its end, or a camera for a while, over outages.
final class LearningFrames {
    private let clocks: any Clocks
    private let end: MonotonicTime
    private let isStopped: () -> Bool
    private let clip: FrameReader?
    private let session: CaptureSession?
    private let outage = Locked(Outage())

    private struct Outage {
        var wasConnected = false
        /// Why no frame will come: a camera that never answered, or one that cannot be watched at all.
        var failure: StreamError?
    }

    private static let slice = Duration.milliseconds(200)

    /// - Parameters:
    ///   - length: how long a camera is watched; clips are read whole.
    ///   - isStopped: whether the operator wants an end; asked several times a second.
    init(
        _ source: SourceDescription, camera: String, for length: Duration, clocks: any Clocks,
        isStopped: @escaping () -> Bool
    ) throws(StreamError) {
        self.clocks = clocks
        self.isStopped = isStopped
        end = clocks.monotonic() + length
        guard source.isLive else {
            clip = try FrameReader(source, camera: camera, clocks: clocks, decoding: DecoderProgram.place)
            session = nil
            return
        }
        clip = nil
        session = CaptureSession(
            camera: camera, source: source, clocks: clocks, capacity: 4, decoding: DecoderProgram.place
        ) { @Sendable [outage] event in Self.note(event, outage) }
        session?.start()
    }

    deinit { session?.stop() }

    /// The next frame; nil at the end, or when stopped.
    func next() throws(StreamError) -> Frame? {
        if let clip { return isStopped() ? nil : try clip.read() }
        guard let session else { return nil }
        while !isStopped(), clocks.monotonic() < end {
            switch session.mailbox.take(timeout: Self.slice) {
            case .frame(let frame):
                session.ledger.scored()
                return frame
            case .nothing:
                if let failure = outage.withLock({ $0.failure }) { throw failure }
            case .ended:
                if let failure = outage.withLock({ $0.failure }) { throw failure }
                return nil
            }
        }
        return nil
    }

    /// A camera that was there once will be back; one that never answered is probably mistyped.
    private static func note(_ event: CaptureEvent, _ outage: Locked<Outage>) {
        switch event {
        case .connected:
            let isBack = outage.withLock { state in
                defer { state.wasConnected = true }
                return state.wasConnected
            }
            if isBack { Terminal.note("the camera is back") }
        case .lost(let error):
            let wasConnected = outage.withLock { state in
                if !state.wasConnected { state.failure = error }
                return state.wasConnected
            }
            if wasConnected { Terminal.note("lost: \(error.message); waiting for it") }
        case .failed(let error): outage.withLock { $0.failure = error }
        case .changed, .retrying, .ended: break
        }
    }
}
