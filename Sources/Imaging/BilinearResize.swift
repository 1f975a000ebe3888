internal import CKernels

extension PixelBuffer {
    /// Resizes into `target` (same 8-bit format, any size) with two taps per axis and no antialiasing.
    ///
    /// Fixed-point arithmetic as in OpenCV's `INTER_LINEAR`, so that networks trained behind it see the same grey levels.
    public func resizeBilinear(into target: PixelBuffer) {
        precondition(format == target.format && format != .gray16, "8-bit pictures of one format")
        if width == target.width && height == target.height {
            target.mutableBytes.copyMemory(from: bytes)
            return
        }
        let channels = Int32(format.bytesPerPixel)
        let size = ck_resize_bilinear_scratch(Int32(target.width), channels)
        withUnsafeTemporaryAllocation(byteCount: size, alignment: 64) { scratch in
            bytes.withMemoryRebound(to: UInt8.self) { source in
                target.mutableBytes.withMemoryRebound(to: UInt8.self) { out in
                    ck_resize_bilinear(
                        source.baseAddress, Int32(width), Int32(height), channels, out.baseAddress, Int32(target.width),
                        Int32(target.height), scratch.baseAddress)
                }
            }
        }
    }
}
