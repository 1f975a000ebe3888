internal import Basics
internal import CLibAV
internal import Glibc
internal import Imaging

/// Opens one container, a file or a stream, by libav and gives its pictures one by one.
///
/// Confined to the thread that made it, except for `interrupt`.
final class Decoder: PictureSource {
    private(set) var info: StreamInfo
    /// Packets that could not be read or decoded.
    var decodeErrors: UInt64 { readErrors + formerErrors + (pictures?.decodeErrors ?? 0) }

    private let source: SourceDescription
    private let interrupt: Interrupt
    private let converter: FrameConverter
    private var container: UnsafeMutablePointer<AVFormatContext>?
    /// What the container is read from when that is not libav's to open.
    private var connection: HTTPConnection?
    private var pictures: PictureDecoder?
    private var packet: UnsafeMutablePointer<AVPacket>?
    private var streamIndex: Int32 = -1
    /// Stream whose decoder comes next, when the one now has given its last picture; its first packet is in `packet`.
    private var successor: Int32?
    /// When the camera sent a packet by its own clock, from its sender reports.
    private var senderClock: (stream: Duration, wallMs: Int64)?
    private var rate = RateMeter()
    private var readErrors: UInt64 = 0
    private var formerErrors: UInt64 = 0
    private var readErrorsInRow = 0
    /// Packets left out because no picture that stands alone came yet.
    private var packetsBeforeKey: Int? = 0
    private var isDraining = false
    private var hasFrame = false
    private var schedule: (start: MonotonicTime, position: Duration)?
    /// Where packets go instead of being decoded, with the decoder that they were meant for.
    var keeper: ((UnsafeMutablePointer<AVPacket>, PictureDecoder) -> Void)?
    private var packetsKept = 0

    /// Reads in a row that may fail before a file is given up.
    private static let readErrorLimit = 16
    /// Packets after which a stream that names no key frames is decoded nevertheless.
    private static let keyLimit = 300

    /// Connects and finds the video stream, within `source.openTimeout`.
    ///
    /// - Parameters:
    ///   - connection: what to read from, if it is open already.
    ///   - memory: where the pictures are put.
    init(
        _ source: SourceDescription, _ location: MediaLocation, connection: HTTPConnection? = nil, interrupt: Interrupt,
        memory: any PictureMemory
    ) throws(StreamError) {
        self.source = source
        self.interrupt = interrupt
        self.connection = connection
        converter = FrameConverter(maximumWidth: source.maximumWidth, memory: memory)
        info = StreamInfo(
            width: 0, height: 0, framesPerSecond: nil, codec: "", format: .rgb24, sourceWidth: 0, sourceHeight: 0)
        packet = av_packet_alloc()
        guard packet != nil else { throw StreamError.noMemory(source) }
        limit(source.openTimeout)
        defer { interrupt.disarm() }
        try open(location)
        try chooseStream()
    }

    deinit {
        // Closing says good-bye to the camera, which may be deaf by now.
        interrupt.arm(after: .milliseconds(200))
        defer { interrupt.disarm() }
        let authorities = container?.pointee.opaque
        avformat_close_input(&container)
        free(authorities)
        connection = nil
        av_packet_free(&packet)
    }

    /// The next picture, or nil at the clean end of a file.
    ///
    /// Throws `stalled` when nothing comes in time, `stopped` when interrupted.
    func next() throws(StreamError) -> Picture? {
        limit(source.silenceLimit(info, isFirst: !hasFrame))
        defer { interrupt.disarm() }
        // A change of codec brings another decoder.
        while let pictures {
            switch try pictures.receive(&info) {
            case .picture(let picture): return paced(timed(picture))
            case .ended where successor == nil: return nil
            case .ended, .hungry: if let lost = try successor == nil ? feed() : succeed() { return lost }
            }
        }
        return nil
    }

