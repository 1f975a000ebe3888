internal import Imaging

/// How a picture is structured: brightness at 64 x 64 places, in 64 blocks, and how much fine detail each block has.
///
/// Beside `PictureStatistics`, which tells what the light does, this tells whether the same things are still to be seen.
/// A fixed number of pixels is looked at whatever the picture's size. Brightness is in the picture's own levels: 0...255,
/// or thermal counts.
struct PictureLook: Sendable {
    typealias Samples = SIMD64<Float>

    /// Blocks along each axis, and places along each axis of a block.
    private static let side = 8
    static let blockCount = side * side

    /// Power of a slope of one per place over a block.
    private static let slope: Float = 336

    private(set) var format: PixelFormat
    /// Brightness per block, less the block's mean and its slope: whatever is close to the lens is smooth, and two slopes
    /// are alike by chance.
    private(set) var pattern: [Samples]
    /// Mean brightness.
    private(set) var level = Samples()
    /// Mean square of the pattern.
    private(set) var coarse = Samples()
    /// Mean square of the difference between near pixels, some 1/640 of the picture's width apart.
    private(set) var fine = Samples()
    /// Fine detail of blocks without any, which is noise: what the least detailed eighth of the blocks has.
    private(set) var grain: Float = 0

    init(_ pixels: PixelBuffer) {
        format = pixels.format
        pattern = [Samples](repeating: .zero, count: Self.blockCount)
        read(pixels)
    }

    /// Takes another picture's look in the memory of this one.
    mutating func read(_ pixels: PixelBuffer) {
        format = pixels.format
        let (width, height) = (pixels.width, pixels.height)
        switch pixels.format {
        case .rgb24:
            let bytes = pixels.bytes
            sample(width, height) { Int(bytes[3 * $0]) + 2 * Int(bytes[3 * $0 + 1]) + Int(bytes[3 * $0 + 2]) }
        case .gray8:
            let bytes = pixels.bytes
            sample(width, height) { 4 * Int(bytes[$0]) }
        case .gray16:
            let counts = pixels.samples16
            sample(width, height) { 4 * Int(counts[$0]) }
        }
        grain = fine.ranked(Self.blockCount / 8)
    }

    /// `read` gives four times the brightness of the pixel at an index.
    @inline(__always)
    private mutating func sample(_ width: Int, _ height: Int, _ read: (Int) -> Int) {
        let places = Self.side * Self.side
        let reach = max(1, width / 640)
        let (right, down) = (min(reach, width - 1), min(reach, height - 1) * width)
        pattern.withUnsafeMutableBytes { memory in
            let values = memory.bindMemory(to: Float.self)
            var differences = [Int](repeating: 0, count: Self.blockCount)
            // Row by row, as the picture lies in memory: waiting for it is most of the work.
            for row in 0..<places {
                let y = min((2 * row + 1) * height / (2 * places), max(0, height - 1 - reach))
                for column in 0..<places {
                    let x = min((2 * column + 1) * width / (2 * places), max(0, width - 1 - reach))
                    let corner = y * width + x
                    let (a, b) = (read(corner), read(corner + right))
                    let (c, d) = (read(corner + down), read(corner + down + right))
                    let block = row / Self.side * Self.side + column / Self.side
                    let place = row % Self.side * Self.side + column % Self.side
                    // Through a pointer: replacing one of a vector's elements copies all of it.
                    values[block * Self.blockCount + place] = Float(a + b + c + d) / 16
                    differences[block] += (a - b) * (a - b) + (a - c) * (a - c) + (d - b) * (d - b) + (d - c) * (d - c)
                }
            }
            for block in differences.indices {
                fine[block] = Float(differences[block]) / Float(Self.blockCount * 4 * 16)
            }
        }
        flatten()
    }

    /// Takes mean and slope out of each block. Plain loops: the compiler makes poor code of vectors as long as these.
    private mutating func flatten() {
        let count = Float(Self.blockCount)
        pattern.withUnsafeMutableBytes { memory in
            let values = memory.bindMemory(to: Float.self)
            for block in 0..<Self.blockCount {
                let first = block * Self.blockCount
                var (sum, across, along): (Float, Float, Float) = (0, 0, 0)
                for place in 0..<Self.blockCount {
                    let value = values[first + place]
                    sum += value
                    across += value * (Float(place % Self.side) - 3.5)
                    along += value * (Float(place / Self.side) - 3.5)
                }
                let (mean, right, down) = (sum / count, across / Self.slope, along / Self.slope)
                var power: Float = 0
                for place in 0..<Self.blockCount {
                    let plane =
                        mean + right * (Float(place % Self.side) - 3.5) + down * (Float(place / Self.side) - 3.5)
                    let rest = values[first + place] - plane
                    values[first + place] = rest
                    power += rest * rest
                }
                level[block] = mean
                coarse[block] = power / count
            }
        }
    }

    /// Moves this look towards a newer one of the same format, block by block: `share` 0...1 of the way.
    mutating func follow(_ newer: PictureLook, share: Samples) {
        for block in pattern.indices where share[block] > 0 {
            pattern[block] += (newer.pattern[block] - pattern[block]) * share[block]
            coarse[block] = (pattern[block] * pattern[block]).sum() / Float(Self.blockCount)
        }
        level += (newer.level - level) * share
        fine += (newer.fine - fine) * share
        grain = fine.ranked(Self.blockCount / 8)
    }

    /// Correlation, -1...1, of each block's brightness with the same block of another look; brighter, darker and paler
    /// pictures of the same thing correlate as well as equal ones. 0 where either block is flat.
    func correlation(with other: PictureLook) -> Samples {
        var result = Samples()
        for block in pattern.indices {
            let power = coarse[block] * other.coarse[block]
            guard power > 0 else { continue }
            let product = (pattern[block] * other.pattern[block]).sum() / Float(Self.blockCount)
            result[block] = product / power.squareRoot()
        }
        return result
    }

    /// Mean square of the difference in brightness, place by place, in each block.
    func difference(from other: PictureLook) -> Samples {
        var result = Samples()
        for block in pattern.indices {
            let offset = pattern[block] - other.pattern[block]
            let shift = level[block] - other.level[block]
            result[block] = (offset * offset).sum() / Float(Self.blockCount) + shift * shift
        }
        return result
    }
}

extension SIMD64<Float> {
    /// The value at a rank, lowest first.
    func ranked(_ rank: Int) -> Float {
        withUnsafeTemporaryAllocation(of: Float.self, capacity: scalarCount) { memory in
            var values = memory
            for index in indices { values.initializeElement(at: index, to: self[index]) }
            values.sort()
            return values[rank]
        }
    }

    /// How many are true.
    static func count(_ mask: SIMDMask<SIMD64<Int32>>) -> Int {
        Int(SIMD64<Int32>.zero.replacing(with: 1, where: mask).wrappedSum())
    }
}
