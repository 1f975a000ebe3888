internal import CKernels

extension PixelBuffer {
    /// A 16-bit picture as an 8-bit one for people to look at: the samples between two percentiles spread over 0 ... 255,
    /// everything outside clipped. Never for measuring.
    ///
    /// - Parameter clipped: share of the samples to clip at either end, in [0, 0.5).
    public func stretchedTo8Bits(clipped: Double = 0.005) -> PixelBuffer {
        let result = PixelBuffer(width: width, height: height, format: .gray8)
        stretch(into: result, clipped: clipped, headroom: 0, minimumSpan: 0)
        return result
    }

    /// A 16-bit picture in the grey levels that a network expects, written to a `gray8` buffer of the same size.
    ///
    /// The range is wider than the picture's own, so that something hotter or colder than all before neither saturates
    /// nor moves the other grey levels much; a flat view is not blown up to pure noise.
    ///
    /// - Parameters:
    ///   - clipped: share of the samples outside the inner range at either end, in [0, 0.5).
    ///   - headroom: the inner range is widened at both ends by this share of its width.
    ///   - minimumSpan: counts that 0 ... 255 stand for at least.
    public func stretch(
        into target: PixelBuffer, clipped: Double = 0.01, headroom: Double = 0.3, minimumSpan: Double = 128
    ) {
        precondition(target.format == .gray8 && target.width == width && target.height == height)
        target.mutableBytes.withMemoryRebound(to: UInt8.self) { output in
            ck_stretch16(
                samples16.baseAddress, samples16.count, clipped, headroom, minimumSpan, output.baseAddress)
        }
    }

    /// A copy in `rgb24`, whatever the format; 16-bit samples are stretched.
    public func rgbCopy() -> PixelBuffer {
        let result = PixelBuffer(width: width, height: height, format: .rgb24)
        let output = result.mutableBytes
        switch format {
        case .rgb24:
            output.copyMemory(from: bytes)
        case .gray8:
            for (index, value) in bytes.enumerated() {
                output[3 * index] = value
                output[3 * index + 1] = value
                output[3 * index + 2] = value
            }
        case .gray16:
            return stretchedTo8Bits().rgbCopy()
        }
        return result
    }
}
