public import Analysis
public import FoundationEssentials
public import Imaging

/// What one place reached while it was watched: an event, or something that fell short of one.
public struct IncidentSample: Sendable, Codable, Hashable {
    public let regime: Regime
    /// First and last sight, Unix milliseconds UTC.
    public let startMs: Int64
    public let lastMs: Int64
    /// Where it was seen last, in pixels of the analysed frame.
    public let box: Box
    /// Width and height of that frame; nil in evidence from before zones.
    public let size: [Int]?
    /// The surprise held for long enough to be confirmed; see `Event.objectLevel`.
    public let object: Float
    public let pixels: Float

    public init(
        regime: Regime, startMs: Int64, lastMs: Int64, box: Box, size: [Int]? = nil, object: Float, pixels: Float
    ) {
        self.regime = regime
        self.startMs = startMs
        self.lastMs = lastMs
        self.box = box
        self.size = size
        self.object = object
        self.pixels = pixels
    }

    /// Whether it would still be an incident with these zones; what nobody can tell counts.
    func counts(in zones: ZoneMap) -> Bool {
        guard let size, size.count == 2, size[0] > 0, size[1] > 0 else { return true }
        return zones.counts(box, width: size[0], height: size[1])
    }
}

/// Incidents and watched time of one profile version: what its thresholds are calibrated on.
public struct BudgetEvidence: Sendable, Codable, Hashable {
    public private(set) var incidents: [IncidentSample] = []
    /// Time judged in each regime, in milliseconds.
    public private(set) var watchedMs: [Regime: Int64] = [:]

    /// Bounds memory; the oldest incidents go first, and the watched time with them.
    private static let mostIncidents = 5000

    public init() {}

    public mutating func watched(_ duration: Duration, in regime: Regime) {
        watchedMs[regime, default: 0] +=
            duration.components.seconds * 1000
            + duration.components.attoseconds / 1_000_000_000_000_000
    }

    public mutating func add(_ sample: IncidentSample) {
        incidents.append(sample)
        guard incidents.count > Self.mostIncidents else { return }
        let kept = Self.mostIncidents / 2
        for regime in watchedMs.keys {
            let all = incidents.count { $0.regime == regime }
            let left = incidents.suffix(kept).count { $0.regime == regime }
            if all > 0 { watchedMs[regime] = (watchedMs[regime] ?? 0) * Int64(left) / Int64(all) }
        }
        incidents.removeFirst(incidents.count - kept)
    }

    public mutating func add(_ other: BudgetEvidence) {
        for sample in other.incidents { add(sample) }
        for (regime, time) in other.watchedMs { watchedMs[regime, default: 0] += time }
    }

    /// What concerns one regime.
    public func part(_ regime: Regime) -> BudgetEvidence {
        var part = BudgetEvidence()
        part.incidents = incidents.filter { $0.regime == regime }
        part.watchedMs = watchedMs.filter { $0.key == regime }
        return part
    }

    /// What counts with these zones.
    package func counting(in zones: ZoneMap) -> BudgetEvidence {
        var counting = self
        counting.incidents.removeAll { !$0.counts(in: zones) }
        return counting
    }

    /// Each regime's part as a file of its own.
    public func files() throws -> [Regime: Data] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        return try Dictionary(uniqueKeysWithValues: watchedMs.keys.map { ($0, try encoder.encode(part($0))) })
    }

    /// Days of 24 hours.
    public func days(in regime: Regime) -> Double { Double(watchedMs[regime] ?? 0) / 86_400_000 }

    /// Nil for a file that is absent or damaged: evidence is gathered again.
    public init?(path: String) {
        guard let data = FileManager.default.contents(atPath: path),
            let evidence = try? JSONDecoder().decode(BudgetEvidence.self, from: data)
        else { return nil }
        self = evidence
    }
}
