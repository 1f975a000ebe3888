public import Basics
package import Imaging
package import ObjectAnomaly
internal import PixelAnomaly
package import Tensors

/// Runs both detectors on the frames of all cameras, one frame at a time on all cores or several on some each.
///
/// Cameras queue for the engine in the order they come, so none starves another; `load` sees to it that the queue stays
/// short, and a camera that waits all the same loses its older frames at its own mailbox. Memory for intermediate results exists once per frame under way, whatever the number of
/// cameras.
public final class AnalysisEngine: Sendable {
    public let model: AnomalyModel
    /// Cores that work, on all frames together.
    public let threads: Int
    /// Shares the time among the cameras.
    public let load: LoadControl
    private let clocks: any Clocks
    private let lanes: ComputeLanes<FeatureExtractor>

    /// - Parameters:
    ///   - threads: nil uses all cores.
    ///   - framesAtOnce: frames that are judged side by side, at least 1 and at most `threads`; each has its share of the
    ///     cores and memory of its own.
    public init(model: AnomalyModel, threads: Int? = nil, framesAtOnce: Int = 1, clocks: any Clocks) {
        precondition(framesAtOnce >= 1)
        self.model = model
        self.clocks = clocks
        self.threads = max(1, threads ?? ComputePool.coreCount)
        let count = min(framesAtOnce, self.threads)
        let width = self.threads / count
        load = LoadControl(lanes: count)
        lanes = ComputeLanes(
            (0..<count).map { _ in FeatureExtractor(model: model, pool: ComputePool(width: width), clocks: clocks) },
            clocks: clocks)
    }

    /// Judges one frame with what was learned about its camera. Blocks until it is this frame's turn and done.
    ///
    /// While the light switches, or when the profile does not know it, nothing is scored and no network runs.
    /// - Parameter profile: nil for a camera of which nothing was learned yet.
    package func judge(_ frame: Frame, with profile: CameraProfile?, memory: inout CameraMemory) -> Verdict {
        timed(frame, with: profile, memory: &memory).verdict
    }

    /// The same, with what it took of a lane; nil when nothing was scored.
    package func timed(
        _ frame: Frame, with profile: CameraProfile?, memory: inout CameraMemory
    ) -> (verdict: Verdict, time: LaneTime?) {
        let light = memory.light(of: frame)
        guard case .steady(let regime) = light, let normality = profile?.regimes[regime] else {
            return (Verdict(unjudged: frame, light: light, memory), nil)
        }
        let (verdict, time) = lanes.timed { judge(frame, regime, normality, &memory, $0) }
        return (verdict, time)
    }

    /// The features that learning needs: patches `[rows, columns, D]`, and `[n, V]` of the confident detections. Without
    /// pixel features the grid is empty, without a detector there are no objects.
    package func material(of pixels: PixelBuffer) -> (patches: Tensor, objects: Tensor) {
        let found = sightings(in: pixels)
        return (found.patches, found.objects)
    }

    /// The same with the detections themselves, one per row of `objects`.
    package func sightings(
        in pixels: PixelBuffer
    ) -> (patches: Tensor, objects: Tensor, detections: [Detection]) {
        lanes.withExtractor { extractor in
            let features = extractor.features(of: pixels, keepsObjectFeatures: true)
            defer { extractor.giveBack(features) }
            let patches = features.patches.map { Tensor($0.shape, $0.elements) } ?? Tensor([0, 0, 0])
            return (
                patches, features.objects?.features ?? Tensor([0, model.objectWidth]),
                features.objects?.detections ?? []
            )
        }
    }

    /// Surprise of every patch of a frame that was kept aside, `[rows, columns, D]`, as a verdict would have it.
    func scores(patches: Tensor, with normality: PixelNormality) -> (cells: [Float], broad: Float) {
        lanes.withExtractor { extractor in
            let map = Self.scores(patches, normality.background, normality.detector, extractor.context)
            return (map.surprise, Self.broad(map).peak)
        }
    }

    /// Highest surprise of objects that were kept aside, `[n, V]`; 0 without any.
    func peak(objects: Tensor, with normality: ObjectNormality) -> Float {
        guard objects.shape[0] > 0 else { return 0 }
        return lanes.withExtractor { extractor in
            let context = extractor.context
            let anomalies = normality.model.anomalies(objects, context: context)
            defer { context.workspace.giveBack(anomalies) }
            return anomalies.elements.reduce(0) { max($0, normality.calibration.surprise(ofAnomaly: $1)) }
        }
    }

    /// Bytes that the engine's workspaces hold, and how often they had to allocate; both stand still in steady state.
    public var workspace: (bytes: Int, allocations: Int) {
        (lanes.total { $0.context.workspace.bytes }, lanes.total { $0.context.workspace.allocations })
    }

