internal import Basics
internal import CLibAV
internal import Imaging

/// Opens one source and gives its pictures one by one: everything of libav that reads.
///
/// Confined to the thread that made it, except for `interrupt`.
final class Decoder: PictureSource {
    private(set) var info: StreamInfo
    /// Packets that could not be read or decoded.
    private(set) var decodeErrors: UInt64 = 0

    private let source: SourceDescription
    private let interrupt: Interrupt
    private let converter: FrameConverter
    private var container: UnsafeMutablePointer<AVFormatContext>?
    private var codec: UnsafeMutablePointer<AVCodecContext>?
    private var packet: UnsafeMutablePointer<AVPacket>?
    private var frame: UnsafeMutablePointer<AVFrame>?
    private var streamIndex: Int32 = -1
    private var timeBase = AVRational(num: 1, den: 1)
    private var isDraining = false
    private var hasFrame = false
    private var readErrors = 0
    /// When the camera sent a packet by its own clock, from its sender reports.
    private var senderClock: (stamp: Int64, wallMicroseconds: Int64)?

    /// Reads in a row that may fail before a file is given up.
    private static let readErrorLimit = 16
    /// Larger pictures are refused: no surveillance camera sends them, damaged headers do.
    static let pixelLimit: Int64 = 64 << 20

    /// Connects and finds the video stream, within `source.openTimeout`.
    ///
    /// - Parameter memory: where the pictures are put.
    init(_ source: SourceDescription, interrupt: Interrupt, memory: any PictureMemory) throws(StreamError) {
        self.source = source
        self.interrupt = interrupt
        converter = FrameConverter(maximumWidth: source.maximumWidth, memory: memory)
        info = StreamInfo(
            width: 0, height: 0, framesPerSecond: nil, codec: "", format: .rgb24, sourceWidth: 0, sourceHeight: 0)
        packet = av_packet_alloc()
        frame = av_frame_alloc()
        guard packet != nil, frame != nil else { throw Self.noMemory(source) }
        limit(source.openTimeout)
        defer { interrupt.disarm() }
        try open(MediaLocation(source))
        try openCodec()
    }

    deinit {
        // Closing says good-bye to the camera, which may be deaf by now.
        interrupt.arm(after: .milliseconds(200))
        defer { interrupt.disarm() }
        avcodec_free_context(&codec)
        avformat_close_input(&container)
        av_packet_free(&packet)
        av_frame_free(&frame)
    }

    /// The next picture, or nil at the clean end of a file.
    ///
    /// Throws `stalled` when nothing comes in time, `stopped` when interrupted.
    func next() throws(StreamError) -> Picture? {
        guard let codec, let frame else { throw Self.noMemory(source) }
        limit(source.silenceLimit(period: period, isFirst: !hasFrame))
        defer { interrupt.disarm() }
        while true {
            let result = avcodec_receive_frame(codec, frame)
            if result >= 0 { return try picture(from: frame) }
            if result == mon_AVERROR_EOF { return nil }
            if result != mon_AVERROR_EAGAIN { decodeErrors += 1 }
            if isDraining && result != mon_AVERROR_EAGAIN && decodeErrors > UInt64(Self.readErrorLimit) { return nil }
            try feed(codec)
        }
    }

    /// Starts a time limit. A file has none: only a camera can fall silent.
    private func limit(_ duration: Duration) {
        if source.isLive { interrupt.arm(after: duration) } else { interrupt.disarm() }
    }

    // MARK: Opening

    private func open(_ location: MediaLocation) throws(StreamError) {
        guard let fresh = avformat_alloc_context() else { throw Self.noMemory(source) }
        fresh.pointee.interrupt_callback = interrupt.callback
        fresh.pointee.max_analyze_duration = 2_000_000
        container = fresh
        var options: OpaquePointer?
        defer { av_dict_free(&options) }
        for (key, value) in location.options { av_dict_set(&options, key, value, 0) }
        let format = location.container.flatMap { av_find_input_format($0) }
        // On failure libav frees the context and sets the pointer to nil.
        let result = avformat_open_input(&container, location.name, format, &options)
        guard result >= 0, let container else { throw openingError(result) }
        let found = avformat_find_stream_info(container, nil)
        guard found >= 0, !interrupt.isCancelled, !interrupt.didFire else { throw openingError(found) }
    }

