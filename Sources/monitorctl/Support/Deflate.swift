import CZlib

/// zlib's compression and checksum.
enum Deflate {
    /// CRC-32 as in zip files.
    static func crc32(_ bytes: [UInt8]) -> UInt32 { UInt32(CZlib.crc32(0, bytes, UInt32(bytes.count))) }

    /// With zlib's own header and checksum.
    static func zlib(_ bytes: [UInt8]) -> [UInt8] { packed(bytes, windowBits: 15) }

    /// Without either, as zip files have it.
    static func raw(_ bytes: [UInt8]) -> [UInt8] { packed(bytes, windowBits: -15) }

    private static func packed(_ bytes: [UInt8], windowBits: Int32) -> [UInt8] {
        var stream = z_stream()
        // Fails without memory only, and then nothing else would go on either.
        precondition(
            deflateInit2_(
                &stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, windowBits, 8, Z_DEFAULT_STRATEGY, ZLIB_VERSION,
                Int32(MemoryLayout<z_stream>.size)) == Z_OK)
        defer { deflateEnd(&stream) }
        var input = bytes
        var output = [UInt8](repeating: 0, count: Int(deflateBound(&stream, UInt(bytes.count))))
        let count = input.withUnsafeMutableBufferPointer { input in
            output.withUnsafeMutableBufferPointer { output in
                stream.next_in = input.baseAddress
                stream.avail_in = UInt32(input.count)
                stream.next_out = output.baseAddress
                stream.avail_out = UInt32(output.count)
                precondition(deflate(&stream, Z_FINISH) == Z_STREAM_END)
                return output.count - Int(stream.avail_out)
            }
        }
        return Array(output[..<count])
    }
}
