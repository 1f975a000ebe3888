internal import CLibAV
internal import FoundationEssentials

/// Which pixels of a picture are marked, read from a gray PNG file of 1 or 8 bits: set means not black.
public struct PixelMask: Sendable, Hashable {
    public let width: Int
    public let height: Int
    /// `[height, width]`, row-major.
    public let isSet: [Bool]

    public init(width: Int, height: Int, isSet: [Bool]) {
        precondition(isSet.count == width * height)
        self.width = width
        self.height = height
        self.isSet = isSet
    }

    public var isEmpty: Bool { !isSet.contains(true) }

    /// - Throws: `EvaluationError` when the file is absent or no gray PNG.
    public init(png path: String) throws(EvaluationError) {
        guard let data = FileManager.default.contents(atPath: path) else {
            throw EvaluationError(.missing, "\(path): cannot read")
        }
        guard let decoder = avcodec_find_decoder(AV_CODEC_ID_PNG) else {
            throw EvaluationError(.malformed, "libavcodec was built without a PNG decoder")
        }
        var context = avcodec_alloc_context3(decoder)
        defer { avcodec_free_context(&context) }
        var packet = av_packet_alloc()
        defer { av_packet_free(&packet) }
        var frame = av_frame_alloc()
        defer { av_frame_free(&frame) }
        guard let context, let packet, let frame, av_new_packet(packet, Int32(clamping: data.count)) == 0 else {
            throw EvaluationError(.malformed, "\(path): too large")
        }
        data.withUnsafeBytes { bytes in
            UnsafeMutableRawBufferPointer(start: packet.pointee.data, count: bytes.count).copyMemory(from: bytes)
        }
        guard avcodec_open2(context, decoder, nil) == 0, avcodec_send_packet(context, packet) == 0,
            avcodec_receive_frame(context, frame) == 0, let pixels = frame.pointee.data.0
        else { throw EvaluationError(.malformed, "\(path): not a PNG file") }

        let (width, height) = (Int(frame.pointee.width), Int(frame.pointee.height))
        let format = AVPixelFormat(frame.pointee.format)
        guard format == AV_PIX_FMT_GRAY8 || format == AV_PIX_FMT_MONOBLACK else {
            throw EvaluationError(.malformed, "\(path): not a gray PNG file of 1 or 8 bits")
        }
        let stride = Int(frame.pointee.linesize.0)
        let isSet = [Bool](unsafeUninitializedCapacity: width * height) { output, count in
            for row in 0..<height {
                let line = pixels + row * stride
                for column in 0..<width {
                    // A bit of MONOBLACK: eight pixels to the byte, the leftmost in the highest.
                    let sample =
                        format == AV_PIX_FMT_GRAY8 ? line[column] : line[column >> 3] & (0x80 >> UInt8(column & 7))
                    output[row * width + column] = sample != 0
                }
            }
            count = width * height
        }
        self.init(width: width, height: height, isSet: isSet)
    }
}