    private func openCodec() throws(StreamError) {
        guard let container else { throw Self.noMemory(source) }
        let index = av_find_best_stream(container, AVMEDIA_TYPE_VIDEO, -1, -1, nil, 0)
        guard index >= 0, let stream = container.pointee.streams[Int(index)],
            stream.pointee.disposition & AV_DISPOSITION_ATTACHED_PIC == 0, let parameters = stream.pointee.codecpar
        else { throw StreamError(.noVideoStream, "\(source.url) holds no video, only other streams") }
        streamIndex = index
        timeBase = stream.pointee.time_base
        for other in 0..<Int(container.pointee.nb_streams) where other != Int(index) {
            container.pointee.streams[other]?.pointee.discard = AVDISCARD_ALL
        }
        let name = String(cString: avcodec_get_name(parameters.pointee.codec_id))
        guard let implementation = avcodec_find_decoder(parameters.pointee.codec_id) else {
            throw StreamError(
                .unsupportedCodec, "\(source.url) is coded as \(name), for which libavcodec has no decoder here")
        }
        codec = avcodec_alloc_context3(implementation)
        guard let codec, avcodec_parameters_to_context(codec, parameters) >= 0 else { throw Self.noMemory(source) }
        codec.pointee.thread_count = 1
        codec.pointee.max_pixels = Self.pixelLimit
        codec.pointee.pkt_timebase = timeBase
        guard avcodec_open2(codec, implementation, nil) >= 0 else {
            throw StreamError(.unsupportedCodec, "the \(name) decoder refused the stream of \(source.url)")
        }
        info.codec = name
        info.framesPerSecond = Self.rate(stream.pointee.avg_frame_rate) ?? Self.rate(stream.pointee.r_frame_rate)
        note(width: Int(codec.pointee.width), height: Int(codec.pointee.height), format: codec.pointee.pix_fmt.rawValue)
    }

    private static func rate(_ value: AVRational) -> Double? {
        guard value.num > 0, value.den > 0 else { return nil }
        let rate = Double(value.num) / Double(value.den)
        return (0.02...240).contains(rate) ? rate : nil
    }

    /// Takes over size and format of the pictures, as announced or as seen.
    private func note(width: Int, height: Int, format: Int32) {
        let size = converter.outputSize(width: width, height: height, format: format)
        (info.width, info.height) = size
        (info.sourceWidth, info.sourceHeight) = (width, height)
        info.format = FrameConverter.isDeepGray(format) ? .gray16 : .rgb24
    }

    // MARK: Reading

    private func picture(from frame: UnsafeMutablePointer<AVFrame>) throws(StreamError) -> Picture? {
        defer { av_frame_unref(frame) }
        hasFrame = true
        readErrors = 0
        let stamp = frame.pointee.best_effort_timestamp
        let time: Duration? =
            stamp == mon_AV_NOPTS_VALUE
            ? nil : .nanoseconds(av_rescale_q(stamp, timeBase, AVRational(num: 1, den: 1_000_000_000)))
        if frame.pointee.decode_error_flags != 0 || frame.pointee.flags & AV_FRAME_FLAG_CORRUPT != 0 {
            return Picture(pixels: nil, time: time)
        }
        let senderWallMs = senderClock.flatMap { clock -> Int64? in
            guard stamp != mon_AV_NOPTS_VALUE else { return nil }
            let later = av_rescale_q(stamp - clock.stamp, timeBase, AVRational(num: 1, den: 1_000_000))
            return (clock.wallMicroseconds + later) / 1000
        }
        note(width: Int(frame.pointee.width), height: Int(frame.pointee.height), format: frame.pointee.format)
        let pixels = converter.convert(frame)
        if pixels == nil { decodeErrors += 1 }
        return Picture(pixels: pixels, time: time, senderWallMs: senderWallMs)
    }

