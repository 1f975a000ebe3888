public import Basics
internal import Imaging
public import Streams

/// A camera's second, sharper stream: kept open but not decoded, until a picture of it is asked for.
///
/// On a thread of its own. Reconnected for ever, until `stop`; whatever happens to it, nobody waits for it.
public final class MainStream: Sendable {
    public let camera: String
    public let source: SourceDescription

    private struct Request {
        let time: MonotonicTime
        let asked: MonotonicTime
        let answer: @Sendable (StillAnswer) -> Void
    }

    private struct State {
        /// Why no picture can be had; nil while connected.
        var absence: String? = "the main stream is not connected yet"
        var requests: [Request] = []
    }

    private let clocks: any Clocks
    private let dialler: Dialler
    private let decoding: DecodingPlace
    private let onEvent: @Sendable (CaptureEvent) -> Void
    private let interrupt: Interrupt
    private let state = Locked(State())
    private let thread = SessionThread()

    /// Requests that may wait; each costs its own decoding.
    private static let requestLimit = 4

    /// - Parameters:
    ///   - gate: limits simultaneous connection attempts among sessions.
    ///   - decoding: in which process the stream is read and decoded.
    ///   - onEvent: called on the stream's thread.
    public init(
        camera: String, source: SourceDescription, clocks: any Clocks, gate: DialGate = .shared,
        decoding: DecodingPlace = .here, onEvent: @escaping @Sendable (CaptureEvent) -> Void
    ) {
        self.camera = camera
        self.source = source
        self.clocks = clocks
        self.decoding = decoding
        self.onEvent = onEvent
        interrupt = Interrupt(clocks: clocks)
        dialler = Dialler(camera: camera, source: source, clocks: clocks, gate: gate, interrupt: interrupt)
    }

    /// Begins to connect; does nothing when already started.
    public func start() {
        let hasThread = thread.start { @Sendable [self] in run() }
        guard !hasThread else { return }
        let error = StreamError(.outOfResources, "no thread is left for the main stream of \(camera)")
        dismiss(error.message)
        onEvent(.failed(error))
    }

    /// Ends within a fraction of a second; requests that wait are answered. Not restartable.
    ///
    /// Returns when the thread is done, at the latest after `timeout`; false means it was not.
    @discardableResult
    public func stop(timeout: Duration = .seconds(2)) -> Bool {
        interrupt.cancel()
        return thread.wait(upTo: timeout)
    }

    /// Asks for the picture that arrived nearest to `time`. Returns at once; `answer` is called once: on this stream's
    /// thread within a few seconds, or here when there is nothing to wait for.
    public func still(at time: MonotonicTime, _ answer: @escaping @Sendable (StillAnswer) -> Void) {
        let refusal = state.withLock { state -> String? in
            if let absence = state.absence { return absence }
            guard state.requests.count < Self.requestLimit else { return "too many pictures were asked for at once" }
            state.requests.append(Request(time: time, asked: clocks.monotonic(), answer: answer))
            return nil
        }
        if let refusal { answer(.missing(refusal)) }
    }

    // MARK: The stream's thread

    private func run() {
        // Pictures are rare and large: none is kept for the next.
        let opener = source.opener(
            in: decoding, camera: camera + "/main", interrupt: interrupt, memory: PixelBufferPool(capacity: 0))
        var policy = ReconnectPolicy(isLive: true, seed: dialler.seed)
        while !interrupt.isCancelled {
            do throws(StreamError) {
                try serve(try dialler.dial(opener) { opener throws(StreamError) in try opener.keep() }, &policy)
            } catch {
                guard error.code != .stopped else { break }
                dismiss("the main stream is away: \(error.message)")
                switch policy.failed(error) {
                case .fail(let reason): return onEvent(.failed(reason))
                case .retry(let wait):
                    onEvent(.lost(error))
                    onEvent(.retrying(after: wait))
                    dialler.sleep(until: clocks.monotonic() + wait)
                }
            }
        }
        dismiss("the main stream was stopped")
    }

    /// One connection, until it ends.
    private func serve(_ stream: any StillSource, _ policy: inout ReconnectPolicy) throws(StreamError) {
        state.withLock { $0.absence = nil }
        onEvent(.connected(stream.info))
        while !interrupt.isCancelled {
            // Answered only when done: if the stream ends meanwhile, `dismiss` answers.
            guard let request = state.withLock({ $0.requests.first }) else {
                try stream.watch(for: Dialler.slice)
                policy.frameArrived()
                continue
            }
            let isLate = clocks.monotonic() - request.asked > StillRules.timeLimit
            let answer = isLate ? .missing("others were asked for before") : try stream.still(at: request.time)
            _ = state.withLock { $0.requests.removeFirst() }
            request.answer(answer)
        }
    }

    /// No picture can be had from now on.
    private func dismiss(_ reason: String) {
        let left = state.withLock { state -> [Request] in
            defer { state.requests = [] }
            state.absence = reason
            return state.requests
        }
        for request in left { request.answer(.missing(reason)) }
    }
}
