public import Basics
public import Imaging

/// Pictures to learn from: a noisy wall that gets brighter to the right, with a square that wanders over it.
public struct WanderingSquare: Sendable {
    public var width: Int
    public var height: Int
    /// How much brighter every other field of the wall's checks is.
    public var checks: Int
    /// How much brighter green is than red, and blue than green.
    public var tint: Int
    /// The square's grey.
    public var square: Int

    public init(width: Int = 160, height: Int = 96, checks: Int = 0, tint: Int = 0, square: Int = 200) {
        self.width = width
        self.height = height
        self.checks = checks
        self.tint = tint
        self.square = square
    }

    /// The picture at `index` fifths of a second.
    /// - Parameters:
    ///   - striped: with a patch of stripes, which no other picture has.
    ///   - arrival: the picture's time unless given.
    public func frame(
        _ index: Int, camera: String = "yard", striped: Bool = false, arrival: MonotonicTime? = nil
    ) -> Frame {
        let pixels = PixelBuffer(width: width, height: height, format: .rgb24)
        let bytes = pixels.mutableBytes.bindMemory(to: UInt8.self)
        var random = SeededGenerator(seed: UInt64(index))
        let (left, top) = (10 + (index * 7) % 110, 20 + (index * 3) % 50)
        for y in 0..<height {
            for x in 0..<width {
                let isStripe = striped && x >= 90 && x < 140 && y >= 30 && y < 80
                let isSquare = x >= left && x < left + 20 && y >= top && y < top + 20
                let wall = 60 + x / 4 + checks * ((x / 6 + y / 6) % 2)
                let level = isStripe ? (x / 3 % 2 == 0 ? 245 : 0) : isSquare ? square : wall
                // The same in all channels: a camera at night sends no colour, and no coloured noise.
                let noise = random.index(below: 6)
                for channel in 0..<3 {
                    bytes[(y * width + x) * 3 + channel] = UInt8(level + noise + (isStripe ? 0 : tint * channel))
                }
            }
        }
        let time = Duration.milliseconds(200 * index)
        return Frame(
            camera: camera, sequence: UInt64(index), presentationTime: time,
            arrival: arrival ?? MonotonicTime(nanoseconds: time.nanoseconds), wallTimeMs: time.milliseconds,
            pixels: pixels)
    }
}
