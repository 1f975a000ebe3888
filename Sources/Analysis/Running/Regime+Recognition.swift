package import Imaging

extension Regime {
    /// Mean difference between the colour channels, in grey levels, below which a picture has no colour.
    private static let colourless: Double = 2.5
    /// Pixels looked at along each axis.
    private static let samples = 48

    /// What the picture itself says: 16-bit samples are thermal; without colour, the infrared lamp is on or the camera
    /// is a black-and-white one, which comes to the same.
    package init(_ pixels: PixelBuffer) {
        switch pixels.format {
        case .gray16:
            self = .thermal
        case .gray8:
            self = .infraredNight
        case .rgb24:
            let (columns, rows) = (min(Self.samples, pixels.width), min(Self.samples, pixels.height))
            let bytes = pixels.bytes
            var sum = 0
            for row in 0..<rows {
                for column in 0..<columns {
                    let y = row * pixels.height / rows
                    let offset = y * pixels.bytesPerRow + column * pixels.width / columns * 3
                    let (red, green, blue) = (Int(bytes[offset]), Int(bytes[offset + 1]), Int(bytes[offset + 2]))
                    sum += abs(red - green) + abs(green - blue)
                }
            }
            self = Double(sum) / Double(2 * rows * columns) < Self.colourless ? .infraredNight : .day
        }
    }
}