    /// Reads on to the next packet for the keeper. Throws as `next`.
    func readOn() throws(StreamError) {
        limit(source.silenceLimit(info, isFirst: packetsKept == 0))
        defer { interrupt.disarm() }
        let before = packetsKept
        while packetsKept == before { _ = try successor == nil ? feed() : succeed() }
    }

    /// Starts a time limit. A file has none: only a camera can fall silent.
    private func limit(_ duration: Duration) {
        if source.isLive { interrupt.arm(after: duration) } else { interrupt.disarm() }
    }

    // MARK: Opening

    private func open(_ location: MediaLocation) throws(StreamError) {
        guard let fresh = avformat_alloc_context() else { throw StreamError.noMemory(source) }
        fresh.pointee.interrupt_callback = interrupt.callback
        fresh.pointee.max_analyze_duration = 2_000_000
        // A camera that returns is wanted soon: a rough frame rate is enough, and twenty frames take two seconds.
        if source.isLive { fresh.pointee.fps_probe_size = 4 }
        if let connection {
            fresh.pointee.pb = connection.input
            fresh.pointee.flags |= AVFMT_FLAG_CUSTOM_IO
            if source.verifiesCertificate {
                fresh.pointee.opaque = source.authorities.flatMap { UnsafeMutableRawPointer(strdup($0)) }
                fresh.pointee.io_open = mon_io_open_verified
            }
        }
        container = fresh
        let authorities = fresh.pointee.opaque
        var options: OpaquePointer?
        defer { av_dict_free(&options) }
        for (key, value) in location.options { av_dict_set(&options, key, value, 0) }
        let format = location.container.flatMap { av_find_input_format($0) }
        // On failure libav frees the context and sets the pointer to nil.
        let result = avformat_open_input(&container, location.name, format, &options)
        guard result >= 0, let container else {
            free(authorities)
            throw StreamError.opening(source, result, interrupt)
        }
        // Waiting for packets that nobody can read would only take time.
        let found = isAnnouncedInVain(container) ? 0 : Self.findStreams(container)
        guard found >= 0, !interrupt.isCancelled, !interrupt.didFire else {
            throw StreamError.opening(source, found, interrupt)
        }
    }

    /// Whether a camera, which names its codecs before it sends, names no video codec that libav knows.
    private func isAnnouncedInVain(_ container: UnsafeMutablePointer<AVFormatContext>) -> Bool {
        guard source.url.kind == .rtsp else { return false }
        let video = (0..<Int(container.pointee.nb_streams)).compactMap { index -> AVCodecID? in
            guard let parameters = container.pointee.streams[index]?.pointee.codecpar,
                parameters.pointee.codec_type == AVMEDIA_TYPE_VIDEO
            else { return nil }
            return parameters.pointee.codec_id
        }
        return !video.isEmpty && video.allSatisfy { $0 == AV_CODEC_ID_NONE }
    }

    /// Looks into the streams. Decoders that libav opens for that obey the limit of size, too.
    private static func findStreams(_ container: UnsafeMutablePointer<AVFormatContext>) -> Int32 {
        let count = Int(container.pointee.nb_streams)
        var options = [OpaquePointer?](repeating: nil, count: count)
        for index in 0..<count { av_dict_set(&options[index], "max_pixels", String(PictureDecoder.pixelLimit), 0) }
        defer { for index in 0..<count { av_dict_free(&options[index]) } }
        return avformat_find_stream_info(container, &options)
    }

    private func chooseStream() throws(StreamError) {
        guard let container else { throw StreamError.noMemory(source) }
        for index in 0..<Int(container.pointee.nb_streams) { Self.knowY16(container.pointee.streams[index]) }
        let index = av_find_best_stream(container, AVMEDIA_TYPE_VIDEO, -1, -1, nil, 0)
        guard index >= 0, let stream = container.pointee.streams[Int(index)],
            stream.pointee.disposition & AV_DISPOSITION_ATTACHED_PIC == 0
        else { throw StreamError(.noVideoStream, "\(source.url) holds no video, only other streams") }
        info.isSegmented = container.pointee.iformat.pointee.name.map { String(cString: $0) } == "hls"
        info.framesPerSecond = Self.rate(stream.pointee.avg_frame_rate) ?? Self.rate(stream.pointee.r_frame_rate)
        try follow(index)
    }

