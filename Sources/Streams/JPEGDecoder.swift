internal import CLibAV
internal import Imaging

/// Decodes JPEGs, each a picture of its own.
final class JPEGDecoder {
    private let source: SourceDescription
    private let pictures: PictureDecoder
    private var packet: UnsafeMutablePointer<AVPacket>?

    var decodeErrors: UInt64 { pictures.decodeErrors }

    init(_ source: SourceDescription, memory: any PictureMemory) throws(StreamError) {
        self.source = source
        var parameters = avcodec_parameters_alloc()
        defer { avcodec_parameters_free(&parameters) }
        packet = av_packet_alloc()
        guard let parameters, packet != nil else { throw StreamError.noMemory(source) }
        parameters.pointee.codec_type = AVMEDIA_TYPE_VIDEO
        parameters.pointee.codec_id = AV_CODEC_ID_MJPEG
        pictures = try PictureDecoder(
            source, parameters, timeBase: AVRational(num: 1, den: 1_000_000_000), framesPerSecond: nil,
            orientation: .upright,
            converter: FrameConverter(maximumWidth: source.maximumWidth, memory: memory))
    }

    deinit { av_packet_free(&packet) }

    /// The picture, or nil when it is damaged; `info` follows what it looks like.
    func decode(_ jpeg: some Collection<UInt8>, _ info: inout StreamInfo) throws(StreamError) -> PixelBuffer? {
        guard let packet, av_new_packet(packet, Int32(clamping: jpeg.count)) >= 0, let data = packet.pointee.data else {
            throw StreamError.noMemory(source)
        }
        defer { av_packet_unref(packet) }
        _ = UnsafeMutableBufferPointer(start: data, count: jpeg.count).update(fromContentsOf: jpeg)
        pictures.send(packet)
        guard case .picture(let picture) = try pictures.receive(&info) else { return nil }
        return picture.pixels
    }
}
