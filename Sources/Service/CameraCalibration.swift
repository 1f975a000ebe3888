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
    private let path: String
    private let proven: BudgetEvidence
    /// Of earlier runs of the daemon.
    private let earlier: BudgetEvidence
    private var meter: IncidentMeter

    /// - Parameter profile: the version in force.
    public init(_ settings: CameraSettings, _ profile: ProfileRecord, store: ProfileStore) {
        self.settings = settings
        self.profile = profile
        path = store.liveEvidence(settings.profile, profile.version)
        (proven, earlier) = Self.stored(settings.profile, profile.version, store)
        meter = IncidentMeter(profile, rules: settings.confirmation)
    }

    private static func stored(
        _ profile: String, _ version: Int, _ store: ProfileStore
    ) -> (proven: BudgetEvidence, live: BudgetEvidence) {
        let folder = store.versionFolder(profile, version)
        return (
            BudgetEvidence(path: "\(folder)/\(ProfileStore.evidenceName)") ?? BudgetEvidence(),
            BudgetEvidence(path: store.liveEvidence(profile, version)) ?? BudgetEvidence()
        )
    }

    /// All that is known of a version: for those who only look.
    public static func evidence(_ profile: String, _ version: Int, store: ProfileStore) -> BudgetEvidence {
        var (evidence, live) = stored(profile, version, store)
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
        try AtomicFile.write(live.encoded(), to: path)
    }
}
