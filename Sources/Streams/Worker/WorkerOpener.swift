internal import Basics
internal import Imaging

/// Reads through a decoder process, which lives from connection to connection and is started anew when it died.
final class WorkerOpener: PictureOpener {
    private let source: SourceDescription
    private let executable: String
    private let camera: String
    private let interrupt: Interrupt
    private let memory: any PictureMemory
    private var process: WorkerProcess?

    /// A name server may take this long to say that it does not know.
    private static let resolvingTime = Duration.seconds(12)

    init(
        _ source: SourceDescription, executable: String, camera: String, interrupt: Interrupt,
        memory: any PictureMemory
    ) {
        self.source = source
        self.executable = executable
        self.camera = camera
        self.interrupt = interrupt
        self.memory = memory
    }

    func probe() throws(StreamError) {
        guard source.url.endpoint != nil else { return }
        let (process, reply) = try ask(.probe, within: Reachability.timeout + Self.resolvingTime)
        switch reply {
        case .reachable: return
        case .failed(let error): throw error
        default: throw process.gibberish()
        }
    }

    func open() throws(StreamError) -> any PictureSource {
        let limit = source.isLive ? source.openTimeout + WorkerProcess.grace : SourceDescription.fileTimeout
        let (process, reply) = try ask(.open, within: limit)
        switch reply {
        case .stream(let info): return WorkerSource(source, info, process: process, memory: memory)
        case .failed(let error): throw error
        default: throw process.gibberish()
        }
    }

    func keep() throws(StreamError) -> any StillSource {
        let (process, reply) = try ask(.keep, within: source.openTimeout + WorkerProcess.grace)
        switch reply {
        case .stream(let info): return WorkerStillSource(info, process: process, memory: memory)
        case .failed(let error): throw error
        default: throw process.gibberish()
        }
    }

    private func ask(
        _ request: WorkerRequest, within limit: Duration
    ) throws(StreamError) -> (WorkerProcess, WorkerReply) {
        let process = try idleProcess()
        do throws(StreamError) {
            try process.request(request)
            return (process, try process.reply(within: limit, or: .timedOut))
        } catch {
            // Dead, or killed, or still at it.
            self.process = nil
            throw error
        }
    }

    /// One that waits for requests.
    private func idleProcess() throws(StreamError) -> WorkerProcess {
        // A device that is plugged in again is another one, to which a process gets no rights any more.
        if let process, !process.isBusy, source.url.kind != .device {
            process.ring.discard()
            return process
        }
        process = nil
        let fresh = try WorkerProcess(executable, camera: camera, source: source, interrupt: interrupt)
        process = fresh
        return fresh
    }
}

/// One connection of a decoder process.
final class WorkerSource: PictureSource {
    private(set) var info: StreamInfo
    private(set) var decodeErrors: UInt64 = 0

    private let source: SourceDescription
    private let process: WorkerProcess
    private let memory: any PictureMemory
    private var hasPicture = false

    init(_ source: SourceDescription, _ info: StreamInfo, process: WorkerProcess, memory: any PictureMemory) {
        self.source = source
        self.info = info
        self.process = process
        self.memory = memory
        process.isBusy = true
    }

    func next() throws(StreamError) -> Picture? {
        let limit =
            source.isLive
            ? source.silenceLimit(info, isFirst: !hasPicture) + WorkerProcess.grace
            : SourceDescription.fileTimeout
        while true {
            switch try process.reply(within: limit, or: .stalled) {
            case .stream(let info): self.info = info
            case .picture(let header):
                hasPicture = true
                decodeErrors = header.decodeErrors
                return Picture(
                    pixels: try header.place.map { place throws(StreamError) in try process.copy(place, into: memory) },
                    time: header.time, senderWallMs: header.senderWallMs)
            case .ended:
                process.isBusy = false
                return nil
            case .failed(let error):
                process.isBusy = false
                throw error
            case .ready, .reachable, .still, .noStill, .log: throw process.gibberish()
            }
        }
    }
}

/// One connection of a decoder process whose pictures wait undecoded.
final class WorkerStillSource: StillSource {
    let info: StreamInfo

    private let process: WorkerProcess
    private let memory: any PictureMemory

    init(_ info: StreamInfo, process: WorkerProcess, memory: any PictureMemory) {
        self.info = info
        self.process = process
        self.memory = memory
        process.isBusy = true
    }

    func watch(for pause: Duration) throws(StreamError) {
        if let reply = try process.message(within: pause) { throw end(reply) }
    }

    func still(at time: MonotonicTime) throws(StreamError) -> StillAnswer {
        try process.request(.still(at: time))
        let reply = try process.reply(within: StillRules.timeLimit + WorkerProcess.grace, or: .stalled)
        switch reply {
        case .still(let place, let arrival):
            return .still(Still(pixels: try process.copy(place, into: memory), arrival: arrival))
        case .noStill(let reason): return .missing(reason)
        default: throw end(reply)
        }
    }

    /// What ended the stream, which is all that a decoder may say without being asked.
    private func end(_ reply: WorkerReply) -> StreamError {
        guard case .failed(let error) = reply else { return process.gibberish() }
        process.isBusy = false
        return error
    }
}
