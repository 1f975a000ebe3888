extension PixelBuffer {
    /// A 16-bit picture as an 8-bit one for people to look at: the samples between two percentiles spread over 0 ... 255,
    /// everything outside clipped. Never for measuring.
    ///
    /// - Parameter clipped: share of the samples to clip at either end, in [0, 0.5).
    public func stretchedTo8Bits(clipped: Double = 0.005) -> PixelBuffer {
        let samples = samples16
        var histogram = [Int](repeating: 0, count: 65536)
        for sample in samples { histogram[Int(sample)] += 1 }
        let target = Int(clipped * Double(samples.count))
        let low = Self.level(histogram.indices.lazy, histogram, beyond: target)
        let high = Self.level(histogram.indices.reversed().lazy, histogram, beyond: target)

        var table = [UInt8](repeating: 0, count: 65536)
        // A flat picture becomes mid gray.
        if high <= low { table = [UInt8](repeating: 128, count: 65536) }
        if high > low {
            let scale = 255 / Float(high - low)
            for value in table.indices { table[value] = UInt8(min(max(Float(value - low) * scale, 0), 255).rounded()) }
        }
        let result = PixelBuffer(width: width, height: height, format: .gray8)
        let output = result.mutableBytes
        for (index, sample) in samples.enumerated() { output[index] = table[Int(sample)] }
        return result
    }

    /// The first level at which more than `target` samples lie behind.
    private static func level(_ levels: some Sequence<Int>, _ histogram: [Int], beyond target: Int) -> Int {
        var count = 0
        for level in levels {
            count += histogram[level]
            if count > target { return level }
        }
        return 0
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
