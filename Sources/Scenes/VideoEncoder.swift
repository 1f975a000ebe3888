internal import CLibAV
public import Imaging

/// Writes pictures into a video file, or one picture into an image file, through libav.
///
/// Not thread-safe. Frames are kept bit-exact by `ffv1` and `png`; the others lose detail.
public final class VideoEncoder {
    /// How pictures are compressed.
    public enum Codec: String, Sendable {
        /// H.264 4:2:0; MPEG-4 part 2 where libx264 is not installed.
        case h264
        case mpeg4
        /// Lossless; the only choice for `gray16`.
        case ffv1
        /// One lossless image.
        case png
    }

    /// Settings that have a sensible default.
    public struct Options: Sendable {
        /// Constant rate factor of H.264, 0 (lossless) to 51.
        public var rateFactor = 23
        /// Frames between key frames.
        public var keyFrameInterval = 30
        /// Container by libavformat's name; nil goes by the file's extension.
        public var container: String?

        public init() {}
    }

    public let path: String
    public let width: Int
    public let height: Int
    private let format: PixelFormat
    private let timeBase: AVRational
    private var container: UnsafeMutablePointer<AVFormatContext>?
    private var encoder: UnsafeMutablePointer<AVCodecContext>?
    private var frame: UnsafeMutablePointer<AVFrame>?
    private var packet: UnsafeMutablePointer<AVPacket>?
    private var scaler: OpaquePointer?
    /// Padded rows: swscale reads whole vectors, past the end of a tightly packed picture.
    private var scratch: UnsafeMutableRawPointer?
    private let scratchStride: Int
    private var nextFrame: Int64 = 0
    private var isFinished = false

    /// Creates the file and writes its header.
    ///
    /// - Parameters:
    ///   - width: pixels; even for `h264` and `mpeg4`.
    ///   - framesPerSecond: frame *n* is presented at *n* / `framesPerSecond` seconds.
    /// - Throws: `ScenesError`.
    public init(
        path: String, width: Int, height: Int, format: PixelFormat, framesPerSecond: Double, codec: Codec,
        options: Options = Options()
    ) throws(ScenesError) {
        self.path = path
        self.width = width
        self.height = height
        self.format = format
        scratchStride = (width * format.bytesPerPixel + 127) / 64 * 64
        let rate = av_d2q(framesPerSecond, 90_000)
        timeBase = AVRational(num: rate.den, den: rate.num)
        let containerName = codec == .png ? "image2" : options.container
        guard avformat_alloc_output_context2(&container, nil, containerName, path) >= 0, let container else {
            throw ScenesError(.unsupportedCodec, "no container format is known for \(path)")
        }
        let (implementation, pixelFormat) = try Self.implementation(codec, format)
        guard let stream = avformat_new_stream(container, nil), let encoder = avcodec_alloc_context3(implementation)
        else { throw ScenesError(.encodingFailed, "no memory to encode \(path)") }
        self.encoder = encoder
        encoder.pointee.width = Int32(width)
        encoder.pointee.height = Int32(height)
        encoder.pointee.pix_fmt = pixelFormat
        encoder.pointee.time_base = timeBase
        encoder.pointee.framerate = rate
        encoder.pointee.gop_size = Int32(options.keyFrameInterval)
        encoder.pointee.thread_count = 1
        if container.pointee.oformat.pointee.flags & AVFMT_GLOBALHEADER != 0 {
            encoder.pointee.flags |= AV_CODEC_FLAG_GLOBAL_HEADER
        }
        tune(codec, implementation, options)
        guard avcodec_open2(encoder, implementation, nil) >= 0 else {
            throw ScenesError(
                .encodingFailed, "the \(codec.rawValue) encoder refused \(width)x\(height) \(format.rawValue)")
        }
        stream.pointee.time_base = timeBase
        stream.pointee.avg_frame_rate = rate
        avcodec_parameters_from_context(stream.pointee.codecpar, encoder)
        try prepareFrame(pixelFormat)
        try openOutput(container, codec)
    }

    deinit {
        if let container, container.pointee.oformat.pointee.flags & AVFMT_NOFILE == 0 {
            avio_closep(&container.pointee.pb)
        }
        avformat_free_context(container)
        avcodec_free_context(&encoder)
        av_frame_free(&frame)
        av_packet_free(&packet)
        sws_freeContext(scaler)
        scratch?.deallocate()
    }

