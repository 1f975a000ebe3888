internal import CKernels

/// Turns 8-bit samples into the numbers a network was trained on: (sample − mean) / deviation per channel, RGB.
public struct InputNormalisation: Hashable, Sendable {
    /// Three means in grey levels.
    public let mean: SIMD3<Float>
    /// Three standard deviations in grey levels, each > 0.
    public let deviation: SIMD3<Float>

    public init(mean: SIMD3<Float>, deviation: SIMD3<Float>) {
        self.mean = mean
        self.deviation = deviation
    }

    /// The statistics of ImageNet, which nearly every published backbone expects.
    public static let imageNet = InputNormalisation(
        mean: [123.675, 116.28, 103.53], deviation: [58.395, 57.12, 57.375])

    /// Writes `[paddedHeight, paddedWidth, 3]` to `target`; the border right and below is 0 after normalisation.
    ///
    /// A `gray8` picture is repeated in the three channels; `gray16` is a programmer's mistake. The picture must not be
    /// larger than the padded size.
    public func write(
        _ picture: PixelBuffer, paddedWidth: Int, paddedHeight: Int, to target: UnsafeMutablePointer<Float>
    ) {
        precondition(picture.format != .gray16, "16-bit pictures have no fixed grey scale")
        precondition(picture.width <= paddedWidth && picture.height <= paddedHeight)
        let means = [mean.x, mean.y, mean.z]
        let scales = [deviation.x, deviation.y, deviation.z].map { Float(1 / Double($0)) }
        picture.bytes.withMemoryRebound(to: UInt8.self) { bytes in
            ck_normalise_padded(
                bytes.baseAddress, Int32(picture.width), Int32(picture.height), Int32(picture.format.bytesPerPixel),
                means, scales, target, Int32(paddedWidth), Int32(paddedHeight))
        }
    }
}