    // MARK: With an extractor

    private func judge(
        _ frame: Frame, _ regime: Regime, _ normality: RegimeNormality, _ memory: inout CameraMemory,
        _ extractor: FeatureExtractor
    ) -> Verdict {
        let features = extractor.features(of: frame.pixels, normality: normality.objects?.model)
        defer { extractor.giveBack(features) }
        var timings = features.timings
        let start = clocks.monotonic()
        var map = ScoreMap.none
        var regions: [AnomalousRegion] = []
        var novelty: [Float] = []
        if let known = normality.pixels, let patches = features.patches {
            let background = memory.background(known, regime, version: normality.learnedInVersion)
            novelty = background.novelty(of: patches)
            let passing = Self.scores(patches, background, known.detector, extractor.context)
            let staying = memory.history.add(passing.surprise, at: frame.presentationTime)
            let thresholds = normality.thresholds
            let scores = Self.joined(passing, staying, background, thresholds)
            memory.follow(
                patches, surprise: scores.surprise, exit: thresholds.exitPixel, at: frame.presentationTime, regime)
            map = ScoreMap(width: scores.width, height: scores.height, surprise: scores.surprise)
            regions = scores.regions(
                above: thresholds.exitPixel, minimumCells: 1, pictureWidth: frame.pixels.width,
                pictureHeight: frame.pixels.height, limit: 32
            ).map { AnomalousRegion(box: $0.box, cells: $0.cells, score: $0.score, surprise: $0.surprise) }
        }
        timings.pixels += clocks.monotonic() - start
        let detections = Self.chosen(features.objects?.detections ?? [], novelty, map, frame.pixels)
        return Verdict(
            camera: frame.camera, sequence: frame.sequence, presentationTime: frame.presentationTime,
            arrival: frame.arrival, wallTimeMs: frame.wallTimeMs, width: frame.pixels.width,
            height: frame.pixels.height, light: .steady(regime), conditions: memory.conditions,
            isViewHidden: memory.isViewHidden, objects: Self.objects(detections, normality), regions: regions, map: map,
            timings: timings)
    }

    private static func scores(
        _ patches: Tensor, _ background: Background, _ detector: PixelDetector, _ context: ComputeContext
    ) -> PixelScores {
        do throws(PixelAnomalyError) {
            let described = background.describe(patches, workspace: context.workspace)
            defer { context.workspace.giveBack(described) }
            return try detector(described, context: context)
        } catch {
            // The widths were compared when the profile was loaded for this model.
            preconditionFailure("\(error.message)")
        }
    }

    /// The highest of what a cell shows now, what its wider surroundings show, and what has stayed there, on one scale.
    private static func joined(
        _ passing: PixelScores, _ staying: [Float]?, _ background: Background, _ thresholds: Thresholds
    ) -> PixelScores {
        let broad = broad(passing).surprise
        let excess = staying.map { background.excess($0, width: passing.width) }
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

    /// The detections that count, by the same choice as in learning.
    private static func chosen(
        _ detections: [Detection], _ novelty: [Float], _ map: ScoreMap, _ picture: PixelBuffer
    ) -> [Detection] {
        let selection = ObjectSelection(pictureWidth: picture.width, pictureHeight: picture.height)
        return selection.chosen(detections, novelty: novelty, gridWidth: map.width, gridHeight: map.height)
            .map { detections[$0] }
    }

    private static func objects(_ detections: [Detection], _ normality: RegimeNormality) -> [ScoredObject] {
        detections.map { ScoredObject($0, calibration: normality.objects?.calibration) }
            .sorted { ($0.surprise, $0.objectness) > ($1.surprise, $1.objectness) }
    }
}

extension Verdict {
    fileprivate init(unjudged frame: Frame, light: Light, _ memory: CameraMemory) {
        self.init(
            camera: frame.camera, sequence: frame.sequence, presentationTime: frame.presentationTime,
            arrival: frame.arrival, wallTimeMs: frame.wallTimeMs, width: frame.pixels.width,
            height: frame.pixels.height, light: light, isJudged: false, conditions: memory.conditions,
            isViewHidden: memory.isViewHidden, objects: [], regions: [], map: .none, timings: StageTimings())
    }
}

extension ScoredObject {
    /// Nothing surprises a profile that knows no objects.
    package init(_ detection: Detection, calibration: ObjectCalibration?) {
        self.init(
            box: detection.box, objectness: detection.score,
            anomaly: calibration == nil ? 0 : 1 - (detection.normalProbability ?? 0.5),
            surprise: calibration?.surprise(ofAnomaly: detection.anomaly ?? 0) ?? 0,
            silhouette: detection.mask?.silhouette)
    }
}