    /// Gives the decoder one packet, or the end.
    private func feed(_ codec: UnsafeMutablePointer<AVCodecContext>) throws(StreamError) {
        guard let container, let packet, !isDraining else { return }
        if interrupt.check() { throw readingError(0) }
        let result = av_read_frame(container, packet)
        if interrupt.isCancelled || interrupt.didFire {
            // Even an interrupted read may hand out what the parser still held.
            av_packet_unref(packet)
            throw readingError(result)
        }
        if result >= 0 {
            readErrors = 0
            defer { av_packet_unref(packet) }
            guard packet.pointee.stream_index == streamIndex else { return }
            noteSenderClock(packet)
            if avcodec_send_packet(codec, packet) < 0 { decodeErrors += 1 }
            return
        }
        if result == mon_AVERROR_EOF && !source.isLive {
            isDraining = true
            avcodec_send_packet(codec, nil)
            return
        }
        if result == mon_AVERROR_EAGAIN { return }
        decodeErrors += 1
        readErrors += 1
        if result != mon_AVERROR_INVALIDDATA || readErrors >= Self.readErrorLimit { throw readingError(result) }
    }

    private func noteSenderClock(_ packet: UnsafeMutablePointer<AVPacket>) {
        var size = 0
        guard packet.pointee.pts != mon_AV_NOPTS_VALUE,
            let data = av_packet_get_side_data(packet, AV_PKT_DATA_PRFT, &size),
            size >= MemoryLayout<AVProducerReferenceTime>.size
        else { return }
        let reference = UnsafeRawPointer(data).loadUnaligned(as: AVProducerReferenceTime.self)
        senderClock = (packet.pointee.pts, reference.wallclock)
    }

    // MARK: Errors

    private static func noMemory(_ source: SourceDescription) -> StreamError {
        StreamError(.outOfResources, "no memory to open \(source.url)")
    }

    private func openingError(_ code: Int32) -> StreamError {
        let url = source.url
        if interrupt.isCancelled { return StreamError(.stopped, "opening \(url) was stopped") }
        if interrupt.didFire || code == mon_AVERROR(ETIMEDOUT) {
            return StreamError(.timedOut, "\(url) did not answer within \(source.openTimeout.milliseconds) ms")
        }
        switch code {
        case mon_AVERROR_HTTP_UNAUTHORIZED, mon_AVERROR_HTTP_FORBIDDEN:
            return StreamError(.authenticationRefused, "\(url) refused user name or password; check the credentials")
        case mon_AVERROR_HTTP_NOT_FOUND:
            return StreamError(.noSuchStream, "\(url): the camera has no stream at this path; check its manual")
        case mon_AVERROR(ENOMEM): return Self.noMemory(source)
        default: break
        }
        guard source.isLive else {
            return StreamError(.notVideo, "\(url) is not a video, or too damaged to open (\(Self.text(code)))")
        }
        return StreamError(
            .unreachable, "\(url) cannot be reached (\(Self.text(code))); is the camera on and the port right?")
    }

    private func readingError(_ code: Int32) -> StreamError {
        let url = source.url
        if interrupt.isCancelled { return StreamError(.stopped, "reading \(url) was stopped") }
        if interrupt.didFire { return StreamError(.stalled, "\(url) sent no picture for too long") }
        if source.isLive { return StreamError(.connectionLost, "\(url) closed the connection (\(Self.text(code)))") }
        return StreamError(.damaged, "\(url) cannot be read further (\(Self.text(code)))")
    }

    private static func text(_ code: Int32) -> String {
        var buffer = [CChar](repeating: 0, count: 128)
        av_strerror(code, &buffer, buffer.count)
        return buffer.withUnsafeBufferPointer { $0.baseAddress.map { String(cString: $0) } ?? "" }
    }
}
