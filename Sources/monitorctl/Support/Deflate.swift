import CZlib

/// zlib's compression, piece by piece.
final class Deflate {
    enum Form: Int32 {
        /// With zlib's own header and checksum.
        case zlib = 15
        /// Without either, as zip files have it.
        case raw = -15
    }

    private let stream: UnsafeMutablePointer<z_stream>

    init(_ form: Form) {
        stream = .allocate(capacity: 1)
        stream.initialize(to: z_stream())
        // Fails without memory only, and then nothing else would go on either.
        precondition(
            deflateInit2_(
                stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, form.rawValue, 8, Z_DEFAULT_STRATEGY, ZLIB_VERSION,
                Int32(MemoryLayout<z_stream>.size)) == Z_OK)
    }

    deinit {
        deflateEnd(stream)
        stream.deallocate()
    }

    /// What can be written so far; after the last piece nothing is left.
    func pack(_ bytes: [UInt8], isLast: Bool) -> [UInt8] {
        var input = bytes
        var result: [UInt8] = []
        var output = [UInt8](repeating: 0, count: 1 << 16)
        input.withUnsafeMutableBufferPointer { input in
            stream.pointee.next_in = input.baseAddress
            stream.pointee.avail_in = UInt32(input.count)
            repeat {
                output.withUnsafeMutableBufferPointer { output in
                    stream.pointee.next_out = output.baseAddress
                    stream.pointee.avail_out = UInt32(output.count)
                    deflate(stream, isLast ? Z_FINISH : Z_NO_FLUSH)
                }
                result += output[..<(output.count - Int(stream.pointee.avail_out))]
            } while stream.pointee.avail_out == 0
        }
        return result
    }

    /// CRC-32 as in zip files, going on from that of what came before.
    static func crc32(_ bytes: [UInt8], after sum: UInt32 = 0) -> UInt32 {
        UInt32(CZlib.crc32(UInt(sum), bytes, UInt32(bytes.count)))
    }
}
