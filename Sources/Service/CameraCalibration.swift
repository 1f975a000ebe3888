public import Alerting
public import Analysis
public import Basics
internal import FoundationEssentials
internal import ModelFiles

/// One camera's thresholds while it is watched: held-out time of the learning and all time since make up the evidence.
///
/// One thread at a time: the camera's own queue.
public struct CameraCalibration: Sendable {
    private let settings: CameraSettings
    private let profile: ProfileRecord
    private let store: ProfileStore
    private let proven: BudgetEvidence
    /// Of earlier runs of the daemon.
    private let earlier: BudgetEvidence
    private var meter: IncidentMeter

    /// - Parameter profile: the version in force.
    public init(_ settings: CameraSettings, _ profile: ProfileRecord, store: ProfileStore) {
        self.settings = settings
        self.profile = profile
        self.store = store
        (proven, earlier) = Self.stored(settings.profile, profile, store)
        meter = IncidentMeter(profile, rules: settings.confirmation)
    }

    private static func stored(
        _ name: String, _ profile: ProfileRecord, _ store: ProfileStore
    ) -> (proven: BudgetEvidence, live: BudgetEvidence) {
        let folder = store.versionFolder(name, profile.version)
        var (proven, live) = (BudgetEvidence(), BudgetEvidence())
        for part in profile.regimes {
            // Absent or damaged evidence is gathered again.
            BudgetEvidence(path: "\(folder)/\(part.regime.rawValue)/\(ProfileStore.evidenceName)").map {
                proven.add($0)
            }
            BudgetEvidence(path: store.liveEvidence(name, part)).map { live.add($0) }
        }
        return (proven, live)
    }

    /// All that is known of a version: for those who only look.
    public static func evidence(_ name: String, _ profile: ProfileRecord, store: ProfileStore) -> BudgetEvidence {
        var (evidence, live) = stored(name, profile, store)
        evidence.add(live)
        return evidence
    }

    public mutating func take(_ verdict: Verdict) { meter.take(verdict) }

    /// See `EventMachine.tick`.
    public mutating func tick(_ now: MonotonicTime) { meter.tick(now) }

    /// The rules for events from now on.
    public func rules(_ labels: [LabelledEvent]) -> EventRules {
        var evidence = proven
        evidence.add(earlier)
        evidence.add(meter.evidence)
        return settings.eventRules(profile, evidence, labels: labels.map(LabelledIncident.init))
    }

    /// Keeps the evidence of this run for the next one.
    public func save() throws {
        var live = earlier
        live.add(meter.evidence)
        let folder = store.liveFolder(settings.profile)
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        let files = try live.files()
        for part in profile.regimes {
            if let data = files[part.regime] {
                try AtomicFile.write(data, to: store.liveEvidence(settings.profile, part))
            }
        }
    }
}
