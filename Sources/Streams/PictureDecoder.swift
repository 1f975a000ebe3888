internal import Basics
internal import CLibAV
internal import Imaging

/// One decoder of libavcodec and what turns its pictures into ours: for every source that sends coded pictures.
///
/// Confined to the thread that made it.
final class PictureDecoder {
    /// What `receive` found.
    enum Received {
        case picture(Picture)
        /// Nothing until more packets are sent.
        case hungry
        /// Everything was handed out.
        case ended
    }

    /// Packets and pictures that could not be decoded.
    private(set) var decodeErrors: UInt64 = 0
    let codecID: AVCodecID
    /// Whether most pictures depend on ones before.
    var dependsOnOthers: Bool { !gate.standsAlone }

    /// Only the picture of this time is handed out whole; nil for all.
    var wanted: Duration?

    private let source: SourceDescription
    private let parameters: UnsafeMutablePointer<AVCodecParameters>
    private let timeBase: AVRational
    private let framesPerSecond: Double?
    private let converter: FrameConverter
    private var codec: UnsafeMutablePointer<AVCodecContext>?
    private var hardware: HardwareDevice?
    private var frame: UnsafeMutablePointer<AVFrame>?
    private var gate: TrustGate
    private var errorsInRow = 0
    private var isDraining = false
    /// How a container says that its pictures are to be turned.
    private let orientation: Orientation

    /// Larger pictures are refused: no surveillance camera sends them, damaged headers do.
    static let pixelLimit: Int64 = 64 << 20
    private static let errorLimit = 16
    /// Errors in a row after which hardware is given up.
    private static let hardwareErrorLimit = 3

    init(
        _ source: SourceDescription, _ given: UnsafePointer<AVCodecParameters>, timeBase: AVRational,
        framesPerSecond: Double?, orientation: Orientation, converter: FrameConverter
    ) throws(StreamError) {
        guard let parameters = avcodec_parameters_alloc() else { throw StreamError.noMemory(source) }
        self.source = source
        self.parameters = parameters
        self.timeBase = timeBase
        self.framesPerSecond = framesPerSecond
        self.converter = converter
        self.orientation = orientation
        codecID = given.pointee.codec_id
        let properties = avcodec_descriptor_get(codecID)?.pointee.props ?? 0
        gate = TrustGate(
            standsAlone: properties & AV_CODEC_PROP_INTRA_ONLY != 0,
            healing: max(10, Int(10 * (framesPerSecond ?? 25))))
        frame = av_frame_alloc()
        guard frame != nil, avcodec_parameters_copy(parameters, given) >= 0 else { throw StreamError.noMemory(source) }
        if source.hardwareDecoding == .vaapi { hardware = HardwareDevice(AV_HWDEVICE_TYPE_VAAPI) }
        try open()
    }

    deinit {
        avcodec_free_context(&codec)
        av_frame_free(&frame)
        var parameters: UnsafeMutablePointer<AVCodecParameters>? = parameters
        avcodec_parameters_free(&parameters)
    }

    /// Another decoder for the same stream, which knows nothing of this one's pictures.
    func twin(memory: any PictureMemory) throws(StreamError) -> PictureDecoder {
        try PictureDecoder(
            source, parameters, timeBase: timeBase, framesPerSecond: framesPerSecond, orientation: orientation,
            converter: FrameConverter(maximumWidth: source.maximumWidth, memory: memory))
    }

    private func open() throws(StreamError) {
        let name = Self.name(codecID)
        guard let implementation = avcodec_find_decoder(codecID) else {
            throw StreamError(
                .unsupportedCodec, "\(source.url) is coded as \(name), for which libavcodec has no decoder here")
        }
        avcodec_free_context(&codec)
        codec = avcodec_alloc_context3(implementation)
        guard let codec, avcodec_parameters_to_context(codec, parameters) >= 0 else {
            throw StreamError.noMemory(source)
        }
        codec.pointee.thread_count = 1
        codec.pointee.max_pixels = Self.pixelLimit
        codec.pointee.pkt_timebase = timeBase
        hardware?.lend(to: codec)
        guard avcodec_open2(codec, implementation, nil) >= 0 else {
            throw StreamError(.unsupportedCodec, "the \(name) decoder refused the stream of \(source.url)")
        }
    }