    /// Appends the next frame; throws `ScenesError` when its size or format differs or it cannot be written.
    public func write(_ picture: PixelBuffer) throws(ScenesError) {
        guard picture.width == width, picture.height == height, picture.format == format else {
            throw ScenesError(
                .wrongPicture,
                "\(path) takes \(width)x\(height) \(format.rawValue), not \(picture.width)x\(picture.height) "
                    + picture.format.rawValue)
        }
        guard let frame, av_frame_make_writable(frame) >= 0 else {
            throw ScenesError(.encodingFailed, "no memory for a frame of \(path)")
        }
        copy(picture, to: frame)
        frame.pointee.pts = nextFrame
        nextFrame += 1
        try send(frame)
    }

    /// Writes what the encoder still holds and the file's trailer. Must be called once, last; throws `ScenesError`.
    public func finish() throws(ScenesError) {
        guard !isFinished, let container else { return }
        isFinished = true
        try send(nil)
        guard av_write_trailer(container) >= 0 else {
            throw ScenesError(.cannotWrite, "\(path) could not be completed")
        }
        guard container.pointee.oformat.pointee.flags & AVFMT_NOFILE != 0 || avio_closep(&container.pointee.pb) >= 0
        else {
            throw ScenesError(.cannotWrite, "\(path) could not be written to the end; is the disk full?")
        }
    }

    /// Writes one picture as a PNG image; throws `ScenesError`.
    public static func writePNG(_ picture: PixelBuffer, to path: String) throws(ScenesError) {
        let encoder = try VideoEncoder(
            path: path, width: picture.width, height: picture.height, format: picture.format, framesPerSecond: 1,
            codec: .png)
        try encoder.write(picture)
        try encoder.finish()
    }

    private static func implementation(
        _ codec: Codec, _ format: PixelFormat
    ) throws(ScenesError) -> (UnsafePointer<AVCodec>, AVPixelFormat) {
        let found: UnsafePointer<AVCodec>?
        let pixelFormat: AVPixelFormat
        switch (codec, format) {
        case (.h264, .rgb24), (.h264, .gray8):
            found = avcodec_find_encoder_by_name("libx264") ?? avcodec_find_encoder(AV_CODEC_ID_MPEG4)
            pixelFormat = AV_PIX_FMT_YUV420P
        case (.mpeg4, .rgb24), (.mpeg4, .gray8):
            (found, pixelFormat) = (avcodec_find_encoder(AV_CODEC_ID_MPEG4), AV_PIX_FMT_YUV420P)
        case (.ffv1, .gray16): (found, pixelFormat) = (avcodec_find_encoder(AV_CODEC_ID_FFV1), AV_PIX_FMT_GRAY16LE)
        case (.ffv1, .gray8): (found, pixelFormat) = (avcodec_find_encoder(AV_CODEC_ID_FFV1), AV_PIX_FMT_GRAY8)
        case (.ffv1, .rgb24): (found, pixelFormat) = (avcodec_find_encoder(AV_CODEC_ID_FFV1), AV_PIX_FMT_BGR0)
        case (.png, .rgb24): (found, pixelFormat) = (avcodec_find_encoder(AV_CODEC_ID_PNG), AV_PIX_FMT_RGB24)
        case (.png, .gray8): (found, pixelFormat) = (avcodec_find_encoder(AV_CODEC_ID_PNG), AV_PIX_FMT_GRAY8)
        case (.png, .gray16): (found, pixelFormat) = (avcodec_find_encoder(AV_CODEC_ID_PNG), AV_PIX_FMT_GRAY16BE)
        case (.h264, .gray16), (.mpeg4, .gray16):
            throw ScenesError(.unsupportedCodec, "\(codec.rawValue) cannot keep 16-bit pixels; use ffv1")
        }
        guard let found else {
            throw ScenesError(.unsupportedCodec, "this libavcodec has no \(codec.rawValue) encoder")
        }
        return (found, pixelFormat)
    }

