internal import CKernels

/// Bilinear resizing with antialiasing and normalisation, as PixOOD prepares its pictures: a triangle filter that covers
/// one output pixel, then `(v / 255 - mean) / deviation` per channel.
///
/// Weights and the intermediate picture are made once for a pair of sizes; running allocates nothing. Not thread-safe.
public final class AntialiasedResize {
    public let inputWidth: Int
    public let inputHeight: Int
    public let outputWidth: Int
    public let outputHeight: Int
    private let horizontal: Axis
    private let vertical: Axis
    private var rows: [Float]
    private let scale: [Float]
    private let shift: [Float]

    /// ImageNet's mean and deviation of red, green and blue in 0 ... 1.
    public static let imageNetMean: [Float] = [0.485, 0.456, 0.406]
    public static let imageNetDeviation: [Float] = [0.229, 0.224, 0.225]

    private struct Axis {
        let taps: Int
        var first: [Int32]
        var count: [Int32]
        var weights: [Float]

        init(_ input: Int, _ output: Int) {
            taps = ck_antialias_taps(input, output)
            first = Array(repeating: 0, count: output)
            count = Array(repeating: 0, count: output)
            weights = Array(repeating: 0, count: output * taps)
            ck_antialias_weights(input, output, &first, &count, &weights)
        }
    }

    /// All sizes > 0; `mean` and `deviation` have three values in units of 0 ... 1.
    public init(
        inputWidth: Int, inputHeight: Int, outputWidth: Int, outputHeight: Int, mean: [Float] = imageNetMean,
        deviation: [Float] = imageNetDeviation
    ) {
        precondition(inputWidth > 0 && inputHeight > 0 && outputWidth > 0 && outputHeight > 0)
        precondition(mean.count == 3 && deviation.count == 3)
        self.inputWidth = inputWidth
        self.inputHeight = inputHeight
        self.outputWidth = outputWidth
        self.outputHeight = outputHeight
        horizontal = Axis(inputWidth, outputWidth)
        vertical = Axis(inputHeight, outputHeight)
        rows = Array(repeating: 0, count: inputHeight * outputWidth * 3)
        scale = deviation.map { 1 / (255 * $0) }
        shift = zip(mean, deviation).map { -$0 / $1 }
    }

    /// PixOOD's size for a picture: the long side rounded down to a multiple of `patch`, the short side in proportion and
    /// rounded down too; at least one patch.
    ///
    /// - Parameter longest: of the long side, at most; pictures are never enlarged beyond one patch.
    public static func patchAlignedSize(
        width: Int, height: Int, patch: Int = 14, longest: Int = .max
    ) -> (width: Int, height: Int) {
        let long = max(width, height)
        let target = max(patch, min(long, longest) / patch * patch)
        let ratio = Double(long) / Double(target)
        let short = max(patch, patch * Int(Double(min(width, height)) / ratio / Double(patch)))
        return width >= height ? (target, short) : (short, target)
    }

    /// - Parameters:
    ///   - picture: `rgb24` or `gray8` of the input size; grey is repeated in all three channels.
    ///   - output: `[outputHeight, outputWidth, 3]`
    public func callAsFunction(_ picture: PixelBuffer, into output: UnsafeMutablePointer<Float>) {
        precondition(picture.width == inputWidth && picture.height == inputHeight && picture.format != .gray16)
        guard let pixels = picture.bytes.bindMemory(to: UInt8.self).baseAddress else { return }
        ck_antialias_rows(
            pixels, inputHeight, inputWidth, picture.format.bytesPerPixel, outputWidth, horizontal.first,
            horizontal.count, horizontal.weights, horizontal.taps, &rows)
        ck_antialias_columns(
            rows, outputWidth, outputHeight, vertical.first, vertical.count, vertical.weights, vertical.taps, scale,
            shift, output)
    }
}