    static func name(_ codec: AVCodecID) -> String { String(cString: avcodec_get_name(codec)) }

    /// Fills in what is announced of the pictures, and of how they are decoded.
    func describe(_ info: inout StreamInfo) {
        info.codec = Self.name(codecID)
        info.decoder = "software"
        guard let codec else { return }
        let shape = PictureShape(
            width: Int(codec.pointee.width), height: Int(codec.pointee.height), format: codec.pointee.pix_fmt.rawValue,
            aspect: codec.pointee.sample_aspect_ratio, orientation: orientation)
        note(shape, &info)
    }

    private func note(_ shape: PictureShape, _ info: inout StreamInfo) {
        (info.width, info.height) = converter.outputSize(shape)
        (info.sourceWidth, info.sourceHeight) = (shape.width, shape.height)
        info.format = shape.isDeepGray ? .gray16 : .rgb24
    }

    // MARK: Decoding

    /// Gives the decoder a packet, or with nil the end.
    func send(_ packet: UnsafeMutablePointer<AVPacket>?) {
        if packet == nil { isDraining = true }
        guard let codec, avcodec_send_packet(codec, packet) < 0, packet != nil else { return }
        fail()
    }

    /// The next picture that is done; `info` follows what it looks like.
    func receive(_ info: inout StreamInfo) throws(StreamError) -> Received {
        guard let codec, let frame else { throw StreamError.noMemory(source) }
        let result = avcodec_receive_frame(codec, frame)
        if result >= 0 {
            defer { av_frame_unref(frame) }
            return .picture(picture(from: frame, &info))
        }
        if result == mon_AVERROR_EOF { return .ended }
        if result == mon_AVERROR_EAGAIN { return .hungry }
        fail()
        return isDraining && errorsInRow > Self.errorLimit ? .ended : .hungry
    }

    private func fail() {
        decodeErrors += 1
        errorsInRow += 1
        gate.noteDamage()
        if hardware != nil && errorsInRow >= Self.hardwareErrorLimit { fallBack() }
    }

    /// Goes on in software, within the same stream, from the next picture that stands alone.
    func fallBack() {
        hardware = nil
        errorsInRow = 0
        // The codec was open before; what fails here is memory, and then nothing is handed out any more.
        try? open()
    }

    /// A timestamp of libav; nil when there is none.
    static func time(_ stamp: Int64, _ timeBase: AVRational) -> Duration? {
        guard stamp != mon_AV_NOPTS_VALUE else { return nil }
        return .nanoseconds(av_rescale_q(stamp, timeBase, AVRational(num: 1, den: 1_000_000_000)))
    }

    /// When a packet's picture is shown; nil when the stream does not say.
    func time(of packet: UnsafePointer<AVPacket>) -> Duration? { Self.time(packet.pointee.pts, timeBase) }

    private func picture(from frame: UnsafeMutablePointer<AVFrame>, _ info: inout StreamInfo) -> Picture {
        let time = Self.time(frame.pointee.best_effort_timestamp, timeBase)
        let isDamaged = frame.pointee.decode_error_flags != 0 || frame.pointee.flags & AV_FRAME_FLAG_CORRUPT != 0
        guard gate.admits(isKey: frame.pointee.key_frame != 0, isDamaged: isDamaged) else {
            return Picture(pixels: nil, time: time)
        }
        if let wanted, wanted != time { return Picture(pixels: nil, time: time) }
        if let hardware, hardware.holds(frame) {
            info.decoder = hardware.name
            guard hardware.fetch(frame) else {
                fail()
                return Picture(pixels: nil, time: time)
            }
        } else {
            info.decoder = "software"
        }
        let shape = PictureShape(frame, orientation)
        note(shape, &info)
        let pixels = converter.convert(frame, shape)
        if pixels == nil { fail() } else { errorsInRow = 0 }
        return Picture(pixels: pixels, time: time)
    }
}
