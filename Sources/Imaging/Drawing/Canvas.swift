/// A picture to draw on: colour, one 8-bit sample each of red, green and blue. Everything outside is clipped.
public struct Canvas: ~Copyable {
    public let width: Int
    public let height: Int
    private let buffer: PixelBuffer

    /// Begins with a copy of `picture`, in colour.
    public init(_ picture: PixelBuffer) {
        buffer = picture.rgbCopy()
        width = buffer.width
        height = buffer.height
    }

    /// The finished picture.
    public consuming func picture() -> PixelBuffer { buffer }

    /// Fills a rectangle of whole pixels; `opacity` in [0, 1].
    public mutating func fill(x: Int, y: Int, width: Int, height: Int, _ colour: Colour, opacity: Float = 1) {
        let (left, top) = (max(0, x), max(0, y))
        let (right, bottom) = (min(self.width, x + width), min(self.height, y + height))
        guard left < right, top < bottom else { return }
        let share = Int((min(max(opacity, 0), 1) * 256).rounded())
        let pixels = buffer.mutableBytes
        for row in top..<bottom {
            for column in left..<right { Self.blend(pixels, 3 * (row * self.width + column), colour, share) }
        }
    }

    /// Draws the four edges of a box inwards, with a thin dark line around, so that it shows on any background.
    public mutating func outline(_ box: Box, _ colour: Colour, thickness: Int) {
        let clipped = box.clipped(width: width, height: height)
        let (left, top) = (Int(clipped.x1.rounded(.down)), Int(clipped.y1.rounded(.down)))
        let (right, bottom) = (Int(clipped.x2.rounded(.up)), Int(clipped.y2.rounded(.up)))
        guard right > left, bottom > top else { return }
        frame(left - 1, top - 1, right + 1, bottom + 1, 1, .black, opacity: 0.55)
        frame(left, top, right, bottom, thickness, colour, opacity: 1)
        frame(
            left + thickness, top + thickness, right - thickness, bottom - thickness, 1, .black, opacity: 0.35)
    }

    private mutating func frame(
        _ left: Int, _ top: Int, _ right: Int, _ bottom: Int, _ thickness: Int, _ colour: Colour, opacity: Float
    ) {
        let (width, height) = (right - left, bottom - top)
        guard width > 0, height > 0 else { return }
        let thickness = min(thickness, (min(width, height) + 1) / 2)
        fill(x: left, y: top, width: width, height: thickness, colour, opacity: opacity)
        fill(x: left, y: bottom - thickness, width: width, height: thickness, colour, opacity: opacity)
        let sides = height - 2 * thickness
        fill(x: left, y: top + thickness, width: thickness, height: sides, colour, opacity: opacity)
        fill(x: right - thickness, y: top + thickness, width: thickness, height: sides, colour, opacity: opacity)
    }

    /// Size of a caption in pixels, without any margin.
    public static func textSize(_ text: String, scale: Int) -> (width: Int, height: Int) {
        let count = text.unicodeScalars.count
        return (max(0, count * Glyphs.advance - 1) * scale, Glyphs.height * scale)
    }

    /// Writes one line; (`x`, `y`) is its top left corner. Each dot of a character is `scale` pixels wide.
    public mutating func write(_ text: String, x: Int, y: Int, scale: Int, _ colour: Colour) {
        var left = x
        for character in text.unicodeScalars {
            let glyph = Glyphs[character]
            for dot in 0..<(Glyphs.width * Glyphs.height) {
                guard glyph >> UInt64(Glyphs.width * Glyphs.height - 1 - dot) & 1 == 1 else { continue }
                let (column, row) = (dot % Glyphs.width, dot / Glyphs.width)
                fill(x: left + column * scale, y: y + row * scale, width: scale, height: scale, colour)
            }
            left += Glyphs.advance * scale
        }
    }

    /// Lays a heat map over the picture, interpolated between the centres of its cells. Nothing shows at `low` and
    /// below; at `high` and above it is as opaque as it gets.
    ///
    /// - Parameters:
    ///   - values: `[rows, columns]`, row-major; the cells cover the whole picture.
    ///   - opacity: at most, in [0, 1].
    public mutating func heat(
        _ values: [Float], columns: Int, rows: Int, low: Float, high: Float, opacity: Float = 0.6
    ) {
        precondition(values.count == columns * rows && high > low)
        guard columns > 0, rows > 0 else { return }
        let horizontal = Self.weights(cells: columns, pixels: width)
        let vertical = Self.weights(cells: rows, pixels: height)
        // 256 steps of colour and opacity are more than 8-bit pixels can show.
        let ramp = (0..<256).map { Colour.heat(Float($0) / 255) }
        let shares = (0..<256).map { step -> Int in
            let value = Float(step) / 255
            return Int((opacity * 256 * value * value * (3 - 2 * value)).rounded())
        }
        let scale = 255 / (high - low)
        let pixels = buffer.mutableBytes
        var blended = [Float](repeating: 0, count: columns)
        for y in 0..<height {
            let (above, below, share) = vertical[y]
            for column in 0..<columns {
                let (top, bottom) = (values[above * columns + column], values[below * columns + column])
                // Infinite surprise would turn into "not a number" between cells.
                let (first, second) = (min(top, 1e6), min(bottom, 1e6))
                blended[column] = (first + (second - first) * share - low) * scale
            }
            guard blended.contains(where: { $0 >= 1 }) else { continue }
            for x in 0..<width {
                let (left, right, share) = horizontal[x]
                let value = blended[left] + (blended[right] - blended[left]) * share
                guard value >= 1 else { continue }
                let step = Int(min(value, 255))
                Self.blend(pixels, 3 * (y * width + x), ramp[step], shares[step])
            }
        }
    }

    /// For each pixel the two nearest cells and the second one's weight.
    private static func weights(cells: Int, pixels: Int) -> [(Int, Int, Float)] {
        (0..<pixels).map { pixel in
            let position = (Float(pixel) + 0.5) * Float(cells) / Float(pixels) - 0.5
            let lower = Int(position.rounded(.down))
            let first = min(max(lower, 0), cells - 1)
            let second = min(max(lower + 1, 0), cells - 1)
            return (first, second, position - Float(lower))
        }
    }

    /// `share` in 0 ... 256.
    @inline(__always)
    private static func blend(_ pixels: UnsafeMutableRawBufferPointer, _ offset: Int, _ colour: Colour, _ share: Int) {
        let rest = 256 - share
        pixels[offset] = UInt8((Int(pixels[offset]) * rest + Int(colour.red) * share) >> 8)
        pixels[offset + 1] = UInt8((Int(pixels[offset + 1]) * rest + Int(colour.green) * share) >> 8)
        pixels[offset + 2] = UInt8((Int(pixels[offset + 2]) * rest + Int(colour.blue) * share) >> 8)
    }
}
