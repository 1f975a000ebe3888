/// Surprise values at which evidence begins and ends to count, learned from held-out time.
public struct Thresholds: Sendable, Codable, Hashable {
    /// Objects at or above this open an event.
    public var enterObject: Float
    /// Objects below this no longer keep an event open; lower than `enterObject`.
    public var exitObject: Float
    /// Regions at or above this open an event.
    public var enterPixel: Float
    /// Regions below this no longer keep an event open; lower than `enterPixel`.
    public var exitPixel: Float

    public init(enterObject: Float, exitObject: Float, enterPixel: Float, exitPixel: Float) {
        self.enterObject = enterObject
        self.exitObject = exitObject
        self.enterPixel = enterPixel
        self.exitPixel = exitPixel
    }
}

/// What a profile says about itself: `profile.json` of a version folder.
public struct ProfileRecord: Sendable, Codable, Hashable {
    /// Distribution of one score over the held-out frames' maxima.
    public struct HeldOutPeaks: Sendable, Codable, Hashable {
        public var median: Float
        public var p95: Float
        public var maximum: Float

        public init(median: Float, p95: Float, maximum: Float) {
            self.median = median
            self.p95 = p95
            self.maximum = maximum
        }
    }

    public static let currentFormat = 1

    public var format: Int
    public var camera: String
    /// Counts from 1; a new learning run makes a new version.
    public var version: Int
    /// `AnomalyModel.identity` of the bundle whose features were learned.
    public var model: String
    /// When learning finished, Unix milliseconds UTC.
    public var createdWallMs: Int64
    public var seed: UInt64
    /// Where the material came from, without credentials.
    public var sources: [String]
    public var framesLearned: Int
    public var framesHeldOut: Int
    /// Rows of patch features and of object features that were learned from.
    public var patchRows: Int
    public var objectRows: Int
    /// Number of pseudo-classes; 0 for objects when too few were seen to learn them.
    public var patchClasses: Int
    public var objectClasses: Int
    public var etalons: Int
    public var thresholds: Thresholds
    public var pixelPeaks: HeldOutPeaks
    public var objectPeaks: HeldOutPeaks
    /// SHA-256 of the version's other files, by name.
    public var files: [String: String]

    public init(
        camera: String, version: Int, model: String, createdWallMs: Int64, seed: UInt64, sources: [String],
        framesLearned: Int, framesHeldOut: Int, patchRows: Int, objectRows: Int, patchClasses: Int, objectClasses: Int,
        etalons: Int, thresholds: Thresholds, pixelPeaks: HeldOutPeaks, objectPeaks: HeldOutPeaks,
        files: [String: String] = [:]
    ) {
        format = Self.currentFormat
        self.camera = camera
        self.version = version
        self.model = model
        self.createdWallMs = createdWallMs
        self.seed = seed
        self.sources = sources
        self.framesLearned = framesLearned
        self.framesHeldOut = framesHeldOut
        self.patchRows = patchRows
        self.objectRows = objectRows
        self.patchClasses = patchClasses
        self.objectClasses = objectClasses
        self.etalons = etalons
        self.thresholds = thresholds
        self.pixelPeaks = pixelPeaks
        self.objectPeaks = objectPeaks
        self.files = files
    }
}
