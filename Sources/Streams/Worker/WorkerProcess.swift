internal import Basics
internal import CConfine
internal import Glibc
internal import Imaging

/// A running decoder process, seen from the monitor. Used by one thread.
final class WorkerProcess {
    /// Which fences stand around it; `mon_confined_` bits.
    private(set) var fences: Int32 = 0
    let ring: PictureRing
    /// Whether it has a connection open.
    var isBusy = false

    private let source: SourceDescription
    private let channel: WorkerChannel
    private let interrupt: Interrupt
    private let identifier: pid_t
    private var status: Int32?

    /// How long after its own deadline a process may still take to say so.
    static let grace = Duration.milliseconds(500)
    /// Time to start and to give up its rights, on a busy machine.
    private static let startTimeout = Duration.seconds(20)
    /// Time for a good-bye to the camera.
    private static let partingTime = Duration.milliseconds(150)
    private static let slice = Duration.milliseconds(50)

    /// Starts `executable` and waits until it is confined. Throws `outOfResources`, `decoderFailed` or `stopped`.
    init(
        _ executable: String, camera: String, source: SourceDescription, interrupt: Interrupt
    ) throws(StreamError) {
        self.source = source
        self.interrupt = interrupt
        guard let ring = PictureRing(camera: camera), let ends = WorkerChannel.pair() else {
            throw Self.noResources(source, errno)
        }
        self.ring = ring
        channel = WorkerChannel(ends.0)
        let (result, identifier) = Self.spawn(executable, camera: camera, channel: ends.1, ring: ring.descriptor)
        // Or the end of the process would not be seen.
        close(ends.1)
        self.identifier = identifier
        guard result == 0 else {
            status = 0
            if result == ENOENT || result == EACCES {
                throw StreamError(
                    .decoderMissing,
                    "the decoder program \(executable) cannot be started "
                        + "(\(String(cString: strerror(result)))); install it beside monitord")
            }
            throw Self.noResources(source, result)
        }
        try request(.watch(source))
        guard case .ready(let fences) = try reply(within: Self.startTimeout, or: .decoderFailed) else {
            throw gibberish()
        }
        self.fences = fences
    }

    deinit { end() }

    /// Throws when the process is gone.
    func request(_ request: WorkerRequest) throws(StreamError) {
        if !channel.send(request.bytes) { throw died() }
    }

    /// Its next answer; lines of libav's log go their way. A process that does not answer in time is killed.
    ///
    /// - Parameters:
    ///   - limit: nil waits until interrupted.
    ///   - code: of the error thrown when time is up.
    func reply(within limit: Duration?, or code: StreamError.Code) throws(StreamError) -> WorkerReply {
        if let limit { interrupt.arm(after: limit) } else { interrupt.disarm() }
        defer { interrupt.disarm() }
        while true {
            if let reply = try message(within: Self.slice) { return reply }
            guard interrupt.check() else { continue }
            guard !interrupt.isCancelled else {
                throw StreamError(.stopped, "reading \(source.url) was stopped")
            }
            kill()
            throw StreamError(code, "\(source.url): the decoder did not come back in time and was ended")
        }
    }

    /// What it says within `wait`; nil when that is nothing, or a line of libav's log. Throws when the process is gone.
    func message(within wait: Duration) throws(StreamError) -> WorkerReply? {
        switch channel.receive(within: wait) {
        case .message(let bytes):
            guard let reply = try? WorkerReply(bytes) else { throw gibberish() }
            guard case .log(let level, let line) = reply else { return reply }
            LibAVLog.pass(level, line)
            return nil
        case .nothing: return nil
        case .closed: throw died()
        }
    }

    /// The decoder may overwrite shared memory at any time, so pictures are copied before anybody trusts them.
    func copy(_ place: PictureHeader.Place, into memory: any PictureMemory) throws(StreamError) -> PixelBuffer {
        let pixels = memory.take(width: place.width, height: place.height, format: place.format)
        pixels.mutableBytes.copyMemory(
            from: UnsafeRawBufferPointer(start: ring.memory(of: place.slot), count: pixels.byteCount))
        try request(.release(slot: place.slot))
        return pixels
    }

