public import Basics
internal import Dispatch
package import Imaging
internal import ObjectAnomaly
internal import PixelAnomaly
package import Tensors

/// Runs both detectors on the frames of all cameras, one frame at a time on all cores.
///
/// Cameras queue for the compute queue in the order they come, so none starves another; a camera that waits loses its
/// older frames at its own mailbox. Memory for intermediate results exists once, whatever the number of cameras.
public final class AnalysisEngine: Sendable {
    public let model: AnomalyModel
    /// Cores that work on a frame.
    public let threads: Int
    private let clocks: any Clocks
    private let compute = DispatchQueue(label: "analysis.compute")
    /// `@unchecked Sendable`: touched only on `compute`.
    private final class Confined: @unchecked Sendable {
        let extractor: FeatureExtractor
        init(_ extractor: FeatureExtractor) { self.extractor = extractor }
    }
    private let confined: Confined

    /// - Parameter threads: nil uses all cores.
    public init(model: AnomalyModel, threads: Int? = nil, clocks: any Clocks) {
        self.model = model
        self.clocks = clocks
        let pool = threads.map { ComputePool(width: $0) } ?? ComputePool()
        self.threads = pool.width
        confined = Confined(FeatureExtractor(model: model, pool: pool, clocks: clocks))
    }

    /// Judges one frame with what was learned about its camera. Blocks until it is this frame's turn and done.
    package func judge(_ frame: Frame, with profile: CameraProfile, history: inout LingeringHistory) -> Verdict {
        compute.sync { judgeConfined(frame, profile, &history) }
    }

    /// The features that learning needs: patches `[rows, columns, D]`, and `[n, V]` of the confident detections.
    package func material(of pixels: PixelBuffer) -> (patches: Tensor, objects: Tensor) {
        compute.sync {
            let extractor = confined.extractor
            let features = extractor.features(of: pixels, keepsObjectFeatures: true)
            defer { extractor.giveBack(features) }
            let patches = Tensor(features.patches.shape, features.patches.elements)
            return (patches, features.objects.features ?? Tensor([0, model.objectWidth]))
        }
    }

    /// Scores features that were kept aside: surprise of every patch and peak surprise of the objects, as a verdict would
    /// have them.
    func scores(patches: Tensor, objects: Tensor, with profile: CameraProfile) -> (
        pixels: [Float], broad: Float, objects: Float
    ) {
        compute.sync {
            let context = confined.extractor.context
            let map = Self.scores(patches, profile, context)
            let broad = Self.broad(map).peak
            guard let (normality, calibration) = profile.objects, objects.shape[0] > 0 else {
                return (map.surprise, broad, 0)
            }
            let logits = normality.normalLogits(objects, context: context)
            defer { context.workspace.giveBack(logits) }
            return (map.surprise, broad, logits.elements.reduce(0) { max($0, calibration.surprise(ofNormalLogit: $1)) })
        }
    }

    /// Bytes that the engine's workspace holds, and how often it had to allocate; both stand still in steady state.
    public var workspace: (bytes: Int, allocations: Int) {
        compute.sync { (confined.extractor.context.workspace.bytes, confined.extractor.context.workspace.allocations) }
    }

    // MARK: On the compute queue

    private func judgeConfined(
        _ frame: Frame, _ profile: CameraProfile, _ history: inout LingeringHistory
    ) -> Verdict {
        let extractor = confined.extractor
        let features = extractor.features(of: frame.pixels, normality: profile.objects?.normality)
        defer { extractor.giveBack(features) }
        var timings = features.timings
        let start = clocks.monotonic()
        let passing = Self.scores(features.patches, profile, extractor.context)
        let scores = Self.joined(passing, history.add(passing.surprise, at: frame.presentationTime), profile)
        let regions = scores.regions(
            above: profile.record.thresholds.exitPixel, minimumCells: 1, pictureWidth: frame.pixels.width,
            pictureHeight: frame.pixels.height, limit: 32
        ).map { AnomalousRegion(box: $0.box, cells: $0.cells, score: $0.score, surprise: $0.surprise) }
        timings.pixels += clocks.monotonic() - start
        return Verdict(
            camera: frame.camera, sequence: frame.sequence, presentationTime: frame.presentationTime,
            arrival: frame.arrival, wallTimeMs: frame.wallTimeMs, width: frame.pixels.width,
            height: frame.pixels.height,
            regime: Regime(frame.pixels),
            objects: Self.objects(Self.plausible(features.objects.detections, frame.pixels), profile), regions: regions,
            map: ScoreMap(width: scores.width, height: scores.height, surprise: scores.surprise), timings: timings)
    }

    private static func scores(_ patches: Tensor, _ profile: CameraProfile, _ context: ComputeContext) -> PixelScores {
        do throws(PixelAnomalyError) {
            let described = profile.background.describe(patches, workspace: context.workspace)
            defer { context.workspace.giveBack(described) }
            return try profile.pixels(described, context: context)
        } catch {
            // The widths were compared when the profile was loaded for this model.
            preconditionFailure("\(error.message)")
        }
    }

    /// The highest of what a cell shows now, what its wider surroundings show, and what has stayed there, on one scale.
    private static func joined(_ passing: PixelScores, _ staying: [Float]?, _ profile: CameraProfile) -> PixelScores {
        let thresholds = profile.record.thresholds
        let broad = broad(passing).surprise
        let excess = staying.map { profile.background.excess($0, width: passing.width) }
        var joined = passing.surprise
        for index in joined.indices {
            // Only cells that are part of what makes the surroundings surprising: the rest is its blurred margin.
            if joined[index] >= broad[index] {
                joined[index] = max(joined[index], broad[index] * thresholds.broadFactor)
            }
            if let excess { joined[index] = max(joined[index], excess[index] * thresholds.lingeringFactor) }
        }
        return PixelScores(width: passing.width, height: passing.height, surprise: joined)
    }

    /// Passes of 3x3 averaging that reach about the size of a large object: a Gaussian of 2.3 cells.
    private static let broadPasses = 8

    /// Large things are surprising all over; people, and single odd cells, are diluted.
    private static func broad(_ scores: PixelScores) -> PixelScores {
        (0..<broadPasses).reduce(scores) { smoothed, _ in smoothed.smoothed() }
    }

    /// Without slivers along edges and boxes around most of the picture, which small detectors give for no object at all.
    private static func plausible(_ detections: [Detection], _ picture: PixelBuffer) -> [Detection] {
        let (width, height) = (Float(picture.width), Float(picture.height))
        let least = max(4, 0.01 * max(width, height))
        return detections.filter {
            min($0.box.width, $0.box.height) >= least && $0.box.area <= 0.35 * width * height
        }
    }

    private static func objects(_ detections: [Detection], _ profile: CameraProfile) -> [ScoredObject] {
        guard let calibration = profile.objects?.calibration else {
            return detections.map { ScoredObject(box: $0.box, objectness: $0.score, anomaly: 0, surprise: 0) }
        }
        return detections.map { detection in
            let logit = detection.normalLogit ?? 0
            return ScoredObject(
                box: detection.box, objectness: detection.score, anomaly: 1 - (detection.normalProbability ?? 0.5),
                surprise: calibration.surprise(ofNormalLogit: logit))
        }.sorted { ($0.surprise, $0.objectness) > ($1.surprise, $1.objectness) }
    }
}
