internal import Basics
internal import Dispatch
internal import Imaging

/// Reads a stream on a thread of its own, keeps its newest coded pictures, and decodes the one that is asked for.
///
/// Reading goes on while a picture is decoded, so that every packet's arrival is its own.
final class StreamKeeper: StillSource {
    let info: StreamInfo

    private struct Kept {
        var store = GroupStore<KeptPacket>()
        /// Why the stream is over.
        var failure: StreamError?
    }

    private let source: SourceDescription
    private let clocks: any Clocks
    private let interrupt: Interrupt
    private let memory: any PictureMemory
    private let kept = Locked(Kept())
    private let finished = DispatchSemaphore(value: 0)

    /// Connects; throws as `Decoder.init`. Only cameras can be kept: a file has no present.
    ///
    /// - Parameters:
    ///   - parent: ends everything.
    ///   - memory: where the pictures are put.
    init(
        _ source: SourceDescription, clocks: any Clocks = SystemClocks(), interrupt parent: Interrupt,
        memory: any PictureMemory
    ) throws(StreamError) {
        guard source.url.kind == .rtsp else {
            throw StreamError(.unsupportedSource, "\(source.url): pictures out of turn are taken from rtsp:// only")
        }
        self.source = source
        self.clocks = clocks
        self.memory = memory
        interrupt = Interrupt(clocks: clocks) { parent.check() }
        let decoder = try Decoder(source, MediaLocation(source), interrupt: interrupt, memory: memory)
        info = decoder.info
        decoder.keeper = { [kept, clocks] packet, origin in
            guard let packet = KeptPacket(packet, for: origin) else { return }
            let entry = GroupStore.Kept(
                packet: packet, bytes: packet.bytes, time: origin.time(of: packet.pointer), arrival: clocks.monotonic())
            kept.withLock { $0.store.add(entry, isKey: packet.isKey) }
        }
        // From here on it belongs to the new thread alone, which closes it, too.
        nonisolated(unsafe) var handed: Decoder? = decoder
        let hasThread = OwnThread.start { @Sendable [kept, finished] in
            let failure = handed.map(Self.read)
            handed = nil
            kept.withLock { $0.failure = failure }
            finished.signal()
        }
        guard hasThread else {
            finished.signal()
            throw StreamError(.outOfResources, "no thread is left to read \(source.url)")
        }
    }

    deinit {
        interrupt.cancel()
        // Its good-bye to the camera takes a fifth of a second at most; libav still holds the interrupt until then.
        finished.wait()
    }

    /// Until the end.
    private static func read(_ reader: Decoder) -> StreamError {
        do throws(StreamError) {
            while true { try reader.readOn() }
        } catch {
            return error
        }
    }

    func watch(for pause: Duration) throws(StreamError) {
        try check()
        clocks.sleep(for: pause)
    }

    /// Throws when the stream is over.
    func check() throws(StreamError) { if let failure = kept.withLock({ $0.failure }) { throw failure } }

    func still(at time: MonotonicTime) throws(StreamError) -> StillAnswer {
        try check()
        let deadline = clocks.monotonic() + StillRules.timeLimit
        guard let packets = kept.withLock({ $0.store.packets(upTo: time) }), let target = packets.last else {
            return .missing("no picture that stands alone came yet")
        }
        let distance = max(target.arrival - time, time - target.arrival)
        guard distance <= max(StillRules.tolerance, info.period * 2) else {
            return .missing("the nearest picture is \(distance.milliseconds) ms away")
        }
        let decoder = try target.packet.origin.twin(memory: memory)
        decoder.wanted = target.time
        for kept in packets {
            guard clocks.monotonic() < deadline, !interrupt.check() else {
                return .missing("decoding took longer than \(StillRules.timeLimit.milliseconds) ms")
            }
            decoder.send(kept.packet.pointer)
            if let pixels = try decoder.drain() { return .still(Still(pixels: pixels, arrival: target.arrival)) }
        }
        decoder.send(nil)
        guard let pixels = try decoder.drain() else { return .missing("the picture is damaged") }
        return .still(Still(pixels: pixels, arrival: target.arrival))
    }
}

extension PictureDecoder {
    /// The first whole picture among those that are done.
    fileprivate func drain() throws(StreamError) -> PixelBuffer? {
        var info = StreamInfo(
            width: 0, height: 0, framesPerSecond: nil, codec: "", format: .rgb24, sourceWidth: 0, sourceHeight: 0)
        while case .picture(let picture) = try receive(&info) { if let pixels = picture.pixels { return pixels } }
        return nil
    }
}