    /// What a process that breaks the rules of the conversation gets.
    func gibberish() -> StreamError {
        kill()
        return StreamError(
            .decoderFailed, "\(source.url): the decoder sent something senseless and was ended; is the stream hostile?")
    }

    /// Lets it say good-bye to the camera, then makes sure that it is gone.
    func end() {
        guard status == nil else { return }
        channel.finishSending()
        let clocks = SystemClocks()
        let limit = clocks.monotonic() + Self.partingTime
        while clocks.monotonic() < limit {
            if reap(waiting: false) { return }
            if case .closed = channel.receive(within: .milliseconds(5)) { break }
        }
        kill()
    }

    private func kill() {
        guard status == nil else { return }
        Glibc.kill(identifier, SIGKILL)
        _ = reap(waiting: true)
    }

    /// Whether it has ended.
    private func reap(waiting: Bool) -> Bool {
        if status != nil { return true }
        var code: Int32 = 0
        while true {
            let result = waitpid(identifier, &code, waiting ? 0 : WNOHANG)
            if result == 0 { return false }
            if result < 0 && errno == EINTR { continue }
            status = result == identifier ? code : 0
            return true
        }
    }

    /// Why it is gone.
    private func died() -> StreamError {
        kill()
        let code = status ?? 0
        let signal = code & 0x7F
        let how =
            signal == 0 ? "ended with status \((code >> 8) & 0xFF)" : "died of signal \(signal)\(Self.name(signal))"
        return StreamError(.decoderFailed, "\(source.url): the decoder \(how); it is started again")
    }

    private static func name(_ signal: Int32) -> String {
        switch signal {
        case SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT: " (it crashed; the stream may be hostile)"
        case SIGSYS: " (it tried what no decoder may; the stream is hostile)"
        case SIGKILL: " (killed; is memory short?)"
        default: ""
        }
    }

    private static func noResources(_ source: SourceDescription, _ code: Int32) -> StreamError {
        StreamError(
            .outOfResources,
            "no resources are left to start a decoder for \(source.url) "
                + "(\(String(cString: strerror(code))))")
    }

    // MARK: Starting

    private static func spawn(
        _ executable: String, camera: String, channel: Int32, ring: Int32
    ) -> (result: Int32, identifier: pid_t) {
        // Out of the way of the numbers that the child will use.
        let sources = [channel, ring].map { fcntl($0, F_DUPFD_CLOEXEC, 10) }
        defer { for source in sources where source >= 0 { close(source) } }
        guard sources.allSatisfy({ $0 >= 0 }) else { return (errno, 0) }
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDWR, 0)
        posix_spawn_file_actions_adddup2(&actions, 0, 1)
        posix_spawn_file_actions_adddup2(&actions, sources[0], DecoderWorker.channelDescriptor)
        posix_spawn_file_actions_adddup2(&actions, sources[1], DecoderWorker.ringDescriptor)
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        // An interrupt key is meant for the monitor, which ends its decoders itself.
        posix_spawnattr_setflags(
            &attributes, Int16(POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK))
        var signals = sigset_t()
        sigemptyset(&signals)
        posix_spawnattr_setsigmask(&attributes, &signals)
        sigfillset(&signals)
        posix_spawnattr_setsigdefault(&attributes, &signals)
        let arguments = list(["monitor-decoder", camera])
        let environment = list(self.environment)
        defer { for text in arguments + environment { free(text) } }
        var identifier: pid_t = 0
        let result = posix_spawn(&identifier, executable, &actions, &attributes, arguments, environment)
        return (result, identifier)
    }

    /// A list as C programs want it; to be freed.
    private static func list(_ texts: [String]) -> [UnsafeMutablePointer<CChar>?] {
        var copies: [UnsafeMutablePointer<CChar>?] = texts.map { text in strdup(text) }
        copies.append(nil)
        return copies
    }

    /// Nothing of ours but what finding libraries takes; a crash must not start a helper that prints backtraces.
    private static let environment: [String] = {
        let kept: [String] = ["LD_LIBRARY_PATH", "LIBVA_DRIVER_NAME", "LIBVA_DRIVERS_PATH", "ASAN_OPTIONS"]
        return kept.compactMap { name in getenv(name).map { value in "\(name)=" + String(cString: value) } }
            + ["SWIFT_BACKTRACE=enable=no"]
    }()
}