    /// libav does not know the name that recorders of thermal cameras give to bare 16-bit pictures.
    private static func knowY16(_ stream: UnsafeMutablePointer<AVStream>?) {
        guard let parameters = stream?.pointee.codecpar, parameters.pointee.codec_id == AV_CODEC_ID_NONE,
            parameters.pointee.codec_tag.littleEndian == 0x2036_3159
        else { return }
        parameters.pointee.codec_id = AV_CODEC_ID_RAWVIDEO
        // The name by which libav itself knows them.
        parameters.pointee.codec_tag = UInt32(littleEndian: 0x1000_3159)
    }

    /// Decodes a stream from now on, and none of the others.
    private func follow(_ index: Int32) throws(StreamError) {
        guard let container, let stream = container.pointee.streams[Int(index)],
            let parameters = stream.pointee.codecpar
        else { throw StreamError.noMemory(source) }
        for other in 0..<Int(container.pointee.nb_streams) where other != Int(index) {
            // Where there are programs, one may change its stream of pictures.
            guard let stream = container.pointee.streams[other] else { continue }
            let isPictures = stream.pointee.codecpar.pointee.codec_type == AVMEDIA_TYPE_VIDEO
            stream.pointee.discard =
                isPictures && container.pointee.nb_programs > 0 ? AVDISCARD_DEFAULT : AVDISCARD_ALL
        }
        stream.pointee.discard = AVDISCARD_DEFAULT
        var size = 0
        let matrix = av_stream_get_side_data(stream, AV_PKT_DATA_DISPLAYMATRIX, &size)
        let fresh = try PictureDecoder(
            source, parameters, timeBase: stream.pointee.time_base, framesPerSecond: info.framesPerSecond,
            orientation: Orientation(matrix, count: size), converter: converter)
        fresh.describe(&info)
        formerErrors += pictures?.decodeErrors ?? 0
        pictures = fresh
        streamIndex = index
        packetsBeforeKey = fresh.dependsOnOthers ? 0 : nil
    }

    private static func rate(_ value: AVRational) -> Double? {
        guard value.num > 0, value.den > 0 else { return nil }
        let rate = Double(value.num) / Double(value.den)
        return (0.02...240).contains(rate) ? rate : nil
    }

    // MARK: Time

    private func timed(_ picture: Picture) -> Picture {
        hasFrame = true
        readErrorsInRow = 0
        var picture = picture
        if let clock = senderClock, let time = picture.time {
            picture.senderWallMs = clock.wallMs + (time - clock.stream).milliseconds
        }
        if source.isLive, let container, container.pointee.iformat.pointee.flags & AVFMT_NOTIMESTAMPS != 0 {
            // Bare coded pictures have no clock; what libav makes up is not when they were taken.
            picture.time = .nanoseconds(interrupt.now.nanoseconds)
        }
        if let rate = rate.note(picture.time, known: info.framesPerSecond) { info.framesPerSecond = rate }
        return picture
    }

    /// Hands out what came in a segment at the pace at which it was taken.
    private func paced(_ picture: Picture) -> Picture {
        guard info.isSegmented, source.isLive, let time = picture.time else { return picture }
        interrupt.disarm()
        let now = interrupt.now
        if let plan = schedule, case let due = plan.start + (time - plan.position), due - now < .seconds(30),
            now - due < .seconds(1)
        {
            interrupt.sleep(until: due)
        } else {
            schedule = (now, time)
        }
        return picture
    }

    // MARK: Reading

