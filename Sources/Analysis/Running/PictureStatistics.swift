internal import Imaging

/// What 64 blocks of a picture look like on the whole, from a fixed number of pixels whatever its size.
///
/// Blocks, because one number for the picture cannot tell a lamp from a lorry in front of the camera. All values are in
/// the picture's own levels: 0...255, or thermal counts.
struct PictureStatistics: Sendable {
    typealias Blocks = SIMD64<Float>

    /// Blocks along each axis.
    private static let side = 8
    /// Pixels looked at along each axis of a block.
    private static let samples = 8
    static let blockCount = side * side

    let format: PixelFormat
    let width: Int
    let height: Int
    /// Mean brightness.
    private(set) var level = Blocks()
    /// Standard deviation of the brightness within the block.
    private(set) var contrast = Blocks()
    /// Mean difference of the channels. Differences are averaged with their sign, so noise in the colours cancels.
    private(set) var chroma = Blocks()
    /// Standard deviation of `level` over the picture.
    private(set) var spread: Float = 0
    /// Equal for pictures whose samples are equal.
    private(set) var fingerprint = 0

    init(_ pixels: PixelBuffer) {
        format = pixels.format
        width = pixels.width
        height = pixels.height
        switch pixels.format {
        case .rgb24:
            let bytes = pixels.bytes
            sample { index in
                let (red, green, blue) = (Int(bytes[3 * index]), Int(bytes[3 * index + 1]), Int(bytes[3 * index + 2]))
                return (red + 2 * green + blue, red - green, green - blue)
            }
        case .gray8:
            let bytes = pixels.bytes
            sample { (4 * Int(bytes[$0]), 0, 0) }
        case .gray16:
            let counts = pixels.samples16
            sample { (4 * Int(counts[$0]), 0, 0) }
        }
        let offset = level - level.sum() / Float(Self.blockCount)
        spread = ((offset * offset).sum() / Float(Self.blockCount)).squareRoot()
    }

    /// Fills the blocks; `read` gives four times the brightness, red − green and green − blue of the pixel at an index.
    @inline(__always)
    private mutating func sample(_ read: (Int) -> (level: Int, redGreen: Int, greenBlue: Int)) {
        let along = Self.side * Self.samples
        let count = Float(Self.samples * Self.samples)
        for block in 0..<Self.blockCount {
            let (top, left) = (block / Self.side * Self.samples, block % Self.side * Self.samples)
            var (sum, squares, redGreen, greenBlue) = (0, 0, 0, 0)
            for row in top..<top + Self.samples {
                let start = (2 * row + 1) * height / (2 * along) * width
                for column in left..<left + Self.samples {
                    let pixel = read(start + (2 * column + 1) * width / (2 * along))
                    sum += pixel.level
                    squares += pixel.level * pixel.level
                    redGreen += pixel.redGreen
                    greenBlue += pixel.greenBlue
                }
            }
            let mean = Float(sum) / count
            level[block] = mean / 4
            contrast[block] = max(0, Float(squares) / count - mean * mean).squareRoot() / 4
            chroma[block] = Float(abs(redGreen) + abs(greenBlue)) / (2 * count)
            fingerprint = (fingerprint &* 31 &+ sum) &* 31 &+ squares
        }
    }

    /// Moves every number towards those of a newer picture by `share`, 0...1.
    mutating func follow(_ newer: PictureStatistics, share: Float) {
        level += (newer.level - level) * share
        contrast += (newer.contrast - contrast) * share
        chroma += (newer.chroma - chroma) * share
        spread += (newer.spread - spread) * share
    }

    /// Number of blocks with more colour than `limit`.
    func coloured(above limit: Float) -> Int { Self.count(chroma .> limit) }

    /// Number of blocks without detail and colour.
    var featureless: Int { Self.count((contrast .< 3) .& (chroma .< 1.5)) }

    /// Number of blocks that look different from the same blocks of `reference`: brighter or darker, or with much less
    /// detail or colour. More detail or colour is no sign of light: whatever moves brings it along. `strictness` 1 asks
    /// for a change that neither a drift nor the automatic exposure makes in half a second; smaller values accept
    /// smaller changes.
    func changed(from reference: PictureStatistics, strictness: Float) -> Int {
        let shifted = format == .gray16 ? shift(from: reference, strictness) : relight(from: reference, strictness)
        let grain: Float = format == .gray16 ? 25 : 6
        let ratio = 1 + 1.5 * strictness
        return Self.count(
            shifted .| (reference.contrast .> contrast * ratio + grain * strictness)
                .| (reference.chroma .> chroma * ratio + 3 * strictness))
    }

    /// Where eight-bit light is another, relative to what it was.
    private func relight(from reference: PictureStatistics, _ strictness: Float) -> SIMDMask<SIMD64<Int32>> {
        Self.magnitude(level - reference.level) .> (reference.level * 0.3 + 5) * strictness
    }

    /// Where thermal counts have moved along with all others, as they do at a calibration; a warm body moves a few only.
    private func shift(from reference: PictureStatistics, _ strictness: Float) -> SIMDMask<SIMD64<Int32>> {
        let difference = level - reference.level
        let common = difference.sum() / Float(Self.blockCount)
        guard abs(common) > max(15, 0.35 * reference.spread) * strictness else {
            return SIMDMask(repeating: false)
        }
        return Self.magnitude(difference - common) .< 0.5 * abs(common)
    }

    private static func magnitude(_ values: Blocks) -> Blocks { values.replacing(with: -values, where: values .< 0) }

    private static func count(_ mask: SIMDMask<SIMD64<Int32>>) -> Int {
        Int(SIMD64<Int32>.zero.replacing(with: 1, where: mask).wrappedSum())
    }
}
