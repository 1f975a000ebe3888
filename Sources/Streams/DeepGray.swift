internal import Imaging

/// Copies of 16-bit samples, whose values are measurements.
enum DeepGray {
    /// Fills `target`, a `gray16` picture, from rows that may be padded.
    ///
    /// - Parameters:
    ///   - bytesPerRow: from the start of one row to the next; at least two bytes a pixel, or negative for a picture that
    ///     stands on its head.
    ///   - mask: bits of a sample that mean something.
    static func copy(
        _ source: UnsafeRawPointer, bytesPerRow: Int, isBigEndian: Bool, mask: UInt16, into target: PixelBuffer
    ) {
        let samples = target.mutableBytes.bindMemory(to: UInt16.self)
        for row in 0..<target.height {
            let line = source + row * bytesPerRow
            let start = row * target.width
            for x in 0..<target.width {
                let stored = line.loadUnaligned(fromByteOffset: x * 2, as: UInt16.self)
                samples[start + x] = (isBigEndian ? UInt16(bigEndian: stored) : UInt16(littleEndian: stored)) & mask
            }
        }
    }
}
