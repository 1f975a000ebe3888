internal import Basics
package import Imaging

/// Tells whether something moves in one camera's pictures, for a small part of what judging them costs.
///
/// Every block of about 1/45 of the picture's height is compared with a memory of what it showed in the last seconds, and
/// has its own measure of how much it usually varies, so that foliage and noise quieten down by themselves. What all blocks
/// do together is light, not movement. Where many places flash for a moment all the time, as in rain, only what is still
/// there in the next picture counts. What arrives counts until the memory has taken it in; what moves too little is left to
/// the sweep.
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
    /// Moved neighbours are movement when they are this many times more than usual.
    private static let moreThanUsual: Float = 3
    /// Where at most this share of the pairs had moved in the picture before, they are flashes.
    private static let flashes: Float = 0.1
    /// As many of the usual flashes meet the ones of the picture before by chance.
    private static let chance: Float = 0.06
    /// Pictures farther apart cannot tell what stays from what flashes.
    private static let persistence: Duration = .milliseconds(500)
    /// Of fewer pictures too little is known.
    private static let fewest = 5
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
    private var difference: [Float] = []
    /// Whether each block moves, in this picture and in the one before.
    private var moves: [Bool] = []
    private var moved: [Bool] = []
    /// Pairs of moved neighbours that flash in usual pictures.
    private var usualFlashes: Float = 0

    package init() {}

    /// Takes the next picture; whether something moves in it. True for the first pictures, while too little is known.
    package mutating func observe(_ pixels: PixelBuffer, at time: Duration) -> Bool {
        let step = time - last
        last = time
        guard let grid, grid.fits(pixels), step >= .zero, step <= Self.longestGap else {
            restart(pixels)
            return true
        }
        measure(pixels, grid)
        compare(grid)
        let seconds = Float(step.nanoseconds) * 1e-9
        follow(seconds, grid)
        let (pairs, staying) = pairs(grid)
        let limit = Self.moreThanUsual * usualFlashes
        // Pictures far apart have little in common either way: all counts in them.
        let isClose = step <= Self.persistence
        if isClose, Float(staying) <= Self.flashes * Float(pairs) {
            usualFlashes += (min(Float(pairs), limit + 4) - usualFlashes) * seconds / (seconds + Self.levelMemory)
        }
        let stays = isClose && Float(staying) > Self.chance * usualFlashes
        return seen <= Self.fewest || Float(pairs) > limit || stays
    }

    private mutating func restart(_ pixels: PixelBuffer) {
        let grid = Grid(pixels)
        let count = grid.columns * grid.rows
        self.grid = grid
        seen = 1
        usualFlashes = 0
        levels = [Float](repeating: 0, count: count)
        difference = levels
        variation = [Float](repeating: grid.floor / Self.factor, count: count)
        moves = [Bool](repeating: false, count: count)
        moved = moves
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

    /// Fills `difference` with how far each block is from its memory, which follows at once what all have in common.
    private mutating func compare(_ grid: Grid) {
        for block in levels.indices { difference[block] = levels[block] - memory[block] }
        var common: Float = 0
        // A mean without what differs from it: a large thing does not pass for light.
        for _ in 0..<8 {
            var sum: Float = 0
            for block in difference.indices {
                let limit = max(grid.floor, Self.factor * variation[block])
                sum += min(max(difference[block] - common, -limit), limit)
            }
            let step = sum / Float(difference.count)
            common += step
            if abs(step) < 0.05 * grid.floor { break }
        }
        for block in levels.indices {
            difference[block] = abs(difference[block] - common)
            memory[block] += common
        }
    }

    /// Notes what moves, and moves memory and variation on.
    private mutating func follow(_ seconds: Float, _ grid: Grid) {
        // The first pictures are simply averaged.
        let first = 1 / Float(seen + 1)
        let isFirst = seen < 2 * Self.fewest
        let levelShare = max(first, seconds / (seconds + Self.levelMemory))
        let variationShare = isFirst ? first : seconds / (seconds + Self.variationMemory)
        seen = min(seen + 1, 1 << 20)
        swap(&moves, &moved)
        for block in levels.indices {
            let limit = max(grid.floor, Self.factor * variation[block])
            moves[block] = difference[block] > limit
            memory[block] += (levels[block] - memory[block]) * levelShare
            // What passes by raises it slowly; what goes on and on is taken in within half a minute.
            let excursion = isFirst ? difference[block] : min(difference[block], 0.6 * limit)
            variation[block] += (excursion - variation[block]) * variationShare
        }
    }

    /// Pairs of moved neighbours, and how many of them had moved in the picture before.
    private func pairs(_ grid: Grid) -> (all: Int, staying: Int) {
        var (all, staying) = (0, 0)
        func count(_ block: Int, _ neighbour: Int) {
            guard moves[neighbour] else { return }
            all += 1
            if moved[block] && moved[neighbour] { staying += 1 }
        }
        for row in 0..<grid.rows {
            for column in 0..<grid.columns {
                let block = row * grid.columns + column
                guard moves[block] else { continue }
                if column + 1 < grid.columns { count(block, block + 1) }
                if row + 1 < grid.rows { count(block, block + grid.columns) }
            }
        }
        return (all, staying)
    }
}