    /// Gives the decoder one packet, or the end; returns what became of a packet that cannot be decoded yet.
    private func feed() throws(StreamError) -> Picture? {
        guard let container, let packet, !isDraining else { return nil }
        if interrupt.check() { throw StreamError.reading(source, 0, interrupt) }
        let result = av_read_frame(container, packet)
        if interrupt.isCancelled || interrupt.didFire {
            // Even an interrupted read may hand out what the parser still held.
            av_packet_unref(packet)
            throw StreamError.reading(source, result, interrupt)
        }
        if result >= 0 {
            readErrorsInRow = 0
            return take(packet, container)
        }
        if result == mon_AVERROR_EOF && !source.isLive {
            isDraining = true
            pictures?.send(nil)
            return nil
        }
        if result == mon_AVERROR_EAGAIN { return nil }
        readErrors += 1
        readErrorsInRow += 1
        if result != mon_AVERROR_INVALIDDATA || readErrorsInRow >= Self.readErrorLimit {
            throw StreamError.reading(source, result, interrupt)
        }
        return nil
    }

    private func take(
        _ packet: UnsafeMutablePointer<AVPacket>, _ container: UnsafeMutablePointer<AVFormatContext>
    ) -> Picture? {
        let index = packet.pointee.stream_index
        let isKey = packet.pointee.flags & AV_PKT_FLAG_KEY != 0
        guard let stream = container.pointee.streams[Int(index)], let parameters = stream.pointee.codecpar,
            parameters.pointee.codec_type == AVMEDIA_TYPE_VIDEO
        else {
            av_packet_unref(packet)
            return nil
        }
        let isOther = index != streamIndex
        let follows = isKey && Self.isInProgram(index, container) && !Self.isInProgram(streamIndex, container)
        if isOther && follows || !isOther && parameters.pointee.codec_id != pictures?.codecID {
            successor = index
            pictures?.send(nil)
            return nil
        }
        defer { av_packet_unref(packet) }
        return isOther ? nil : decode(packet, timeBase: stream.pointee.time_base)
    }

    /// Goes on with another decoder.
    private func succeed() throws(StreamError) -> Picture? {
        guard let packet, let index = successor, let stream = container?.pointee.streams[Int(index)] else { return nil }
        defer { av_packet_unref(packet) }
        successor = nil
        try follow(index)
        return decode(packet, timeBase: stream.pointee.time_base)
    }

    private func decode(_ packet: UnsafeMutablePointer<AVPacket>, timeBase: AVRational) -> Picture? {
        if let keeper, let pictures {
            packetsKept += 1
            keeper(packet, pictures)
            return nil
        }
        noteSenderClock(packet, timeBase)
        let isKey = packet.pointee.flags & AV_PKT_FLAG_KEY != 0
        if let left = packetsBeforeKey {
            guard isKey || left >= Self.keyLimit else {
                packetsBeforeKey = left + 1
                // Nothing is known of the picture but its time.
                return Picture(pixels: nil, time: PictureDecoder.time(packet.pointee.pts, timeBase))
            }
            packetsBeforeKey = nil
        }
        pictures?.send(packet)
        return nil
    }

    private func noteSenderClock(_ packet: UnsafeMutablePointer<AVPacket>, _ timeBase: AVRational) {
        var size = 0
        guard let time = PictureDecoder.time(packet.pointee.pts, timeBase),
            let data = av_packet_get_side_data(packet, AV_PKT_DATA_PRFT, &size),
            size >= MemoryLayout<AVProducerReferenceTime>.size
        else { return }
        let reference = UnsafeRawPointer(data).loadUnaligned(as: AVProducerReferenceTime.self)
        senderClock = (time, reference.wallclock / 1000)
    }

    /// Whether a stream belongs to what is sent now.
    private static func isInProgram(_ index: Int32, _ container: UnsafeMutablePointer<AVFormatContext>) -> Bool {
        for number in 0..<Int(container.pointee.nb_programs) {
            guard let program = container.pointee.programs[number] else { continue }
            for place in 0..<Int(program.pointee.nb_stream_indexes)
            where program.pointee.stream_index[place] == UInt32(index) {
                return true
            }
        }
        return false
    }
}
