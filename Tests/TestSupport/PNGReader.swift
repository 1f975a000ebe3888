internal import CLibAV
internal import FoundationEssentials
public import Imaging

/// Decodes reference pictures for tests; the product itself never reads PNG.
public enum PNGReader {
    public struct Failure: Error, CustomStringConvertible {
        public let description: String
    }

    /// The picture as `rgb24`, `gray8` or `gray16`, whichever the file holds.
    /// - Throws: `Failure` when the file is absent, is no PNG, or has another pixel format.
    public static func read(_ path: String) throws -> PixelBuffer {
        guard let data = FileManager.default.contents(atPath: path) else {
            throw Failure(description: "\(path): cannot read")
        }
        guard let decoder = avcodec_find_decoder(AV_CODEC_ID_PNG), let context = avcodec_alloc_context3(decoder) else {
            throw Failure(description: "libavcodec has no PNG decoder")
        }
        var contextReference: UnsafeMutablePointer<AVCodecContext>? = context
        defer { avcodec_free_context(&contextReference) }
        var packet = av_packet_alloc()
        defer { av_packet_free(&packet) }
        var frame = av_frame_alloc()
        defer { av_frame_free(&frame) }
        guard let packet, let frame, av_new_packet(packet, Int32(data.count)) == 0 else {
            throw Failure(description: "out of memory")
        }
        data.withUnsafeBytes { bytes in
            UnsafeMutableRawBufferPointer(start: packet.pointee.data, count: bytes.count).copyMemory(from: bytes)
        }
        guard avcodec_open2(context, decoder, nil) == 0, avcodec_send_packet(context, packet) == 0,
            avcodec_receive_frame(context, frame) == 0
        else { throw Failure(description: "\(path): not a PNG file") }
        return try copy(frame, path: path)
    }

    private static func copy(_ frame: UnsafeMutablePointer<AVFrame>, path: String) throws -> PixelBuffer {
        let format: PixelFormat
        switch AVPixelFormat(frame.pointee.format) {
        case AV_PIX_FMT_RGB24: format = .rgb24
        case AV_PIX_FMT_GRAY8: format = .gray8
        case AV_PIX_FMT_GRAY16BE: format = .gray16
        default: throw Failure(description: "\(path): pixel format \(frame.pointee.format) is not supported")
        }
        let picture = PixelBuffer(width: Int(frame.pointee.width), height: Int(frame.pointee.height), format: format)
        guard let source = frame.pointee.data.0 else { throw Failure(description: "\(path): no pixels") }
        for row in 0..<picture.height {
            let line = UnsafeRawBufferPointer(
                start: source + row * Int(frame.pointee.linesize.0), count: picture.bytesPerRow)
            let target = UnsafeMutableRawBufferPointer(
                rebasing: picture.mutableBytes[row * picture.bytesPerRow..<(row + 1) * picture.bytesPerRow])
            target.copyMemory(from: line)
            if format == .gray16 {
                for index in 0..<picture.width {
                    let sample = target.load(fromByteOffset: 2 * index, as: UInt16.self)
                    target.storeBytes(of: UInt16(bigEndian: sample), toByteOffset: 2 * index, as: UInt16.self)
                }
            }
        }
        return picture
    }
}
