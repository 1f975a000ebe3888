internal import Basics
internal import Imaging
internal import Networks
internal import ObjectAnomaly
internal import Tensors

/// What the networks say about one picture, before any camera's normality is asked.
struct FrameFeatures {
    let fit: InputFit
    /// `[rows, columns, D]`, borrowed from the extractor's workspace.
    let patches: Tensor
    /// Original pixels per cell of `patches`.
    let cellWidth: Float
    let cellHeight: Float
    let objects: ObjectDetector.Result
    var timings: StageTimings
}

/// Runs one bundle's networks on pictures of any size; one run at a time.
///
/// Not thread-safe: confined to the engine's compute queue. Memory depends on the sizes seen, not on the number of
/// cameras or frames.
final class FeatureExtractor {
    let model: AnomalyModel
    let context: ComputeContext
    private let clocks: any Clocks
    /// One resized picture per input geometry, one grey one per thermal picture size.
    private var resized: [InputFit: PixelBuffer] = [:]
    private var stretched: [InputFit: PixelBuffer] = [:]

    init(model: AnomalyModel, pool: ComputePool, clocks: any Clocks) {
        self.model = model
        self.clocks = clocks
        context = ComputeContext(pool: pool)
    }

    /// - Parameters:
    ///   - normality: the camera's model of normal objects; nil while learning.
    ///   - keepsObjectFeatures: for learning.
    /// - Returns: features whose `patches` must be returned with `giveBack`.
    func features(
        of pixels: PixelBuffer, normality: NormalityModel? = nil, keepsObjectFeatures: Bool = false
    ) -> FrameFeatures {
        var timings = StageTimings()
        var mark = clocks.monotonic()
        func lap() -> Duration {
            let now = clocks.monotonic()
            defer { mark = now }
            return now - mark
        }

        let fit = model.fit(width: pixels.width, height: pixels.height)
        let workspace = context.workspace
        let input = workspace.borrow([fit.paddedHeight, fit.paddedWidth, 3])
        model.normalisation.write(
            prepared(pixels, fit), paddedWidth: fit.paddedWidth, paddedHeight: fit.paddedHeight, to: input.pointer)
        timings.preprocess = lap()

        let maps = model.backbone(input, context: context)
        let pyramid = model.pyramid(maps, context: context)
        workspace.giveBack(maps)
        workspace.giveBack(input)
        timings.backbone = lap()

        let objects = model.detector(
            pyramid, fit: fit, normality: normality, keepsFeatures: keepsObjectFeatures, context: context)
        timings.objects = lap()

        let patches = model.patches(pyramid, fit: fit, context: context)
        workspace.giveBack(pyramid)
        timings.pixels = lap()
        return FrameFeatures(
            fit: fit, patches: patches, cellWidth: Float(fit.originalWidth) / Float(patches.shape[1]),
            cellHeight: Float(fit.originalHeight) / Float(patches.shape[0]), objects: objects, timings: timings)
    }

    func giveBack(_ features: FrameFeatures) { context.workspace.giveBack(features.patches) }

    /// The picture in 8 bits and in the size of `fit`.
    private func prepared(_ pixels: PixelBuffer, _ fit: InputFit) -> PixelBuffer {
        var picture = pixels
        if pixels.format == .gray16 {
            let gray = stretched[fit] ?? PixelBuffer(width: pixels.width, height: pixels.height, format: .gray8)
            stretched[fit] = gray
            pixels.stretch(into: gray)
            picture = gray
        }
        guard picture.width != fit.width || picture.height != fit.height else { return picture }
        var target = resized[fit]
        if target?.format != picture.format {
            target = PixelBuffer(width: fit.width, height: fit.height, format: picture.format)
            resized[fit] = target
        }
        guard let target else { return picture }
        picture.resizeBilinear(into: target)
        return target
    }
}
