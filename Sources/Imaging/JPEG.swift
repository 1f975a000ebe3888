internal import CTurboJPEG

/// JPEG through libjpeg-turbo. Values of their own may be used on any thread, each on one at a time.
public enum JPEG {
    /// Larger pictures are refused before memory is taken for them.
    static let maximumPixels = 1 << 27

    /// Compresses a picture: colour with full chroma, so that thin coloured lines stay sharp, or gray.
    ///
    /// 16-bit pictures are stretched between their own percentiles first (`PixelBuffer.stretchedTo8Bits`).
    /// - Parameter quality: 1 ... 100.
    public static func encode(_ picture: PixelBuffer, quality: Int = 88) throws(ImagingError) -> [UInt8] {
        precondition(1...100 ~= quality)
        if picture.format == .gray16 { return try encode(picture.stretchedTo8Bits(), quality: quality) }
        let (pixelFormat, sampling) = picture.format == .rgb24 ? (TJPF_RGB, TJSAMP_444) : (TJPF_GRAY, TJSAMP_GRAY)
        guard let handle = tjInitCompress() else { throw ImagingError(.encoding, "libjpeg-turbo has no memory") }
        defer { tjDestroy(handle) }
        var output: UnsafeMutablePointer<UInt8>?
        var size: UInt = 0
        defer { tjFree(output) }
        let code = tjCompress2(
            handle, picture.bytes.bindMemory(to: UInt8.self).baseAddress, Int32(picture.width),
            Int32(picture.bytesPerRow), Int32(picture.height), pixelFormat.rawValueOfC, &output, &size,
            sampling.rawValueOfC, Int32(quality), 0)
        guard code == 0, let output else { throw ImagingError(.encoding, "JPEG encoding failed: \(message(handle))") }
        return Array(UnsafeBufferPointer(start: output, count: Int(size)))
    }

    /// Reads a JPEG as `rgb24` or, when it has one channel only, as `gray8`.
    public static func decode(_ data: some Collection<UInt8>) throws(ImagingError) -> PixelBuffer {
        guard let handle = tjInitDecompress() else { throw ImagingError(.malformed, "libjpeg-turbo has no memory") }
        defer { tjDestroy(handle) }
        let bytes = Array(data)
        var (width, height, sampling, space): (Int32, Int32, Int32, Int32) = (0, 0, 0, 0)
        guard tjDecompressHeader3(handle, bytes, UInt(bytes.count), &width, &height, &sampling, &space) == 0,
            width > 0, height > 0
        else { throw ImagingError(.malformed, "not a JPEG: \(message(handle))") }
        guard Int(width) * Int(height) <= maximumPixels else {
            throw ImagingError(.tooLarge, "a JPEG of \(width)x\(height) pixels is too large")
        }
        let isGray = space == TJCS_GRAY.rawValueOfC
        let picture = PixelBuffer(width: Int(width), height: Int(height), format: isGray ? .gray8 : .rgb24)
        let code = tjDecompress2(
            handle, bytes, UInt(bytes.count), picture.mutableBytes.bindMemory(to: UInt8.self).baseAddress, width,
            Int32(picture.bytesPerRow), height, (isGray ? TJPF_GRAY : TJPF_RGB).rawValueOfC, TJFLAG_STOPONWARNING)
        guard code == 0 else { throw ImagingError(.malformed, "damaged JPEG: \(message(handle))") }
        return picture
    }

    private static func message(_ handle: tjhandle) -> String {
        tjGetErrorStr2(handle).map { String(cString: $0) } ?? "unknown error"
    }
}

extension TJPF { fileprivate var rawValueOfC: Int32 { Int32(rawValue) } }
extension TJSAMP { fileprivate var rawValueOfC: Int32 { Int32(rawValue) } }
extension TJCS { fileprivate var rawValueOfC: Int32 { Int32(rawValue) } }
