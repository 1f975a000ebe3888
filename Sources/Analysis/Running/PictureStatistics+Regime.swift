package import Imaging

/// What colours say about the regime. Infrared pictures have none but for a caption or a damaged strip; by day even a
/// gray yard has a tint here and there, and fog or snow may leave it in a few places only.
extension PictureStatistics {
    /// Mean difference of the channels, in grey levels, that no rounding of a colourless stream makes.
    private static let tint: Float = 1.2
    /// The same of what is plainly coloured.
    private static let colour: Float = 3
    /// Blocks that a caption or a logo covers.
    private static let caption = 5
    /// Blocks that are enough when nothing is known from before.
    private static let fifth = 12
    /// Blocks: more than one thing in front of the camera covers.
    private static let third = 20

    /// Whether nothing is coloured but for a caption.
    private var isColourless: Bool { coloured(above: Self.tint) <= Self.caption }

    private var isBlank: Bool { featureless > Self.blockCount * 9 / 10 }

    /// The regime of this picture taken for itself.
    var regime: Regime {
        switch format {
        case .gray16: .thermal
        case .gray8: .infraredNight
        case .rgb24: coloured(above: Self.tint) >= Self.fifth ? .day : .infraredNight
        }
    }

    /// The regime that this picture suggests after a switch from a steady one, whose last picture was `earlier`.
    func regime(after old: Regime, _ earlier: PictureStatistics) -> Regime {
        guard format == .rgb24, old != .thermal else { return regime }
        // A black or blank picture tells nothing, and what was told from one is no reason to doubt this picture.
        if isBlank { return old }
        if old == .infraredNight && earlier.isBlank { return regime }
        if old == .infraredNight { return hasColour(since: earlier) || contradicts(old) ? .day : old }
        // Lights that go out leave little colour, too, but the same beside what is left of the brightness.
        return isColourless && earlier.saturation > 2 * saturation ? .infraredNight : old
    }

    /// Colour beside brightness, over the whole picture.
    private var saturation: Float { chroma.sum() / max(level.sum(), 1) }

    /// Whether the colours by themselves clearly speak against a regime.
    func contradicts(_ regime: Regime) -> Bool {
        guard format == .rgb24 else { return false }
        return regime == .day ? isColourless : coloured(above: Self.colour) > Self.third
    }

    /// Whether this picture has colours and `earlier`, which may lie a moment back, had none; colours that fade in slowly
    /// are no more than a little stronger than then.
    func hasColour(since earlier: PictureStatistics) -> Bool {
        coloured(above: Self.tint) >= Self.third && earlier.isColourless
            && chroma.sum() > 2 * earlier.chroma.sum()
    }
}

extension Regime {
    /// What the picture alone says: 16-bit samples are thermal; without colour, the infrared lamp is on or the camera is
    /// a black-and-white one, which comes to the same.
    package init(_ pixels: PixelBuffer) { self = PictureStatistics(pixels).regime }

    /// The other regime of a camera for visible light.
    var opposite: Regime { self == .day ? .infraredNight : .day }
}
