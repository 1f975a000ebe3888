/// What a profile says about itself: `profile.json` of a version folder.
public struct ProfileRecord: Sendable, Codable, Hashable {
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
    /// Number of pseudo-classes; 0 for what is not judged: the model lacks it, or too few objects were seen.
    public var patchClasses: Int
    public var objectClasses: Int
    public var etalons: Int
    public var thresholds: Thresholds
    public var pixelPeaks: HeldOutPeaks
    public var objectPeaks: HeldOutPeaks
    public var lingeringPeaks: HeldOutPeaks
    public var broadPeaks: HeldOutPeaks
    /// SHA-256 of the version's other files, by name.
    public var files: [String: String]

    /// Name and version, as events remember it: `yard v3`.
    public var identity: String { "\(camera) v\(version)" }

    /// A record whose results are still to be filled in.
    package init(
        camera: String, version: Int, model: String, createdWallMs: Int64, seed: UInt64, sources: [String],
        framesLearned: Int, framesHeldOut: Int, patchRows: Int, objectRows: Int
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
        patchClasses = 0
        objectClasses = 0
        etalons = 0
        pixelPeaks = HeldOutPeaks([])
        objectPeaks = HeldOutPeaks([])
        lingeringPeaks = HeldOutPeaks([])
        broadPeaks = HeldOutPeaks([])
        thresholds = Thresholds(pixels: pixelPeaks, lingering: lingeringPeaks, objects: objectPeaks)
        files = [:]
    }
}
