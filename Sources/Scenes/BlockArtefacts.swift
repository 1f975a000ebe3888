internal import Imaging

/// Leaves the traces of a cheap camera's compression in a picture: coarse colour, quantised 8 × 8 blocks.
enum BlockArtefacts {
    /// Basis of the 8-point discrete cosine transform, `[frequency, position]`.
    private static let basis: [Float] = (0..<64).map { index in
        let frequency = index / 8
        let position = index % 8
        let scale: Float = frequency == 0 ? Float(0.125).squareRoot() : 0.5
        return scale * Turn.cosine(Float(2 * position + 1) * Float(frequency) * .pi / 16)
    }

    /// `step` is the quantisation step of the lowest frequency in grey levels; higher ones are coarser. Partial blocks
    /// at the right and bottom edge stay as they are.
    static func apply(to picture: PixelBuffer, step: Float) {
        let channels = picture.format.bytesPerPixel
        let bytes = picture.mutableBytes
        var luma = [Float](repeating: 0, count: 64)
        var half = luma
        for top in stride(from: 0, to: picture.height - 7, by: 8) {
            for left in stride(from: 0, to: picture.width - 7, by: 8) {
                func offset(_ index: Int) -> Int {
                    ((top + index / 8) * picture.width + left + index % 8) * channels
                }
                for index in 0..<64 { luma[index] = Self.luma(bytes, offset(index), channels) }
                let original = luma
                transform(&luma, &half, forward: true)
                for index in 0..<64 {
                    let width = step * (1 + 0.45 * Float(index / 8 + index % 8))
                    luma[index] = (luma[index] / width).rounded() * width
                }
                transform(&luma, &half, forward: false)
                for index in 0..<64 {
                    let at = offset(index)
                    if channels == 1 {
                        bytes[at] = clamp(luma[index])
                    } else {
                        recolour(
                            bytes, at, luma[index], original[index], offset((index / 16) * 16 + (index % 8) / 2 * 2))
                    }
                }
            }
        }
    }

    /// Sets a pixel to a new brightness with the colour of its 2 × 2 cell's first pixel.
    private static func recolour(
        _ bytes: UnsafeMutableRawBufferPointer, _ at: Int, _ luma: Float, _ old: Float, _ cell: Int
    ) {
        if at == cell {
            for channel in 0..<3 { bytes[at + channel] = clamp(Float(bytes[at + channel]) + luma - old) }
        } else {
            let reference = Self.luma(bytes, cell, 3)
            for channel in 0..<3 { bytes[at + channel] = clamp(Float(bytes[cell + channel]) - reference + luma) }
        }
    }

    private static func luma(_ bytes: UnsafeMutableRawBufferPointer, _ at: Int, _ channels: Int) -> Float {
        if channels == 1 { return Float(bytes[at]) }
        return 0.299 * Float(bytes[at]) + 0.587 * Float(bytes[at + 1]) + 0.114 * Float(bytes[at + 2])
    }

    private static func clamp(_ value: Float) -> UInt8 { UInt8(min(max(value.rounded(), 0), 255)) }

    private static func transform(_ block: inout [Float], _ half: inout [Float], forward: Bool) {
        for pass in 0..<2 {
            for line in 0..<8 {
                for out in 0..<8 {
                    var sum: Float = 0
                    for index in 0..<8 {
                        let weight = forward ? basis[out * 8 + index] : basis[index * 8 + out]
                        sum += weight * (pass == 0 ? block[line * 8 + index] : half[index * 8 + line])
                    }
                    if pass == 0 { half[line * 8 + out] = sum } else { block[out * 8 + line] = sum }
                }
            }
        }
    }
}
