internal import Basics
internal import CConfine
internal import CLibAV
internal import Glibc
internal import Imaging

/// What runs in a decoder process: reads one source, with no more rights than that takes, and leaves its pictures in
/// shared memory.
///
/// A malicious stream that takes over the decoder gains a process that can neither write files nor start programs nor reach
/// the monitor's memory; a stream that crashes it costs one reconnection.
public enum DecoderWorker {
    /// Descriptors that the monitor hands over.
    static let channelDescriptor: Int32 = 3
    static let ringDescriptor: Int32 = 4

    /// Private memory beyond which a decoder fails rather than the machine: several times what 64 megapixels take.
    static let memoryLimit: UInt64 = 1 << 30

    /// Serves the monitor until it hangs up; returns the exit status.
    public static func run() -> Int32 {
        guard fcntl(channelDescriptor, F_GETFD) >= 0, fcntl(ringDescriptor, F_GETFD) >= 0 else { return usage }
        mon_close_from(ringDescriptor + 1)
        mon_end_with_parent()
        let channel = WorkerChannel(channelDescriptor)
        guard let ring = PictureRing(taking: ringDescriptor, writable: true),
            case .message(let bytes) = channel.receive(within: nil),
            case .watch(let source) = try? WorkerRequest(bytes)
        else { return usage }
        LibAVLog.route(clocks: SystemClocks()) { @Sendable level, line in
            _ = channel.send(WorkerReply.log(level, line).bytes)
        }
        // Afterwards it may not open their files.
        mon_av_load()
        let fences = source.confine(memory: memoryLimit)
        guard channel.send(WorkerReply.ready(fences: fences).bytes) else { return 0 }
        var connection = WorkerConnection(source, channel: channel, ring: ring)
        connection.serve()
        return 0
    }

    /// EX_USAGE of sysexits(3): started by hand.
    private static let usage: Int32 = 64
}

/// The worker's side of the conversation.
struct WorkerConnection {
    private let source: SourceDescription
    private let channel: WorkerChannel
    private let memory: RingMemory
    private let interrupt: Interrupt

    /// How soon the end of a kept stream is noticed.
    private static let slice = Duration.milliseconds(200)

    init(_ source: SourceDescription, channel: WorkerChannel, ring: PictureRing) {
        self.source = source
        self.channel = channel
        memory = RingMemory(ring)
        interrupt = Interrupt(clocks: SystemClocks()) { channel.isClosed }
    }

    /// Answers requests until the monitor hangs up.
    mutating func serve() {
        while case .message(let bytes) = channel.receive(within: nil), let request = try? WorkerRequest(bytes) {
            let isHeard: Bool
            switch request {
            case .probe: isHeard = send(probe())
            case .open: isHeard = send(stream())
            case .keep: isHeard = send(keep())
            case .release, .watch, .still: isHeard = true
            }
            guard isHeard else { return }
        }
    }

    private func send(_ reply: WorkerReply) -> Bool { channel.send(reply.bytes) }

    private func probe() -> WorkerReply {
        do throws(StreamError) {
            try Reachability.check(source, interrupt: interrupt)
            return .reachable
        } catch {
            return .failed(error)
        }
    }

    /// One connection; returns how it ended.
    private func stream() -> WorkerReply {
        do throws(StreamError) {
            memory.releaseAll()
            let reader = try source.open(interrupt: interrupt, memory: memory)
            var info = reader.info
            guard send(.stream(info)) else { return .ended }
            while waitForRoom(), let picture = try reader.next() {
                if reader.info != info {
                    info = reader.info
                    guard send(.stream(info)) else { break }
                }
                guard send(.picture(header(picture, reader.decodeErrors))) else { break }
            }
            return .ended
        } catch {
            return .failed(error)
        }
    }

    /// One connection whose pictures wait undecoded; returns how it ended.
    private func keep() -> WorkerReply {
        do throws(StreamError) {
            memory.releaseAll()
            let keeper = try StreamKeeper(source, interrupt: interrupt, memory: memory)
            guard send(.stream(keeper.info)) else { return .ended }
            while true {
                try keeper.check()
                switch channel.receive(within: Self.slice) {
                case .message(let bytes):
                    switch try? WorkerRequest(bytes) {
                    case .still(let time): guard send(still(try keeper.still(at: time))) else { return .ended }
                    case .release(let slot): memory.release(slot)
                    default: break
                    }
                case .nothing: break
                case .closed: return .ended
                }
            }
        } catch {
            return .failed(error)
        }
    }

    private func still(_ answer: StillAnswer) -> WorkerReply {
        switch answer {
        case .still(let still): .still(occupy(still.pixels), arrival: still.arrival)
        case .missing(let reason): .noStill(reason)
        }
    }

    /// Where the picture that was made last lies; nothing is written there until it was copied.
    private func occupy(_ pixels: PixelBuffer) -> PictureHeader.Place {
        memory.occupy(memory.current)
        return PictureHeader.Place(
            slot: memory.current, width: pixels.width, height: pixels.height, format: pixels.format)
    }

    private func header(_ picture: Picture, _ decodeErrors: UInt64) -> PictureHeader {
        PictureHeader(
            place: picture.pixels.map(occupy), time: picture.time, senderWallMs: picture.senderWallMs,
            decodeErrors: decodeErrors)
    }

    /// Waits until a picture was copied; false when the monitor hung up.
    private func waitForRoom() -> Bool {
        while true {
            switch channel.receive(within: memory.hasRoom ? .zero : nil) {
            case .message(let bytes):
                if case .release(let slot) = try? WorkerRequest(bytes) { memory.release(slot) }
            case .nothing: return true
            case .closed: return false
            }
        }
    }
}
