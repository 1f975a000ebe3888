public import Basics
public import Imaging
public import Streams

/// Keeps one source open on a thread of its own and leaves its frames in `mailbox`.
///
/// Cameras are reconnected for ever, until `stop`; files end. All methods may be called from any thread.
public final class CaptureSession: Sendable {
    public let camera: String
    public let source: SourceDescription
    /// Where the consumer takes the frames.
    public let mailbox: FrameMailbox
    /// Where every frame is; whoever takes frames from the mailbox enters how they ended.
    public let ledger: FrameLedger

    private let clocks: any Clocks
    private let decoding: DecodingPlace
    private let onEvent: @Sendable (CaptureEvent) -> Void
    private let interrupt: Interrupt
    private let poolCapacity: Int
    private let progress = Locked(CaptureCounters())
    private let thread = SessionThread()
    private let dialler: Dialler

    /// - Parameters:
    ///   - capacity: frames that may wait for the consumer.
    ///   - gate: limits simultaneous connection attempts among sessions.
    ///   - decoding: in which process the stream is decoded.
    ///   - onEvent: called on the capture thread.
    public init(
        camera: String, source: SourceDescription, clocks: any Clocks, capacity: Int = 2, gate: DialGate = .shared,
        decoding: DecodingPlace = .here, onEvent: @escaping @Sendable (CaptureEvent) -> Void
    ) {
        self.camera = camera
        self.source = source
        self.clocks = clocks
        self.decoding = decoding
        self.onEvent = onEvent
        ledger = FrameLedger()
        mailbox = FrameMailbox(capacity: capacity, waitsForConsumer: source.isLossless, ledger: ledger)
        interrupt = Interrupt(clocks: clocks)
        dialler = Dialler(camera: camera, source: source, clocks: clocks, gate: gate, interrupt: interrupt)
        // One is being filled, one is with the consumer.
        poolCapacity = capacity + 2
    }

    /// Begins to capture; does nothing when already started.
    public func start() {
        let hasThread = thread.start { @Sendable [self] in
            run()
            mailbox.finish()
        }
        guard !hasThread else { return }
        onEvent(.failed(StreamError(.outOfResources, "no thread is left to capture \(camera)")))
        mailbox.finish()
    }

    /// Ends within a fraction of a second: interrupts what blocks and drops what waits. Not restartable.
    ///
    /// Returns when the capture thread is done, at the latest after `timeout`; false means it was not. From inside
    /// `onEvent` pass a zero `timeout`, as the capture thread cannot wait for itself.
    @discardableResult
    public func stop(timeout: Duration = .seconds(2)) -> Bool {
        interrupt.cancel()
        mailbox.close()
        return thread.wait(upTo: timeout)
    }

    /// What became of every frame so far.
    public var counters: CaptureCounters {
        var counters = progress.withLock { $0 }
        let frames = ledger.counts
        (counters.taken, counters.waiting) = (frames.taken, frames.waiting)
        counters.droppedSuperseded = frames.dropped(.superseded)
        counters.droppedStopped = frames.dropped(.stopped)
        counters.droppedDamaged = frames.dropped(.damaged)
        return counters
    }

    // MARK: The capture thread

    private func run() {
        let opener = source.opener(
            in: decoding, camera: camera, interrupt: interrupt, memory: PixelBufferPool(capacity: poolCapacity))
        var policy = ReconnectPolicy(isLive: source.isLive, seed: dialler.seed)
        var stamper = FrameStamper(camera: camera, clocks: clocks, followsRealTime: !source.isLossless)
        while !interrupt.isCancelled {
            do throws(StreamError) {
                try capture(opener, &policy, &stamper)
                if source.loops { continue }
                onEvent(.ended)
                return
            } catch {
                guard error.code != .stopped else { return }
                progress.withLock { $0.failures += 1 }
                switch policy.failed(error) {
                case .fail(let reason):
                    onEvent(.failed(reason))
                    return
                case .retry(let wait):
                    onEvent(.lost(error))
                    onEvent(.retrying(after: wait))
                    dialler.sleep(until: clocks.monotonic() + wait)
                }
            }
        }
    }

    /// One connection, from opening to its clean end.
    private func capture(
        _ opener: any PictureOpener, _ policy: inout ReconnectPolicy, _ stamper: inout FrameStamper
    ) throws(StreamError) {
        let decoder = try dialler.dial(opener) { opener throws(StreamError) in try opener.open() }
        stamper.begin(period: decoder.period)
        var known: StreamInfo?
        var schedule: (start: MonotonicTime, position: Duration)?
        var errorsBefore: UInt64 = 0
        while true {
            let next: Picture?
            do throws(StreamError) {
                next = try decoder.next()
            } catch {
                note(stamper, newErrors: decoder.decodeErrors - errorsBefore)
                throw error
            }
            note(stamper, newErrors: decoder.decodeErrors - errorsBefore)
            errorsBefore = decoder.decodeErrors
            guard let picture = next else { break }
            let position = stamper.place(picture.time)
            guard let pixels = picture.pixels else {
                ledger.arrived(dropped: .damaged)
                continue
            }
            if known != decoder.info {
                onEvent(known == nil ? .connected(decoder.info) : .changed(decoder.info))
                if known == nil { progress.withLock { $0.connections += 1 } }
                known = decoder.info
            }
            policy.frameArrived()
            if !source.isLive && source.pace == .realtime { pace(position, &schedule) }
            mailbox.put(stamper.stamp(pixels, at: position, senderWallMs: picture.senderWallMs))
            if interrupt.isCancelled { throw StreamError(.stopped, "\(camera) was stopped") }
        }
        guard known != nil else {
            throw StreamError(.damaged, "not one picture of \(source.url) could be decoded")
        }
    }

    private func note(_ stamper: FrameStamper, newErrors: UInt64) {
        progress.withLock {
            $0.decodeErrors += newErrors
            $0.missingTimestamps = stamper.missing
            $0.reanchoredTimestamps = stamper.reanchored
            $0.wallReanchors = stamper.wallReanchors
            $0.senderTimes = stamper.senderTimes
        }
    }

    /// Waits until a file's frame is due. When the machine was busy for long, the schedule moves instead of racing.
    private func pace(_ position: Duration, _ schedule: inout (start: MonotonicTime, position: Duration)?) {
        let now = clocks.monotonic()
        guard let plan = schedule, now - (plan.start + (position - plan.position)) < .seconds(1) else {
            schedule = (now, position)
            return
        }
        dialler.sleep(until: plan.start + (position - plan.position))
    }
}
