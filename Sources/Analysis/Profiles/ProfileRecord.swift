public import Imaging

/// What a profile says about itself: `profile.json` of a version folder.
public struct ProfileRecord: Sendable, Codable, Hashable {
    public static let currentFormat = 2

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
    /// Each regime at most once, in the order of `Regime.allCases`.
    public var regimes: [RegimeRecord]
    /// SHA-256 of the version's other files, by path inside its folder.
    public var files: [String: String]

    /// Name and version, as events remember it: `yard v3`.
    public var identity: String { "\(camera) v\(version)" }

    /// What was learned about a regime; nil when it was not seen for long enough.
    public subscript(regime: Regime) -> RegimeRecord? { regimes.first { $0.regime == regime } }

    /// The regimes that were learned from pictures in which other parts were black.
    public func regimes(learnedWithoutPrivacy privacy: [Polygon]) -> [Regime] {
        regimes.filter { $0.privacy ?? [] != privacy }.map(\.regime)
    }

    package init(
        camera: String, version: Int, model: String, createdWallMs: Int64, seed: UInt64, sources: [String],
        regimes: [RegimeRecord] = []
    ) {
        format = Self.currentFormat
        self.camera = camera
        self.version = version
        self.model = model
        self.createdWallMs = createdWallMs
        self.seed = seed
        self.sources = sources
        self.regimes = regimes
        files = [:]
    }

    /// Adds or replaces a regime.
    mutating func set(_ regime: RegimeRecord) {
        regimes.removeAll { $0.regime == regime.regime }
        regimes.append(regime)
        let order = Regime.allCases
        regimes.sort { (order.firstIndex(of: $0.regime) ?? 0) < (order.firstIndex(of: $1.regime) ?? 0) }
    }
}
