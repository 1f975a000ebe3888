public import Basics
internal import Glibc
public import Imaging

/// What the light looks like; each regime has its own normality.
public enum Regime: String, Sendable, Codable, CaseIterable {
    case day
    case infraredNight
    case thermal

    /// For people.
    public var words: String {
        switch self {
        case .day: "day"
        case .infraredNight: "infrared night"
        case .thermal: "thermal"
        }
    }
}

/// One detected thing, known or not, in pixels of the analysed frame's own size.
public struct ScoredObject: Sendable, Codable, Hashable {
    public let box: Box
    /// Localisation quality sqrt(objectness · box score) in [0, 1] (OLN); from a detector of masks times the cube root of the
    /// mask's quality, which may leave that range.
    public let objectness: Float
    /// 1 − P(normal) in [0, 1] from the SSOS anomaly head.
    public let anomaly: Float
    /// −log10 of the share of normal objects at least as anomalous, from held-out time; 0 and up.
    public let surprise: Float
    /// The pixels that it covers; nil from a detector without masks.
    public let silhouette: Silhouette?

    public init(box: Box, objectness: Float, anomaly: Float, surprise: Float, silhouette: Silhouette? = nil) {
        self.box = box
        self.objectness = objectness
        self.anomaly = anomaly
        self.surprise = surprise
        self.silhouette = silhouette
    }
}

/// A connected group of anomalous cells, in pixels of the analysed frame's own size.
public struct AnomalousRegion: Sendable, Codable, Hashable {
    public let box: Box
    /// Cells in the region.
    public let cells: Int
    /// Highest calibrated PixOOD score in the region, in [0, 1].
    public let score: Float
    /// Highest −log10 of the in-distribution error rate in the region; 0 and up, does not saturate like `score`.
    public let surprise: Float

    public init(box: Box, cells: Int, score: Float, surprise: Float) {
        self.box = box
        self.cells = cells
        self.score = score
        self.surprise = surprise
    }
}

/// PixOOD's result on the patch grid, row-major `[height, width]`; empty when pixels are not judged.
public struct ScoreMap: Sendable, Hashable {
    /// Of a model without pixel features.
    public static let none = ScoreMap(width: 0, height: 0, surprise: [])

    public let width: Int
    public let height: Int
    /// Surprise −log10(1 − score) per cell, 0 and up; `1 − 10^−surprise` is the calibrated score in [0, 1].
    public let surprise: [Float]

    public init(width: Int, height: Int, surprise: [Float]) {
        precondition(surprise.count == width * height)
        self.width = width
        self.height = height
        self.surprise = surprise
    }

    /// Calibrated anomaly score in [0, 1] of one cell.
    public func score(x: Int, y: Int) -> Float { 1 - pow(10, -surprise[y * width + x]) }

    /// The highest surprise of the map.
    public var peak: Float { surprise.max() ?? 0 }
}

/// How long each stage of analysing one frame took.
public struct StageTimings: Sendable, Hashable, Codable {
    public var preprocess: Duration = .zero
    public var backbone: Duration = .zero
    public var objects: Duration = .zero
    public var pixels: Duration = .zero

    public init() {}

    public var total: Duration { preprocess + backbone + objects + pixels }
}

/// The judgement on one analysed frame: a plain value from here on.
public struct Verdict: Sendable, Hashable {
    public let camera: String
    public let sequence: UInt64
    public let presentationTime: Duration
    public let arrival: MonotonicTime
    public let wallTimeMs: Int64
    /// Size of the analysed frame in pixels; boxes refer to it.
    public let width: Int
    public let height: Int
    /// What the light is doing; see `Light`.
    public let light: Light
    /// False while the light switches, and in a light that the camera's profile does not know: nothing is scored then.
    public let isJudged: Bool
    /// What is wrong with the picture as a whole; see `PictureWatch`.
    public let conditions: Set<PictureCondition>
    /// Whether the known view is not to be seen in this frame, be it only for now: a condition that hides it holds, or would
    /// if it lasted. Anomalies in such a frame are no news, so events wait: nothing opens and nothing closes.
    public let isViewHidden: Bool
    /// Detected objects, most surprising first.
    public let objects: [ScoredObject]
    /// Connected anomalous regions, most surprising first.
    public let regions: [AnomalousRegion]
    public let map: ScoreMap
    public let timings: StageTimings

    public init(
        camera: String, sequence: UInt64, presentationTime: Duration, arrival: MonotonicTime, wallTimeMs: Int64,
        width: Int, height: Int, light: Light, isJudged: Bool = true,
        conditions: Set<PictureCondition> = [], isViewHidden: Bool = false, objects: [ScoredObject],
        regions: [AnomalousRegion], map: ScoreMap,
        timings: StageTimings
    ) {
        self.camera = camera
        self.sequence = sequence
        self.presentationTime = presentationTime
        self.arrival = arrival
        self.wallTimeMs = wallTimeMs
        self.width = width
        self.height = height
        self.light = light
        self.isJudged = isJudged
        self.conditions = conditions
        self.isViewHidden = isViewHidden
        self.objects = objects
        self.regions = regions
        self.map = map
        self.timings = timings
    }

    public var regime: Regime { light.regime }

    /// The most surprising object's surprise; 0 without objects.
    public var objectSurprise: Float { objects.first?.surprise ?? 0 }
    /// The most surprising region's surprise; 0 without regions.
    public var pixelSurprise: Float { regions.first?.surprise ?? 0 }
}