    private func tune(_ codec: Codec, _ implementation: UnsafePointer<AVCodec>, _ options: Options) {
        guard let encoder else { return }
        if codec == .h264 && implementation.pointee.id == AV_CODEC_ID_H264 {
            av_opt_set(encoder.pointee.priv_data, "preset", "veryfast", 0)
            av_opt_set(encoder.pointee.priv_data, "crf", String(options.rateFactor), 0)
        } else if codec == .mpeg4 || codec == .h264 {
            encoder.pointee.flags |= AV_CODEC_FLAG_QSCALE
            encoder.pointee.global_quality = FF_QP2LAMBDA * 3
        } else if codec == .ffv1 {
            encoder.pointee.level = 3
        }
    }

    private func prepareFrame(_ pixelFormat: AVPixelFormat) throws(ScenesError) {
        guard let fresh = av_frame_alloc(), let freshPacket = av_packet_alloc() else {
            throw ScenesError(.encodingFailed, "no memory to encode \(path)")
        }
        (frame, packet) = (fresh, freshPacket)
        fresh.pointee.format = pixelFormat.rawValue
        fresh.pointee.width = Int32(width)
        fresh.pointee.height = Int32(height)
        scratch = .allocate(byteCount: scratchStride * height + 64, alignment: 64)
        let source =
            switch format {
            case .rgb24: AV_PIX_FMT_RGB24
            case .gray8: AV_PIX_FMT_GRAY8
            case .gray16: AV_PIX_FMT_GRAY16LE
            }
        scaler = sws_getContext(
            Int32(width), Int32(height), source, Int32(width), Int32(height), pixelFormat, SWS_BILINEAR, nil, nil, nil)
        guard av_frame_get_buffer(fresh, 0) >= 0, scaler != nil else {
            throw ScenesError(.encodingFailed, "\(width)x\(height) pixels cannot be encoded into \(path)")
        }
    }

    private func openOutput(_ container: UnsafeMutablePointer<AVFormatContext>, _ codec: Codec) throws(ScenesError) {
        if container.pointee.oformat.pointee.flags & AVFMT_NOFILE == 0 {
            guard avio_open(&container.pointee.pb, path, AVIO_FLAG_WRITE) >= 0 else {
                throw ScenesError(
                    .cannotWrite, "\(path) cannot be created; does its folder exist and may we write there?")
            }
        }
        var options: OpaquePointer?
        if codec == .png { av_dict_set(&options, "update", "1", 0) }
        defer { av_dict_free(&options) }
        guard avformat_write_header(container, &options) >= 0 else {
            throw ScenesError(.cannotWrite, "\(path) cannot hold \(codec.rawValue) video, or cannot be written")
        }
    }

    private func copy(_ picture: PixelBuffer, to frame: UnsafeMutablePointer<AVFrame>) {
        guard let scratch, let bytes = picture.bytes.baseAddress else { return }
        for row in 0..<height {
            (scratch + row * scratchStride).copyMemory(
                from: bytes + row * picture.bytesPerRow, byteCount: picture.bytesPerRow)
        }
        let source: [UnsafePointer<UInt8>?] = [
            UnsafePointer(scratch.assumingMemoryBound(to: UInt8.self)), nil, nil, nil,
        ]
        let sourceStride = [Int32(scratchStride), 0, 0, 0]
        withUnsafeBytes(of: &frame.pointee.data) { planes in
            withUnsafeBytes(of: &frame.pointee.linesize) { strides in
                _ = sws_scale(
                    scaler, source, sourceStride, 0, Int32(height),
                    planes.bindMemory(to: UnsafeMutablePointer<UInt8>?.self).baseAddress,
                    strides.bindMemory(to: Int32.self).baseAddress)
            }
        }
    }

    private func send(_ frame: UnsafeMutablePointer<AVFrame>?) throws(ScenesError) {
        guard let encoder, let packet, let container else { return }
        guard avcodec_send_frame(encoder, frame) >= 0 else {
            throw ScenesError(.encodingFailed, "the encoder refused frame \(nextFrame - 1) of \(path)")
        }
        while avcodec_receive_packet(encoder, packet) >= 0 {
            guard let stream = container.pointee.streams[0] else { return }
            if packet.pointee.duration == 0 { packet.pointee.duration = 1 }
            av_packet_rescale_ts(packet, timeBase, stream.pointee.time_base)
            packet.pointee.stream_index = 0
            guard av_interleaved_write_frame(container, packet) >= 0 else {
                throw ScenesError(.cannotWrite, "\(path) could not be written; is the disk full?")
            }
        }
    }
}
