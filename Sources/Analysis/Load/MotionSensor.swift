internal import Basics
package import Imaging

/// Tells whether something moves in one camera's pictures, for a small part of what judging them costs.
///
/// Every block of about 1/45 of the picture's height is compared with a memory of what it showed in the last seconds, and
/// has its own measure of how much it usually varies, so that foliage, rain and noise quieten down by themselves. What all
/// blocks do together is light, not movement. What arrives counts until the memory has taken it in; what moves too little
/// is left to the sweep.
///
/// Time is that of the frames. One thread at a time: the camera's own queue.
package struct MotionSensor: Sendable {
    /// Blocks along the shorter side of the picture.
    private static let blocksAcross = 45
    /// Pixels looked at along each axis of a block.
    private static let samples = 4
    /// Seconds over which the memory of a block's level is averaged.
    private static let levelMemory: Float = 8
    /// Seconds over which the usual variation of a block is averaged.
    private static let variationMemory: Float = 20
    /// A block moves when it differs by this many times its usual variation (the mean deviation: four standard ones).
    private static let factor: Float = 5
    /// Two moved neighbours are movement; a single block must exceed its limit this many times.
    private static let aloneFactor: Float = 2
    /// After a longer gap, nothing is known any more.
    private static let longestGap: Duration = .seconds(10)

    /// One picture size and format.
    private struct Grid: Sendable {
        let format: PixelFormat
        let width: Int
        let height: Int
        let columns: Int
        let rows: Int
        /// Smallest difference that can be movement, in the picture's own levels.
        let floor: Float
        /// Byte offsets of the pixels looked at within a row, and the rows.
        let offsets: [Int]
        let lines: [Int]

        init(_ pixels: PixelBuffer) {
            format = pixels.format
            width = pixels.width
            height = pixels.height
            let size = max(2, Double(min(width, height)) / Double(blocksAcross))
            columns = max(1, Int((Double(width) / size).rounded()))
            rows = max(1, Int((Double(height) / size).rounded()))
            floor = format == .gray16 ? 4 : 3
            let (across, down) = (columns * samples, rows * samples)
            offsets = (0..<across).map { [width] in (2 * $0 + 1) * width / (2 * across) * pixels.format.bytesPerPixel }
            lines = (0..<down).map { [height] in (2 * $0 + 1) * height / (2 * down) * pixels.bytesPerRow }
        }

        func fits(_ pixels: PixelBuffer) -> Bool {
            pixels.width == width && pixels.height == height && pixels.format == format
        }
    }

    private var grid: Grid?
    private var last: Duration = .zero
    /// Pictures since the last restart.
    private var seen = 0
    private var levels: [Float] = []
    private var memory: [Float] = []
    private var variation: [Float] = []
    /// How far each block is beyond its limit, in limits.
    private var excess: [Float] = []

    package init() {}

    /// Takes the next picture; whether something moves in it. True for a first picture, of which nothing is known.
    package mutating func observe(_ pixels: PixelBuffer, at time: Duration) -> Bool {
        let step = time - last
        last = time
        guard let grid, grid.fits(pixels), step >= .zero, step <= Self.longestGap else {
            restart(pixels)
            return true
        }
        measure(pixels, grid)
        compare(grid)
        follow(Float(step.nanoseconds) * 1e-9, grid)
        return isMoving(grid)
    }

    private mutating func restart(_ pixels: PixelBuffer) {
        let grid = Grid(pixels)
        let count = grid.columns * grid.rows
        self.grid = grid
        seen = 1
        levels = [Float](repeating: 0, count: count)
        excess = levels
        variation = [Float](repeating: grid.floor / Self.factor, count: count)
        measure(pixels, grid)
        memory = levels
    }

    // MARK: - Steps

    /// Fills `levels` with the mean brightness of every block.
    private mutating func measure(_ pixels: PixelBuffer, _ grid: Grid) {
        let base = pixels.bytes
        switch grid.format {
        case .rgb24:
            // Green has half of the brightness and is quick to add twice.
            average(grid, scale: 4) { Int32(base[$0]) + 2 * Int32(base[$0 + 1]) + Int32(base[$0 + 2]) }
        case .gray8:
            average(grid, scale: 1) { Int32(base[$0]) }
        case .gray16:
            average(grid, scale: 1) { Int32(base.loadUnaligned(fromByteOffset: $0, as: UInt16.self)) }
        }
    }

    @inline(__always)
    private mutating func average(_ grid: Grid, scale: Float, _ read: (Int) -> Int32) {
        let samples = Self.samples
        let share = 1 / (scale * Float(samples * samples))
        levels.withUnsafeMutableBufferPointer { levels in
            grid.offsets.withUnsafeBufferPointer { offsets in
                for row in 0..<grid.rows {
                    for column in 0..<grid.columns {
                        var sum: Int32 = 0
                        for line in row * samples..<(row + 1) * samples {
                            let start = grid.lines[line]
                            for sample in column * samples..<(column + 1) * samples {
                                sum &+= read(start &+ offsets[sample])
                            }
                        }
                        levels[row * grid.columns + column] = Float(sum) * share
                    }
                }
            }
        }
    }

    /// Fills `excess` with how far each block is from its memory, less what all blocks have in common.
    private mutating func compare(_ grid: Grid) {
        var common: Float = 0
        for block in levels.indices {
            // Clipped, so that one large thing does not pass for light.
            let limit = max(grid.floor, Self.factor * variation[block])
            common += min(max(levels[block] - memory[block], -limit), limit)
        }
        common /= Float(levels.count)
        for block in levels.indices {
            excess[block] = abs(levels[block] - memory[block] - common)
        }
    }

    /// Moves memory and variation on, and turns `excess` into limits.
    private mutating func follow(_ seconds: Float, _ grid: Grid) {
        // The first pictures are simply averaged.
        let first = 1 / Float(seen + 1)
        let levelShare = max(first, seconds / (seconds + Self.levelMemory))
        let variationShare = max(min(first, 0.2), seconds / (seconds + Self.variationMemory))
        seen = min(seen + 1, 1 << 20)
        for block in levels.indices {
            let difference = excess[block]
            let limit = max(grid.floor, Self.factor * variation[block])
            excess[block] = difference / limit
            memory[block] += (levels[block] - memory[block]) * levelShare
            // What passes by raises it slowly; what goes on and on is taken in within half a minute.
            variation[block] += (min(difference, 0.6 * limit) - variation[block]) * variationShare
        }
    }

    private func isMoving(_ grid: Grid) -> Bool {
        for row in 0..<grid.rows {
            for column in 0..<grid.columns {
                let block = row * grid.columns + column
                guard excess[block] > 1 else { continue }
                if excess[block] > Self.aloneFactor { return true }
                if column + 1 < grid.columns, excess[block + 1] > 1 { return true }
                if row + 1 < grid.rows, excess[block + grid.columns] > 1 { return true }
            }
        }
        return false
    }
}
