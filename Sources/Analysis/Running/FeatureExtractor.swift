internal import Basics
internal import Imaging
internal import Networks
internal import ObjectAnomaly
internal import Tensors

/// What the networks say about one picture, before any camera's normality is asked.
struct FrameFeatures {
    /// `[rows, columns, D]`, borrowed from the extractor's workspace; nil when the bundle has no pixel features.
    let patches: Tensor?
    /// Nil when the bundle has no detector.
    let objects: ObjectDetector.Result?
    var timings: StageTimings
}

/// Runs one bundle's networks on pictures of any size; one run at a time.
///
/// Not thread-safe: lent to one caller at a time by the engine's lanes. Memory depends on the sizes seen, not on the number of
/// cameras or frames.
final class FeatureExtractor {
    let model: AnomalyModel
    let context: ComputeContext
    private let clocks: any Clocks
    /// One resized picture per input geometry, one grey one per thermal picture size, one preparation for the
    /// transformer per picture size.
    private var resized: [InputFit: PixelBuffer] = [:]
    private var stretched: [PictureSize: PixelBuffer] = [:]
    private var prepared: [PictureSize: AntialiasedResize] = [:]

    private struct PictureSize: Hashable {
        let width: Int
        let height: Int
    }

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
        var stages = Stages(clocks: clocks)
        let picture = eightBit(pixels)
        stages.end(\.preprocess)
        var objects: ObjectDetector.Result?
        var patches: Tensor?
        if let network = model.pyramid {
            let fit = model.fit(width: pixels.width, height: pixels.height)
            let pyramid = run(network, picture, fit, &stages)
            objects = model.detector?(
                pyramid, fit: fit, normality: normality, keepsFeatures: keepsObjectFeatures,
                features: AnomalyModel.objectFeatures, context: context)
            stages.end(\.objects)
            if case .pyramid(let head) = model.patches { patches = head(pyramid, fit: fit, context: context) }
            context.workspace.giveBack(pyramid)
            stages.end(\.pixels)
        }
        if case .transformer(let transformer) = model.patches { patches = run(transformer, picture, &stages) }
        return FrameFeatures(patches: patches, objects: objects, timings: stages.timings)
    }

    func giveBack(_ features: FrameFeatures) {
        if let patches = features.patches { context.workspace.giveBack(patches) }
    }

    /// Adds the time since the last end to a stage.
    private struct Stages {
        private let clocks: any Clocks
        private var mark: MonotonicTime
        private(set) var timings = StageTimings()

        init(clocks: any Clocks) {
            self.clocks = clocks
            mark = clocks.monotonic()
        }

        mutating func end(_ stage: WritableKeyPath<StageTimings, Duration>) {
            let now = clocks.monotonic()
            timings[keyPath: stage] += now - mark
            mark = now
        }
    }

    private func run(
        _ network: PyramidNetwork, _ picture: PixelBuffer, _ fit: InputFit, _ stages: inout Stages
    ) -> [FeatureMap] {
        let input = context.workspace.borrow([fit.paddedHeight, fit.paddedWidth, 3])
        model.normalisation.write(
            fitted(picture, fit), paddedWidth: fit.paddedWidth, paddedHeight: fit.paddedHeight, to: input.pointer)
        stages.end(\.preprocess)
        let pyramid = network(input, context: context)
        context.workspace.giveBack(input)
        stages.end(\.backbone)
        return pyramid
    }

    private func run(_ transformer: TransformerPatches, _ picture: PixelBuffer, _ stages: inout Stages) -> Tensor {
        let size = PictureSize(width: picture.width, height: picture.height)
        let resize = prepared[size] ?? transformer.resize(width: size.width, height: size.height)
        prepared[size] = resize
        let input = context.workspace.borrow([resize.outputHeight, resize.outputWidth, 3])
        resize(picture, into: input.pointer)
        stages.end(\.preprocess)
        let patches = transformer(input, context: context)
        context.workspace.giveBack(input)
        stages.end(\.backbone)
        return patches
    }

    /// The picture in 8 bits.
    private func eightBit(_ pixels: PixelBuffer) -> PixelBuffer {
        guard pixels.format == .gray16 else { return pixels }
        let size = PictureSize(width: pixels.width, height: pixels.height)
        let gray = stretched[size] ?? PixelBuffer(width: pixels.width, height: pixels.height, format: .gray8)
        stretched[size] = gray
        pixels.stretch(into: gray)
        return gray
    }

    /// The picture in the size of `fit`.
    private func fitted(_ picture: PixelBuffer, _ fit: InputFit) -> PixelBuffer {
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
