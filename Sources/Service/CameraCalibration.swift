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
        proven = Self.proven(settings.profile, profile, store)
        earlier = Self.live(settings.profile, settings.name, profile, store)
        meter = IncidentMeter(profile, rules: settings.confirmation)
    }

    private static func proven(_ name: String, _ profile: ProfileRecord, _ store: ProfileStore) -> BudgetEvidence {
        let folder = store.versionFolder(name, profile.version)
        return sum(profile.regimes.map { "\(folder)/\($0.regime.rawValue)/\(ProfileStore.evidenceName)" })
    }

    private static func live(
        _ name: String, _ camera: String, _ profile: ProfileRecord, _ store: ProfileStore
    ) -> BudgetEvidence {
        sum(profile.regimes.map { store.liveEvidence(name, camera: camera, $0) })
    }

    /// Absent or damaged evidence is gathered again.
    private static func sum(_ paths: [String]) -> BudgetEvidence {
        var sum = BudgetEvidence()
        for evidence in paths.compactMap(BudgetEvidence.init(path:)) { sum.add(evidence) }
        return sum
    }

    /// All that is known of a version, from all cameras that use it: for those who only look.
    public static func evidence(_ name: String, _ profile: ProfileRecord, store: ProfileStore) -> BudgetEvidence {
        var evidence = proven(name, profile, store)
        for camera in store.liveCameras(name) { evidence.add(live(name, camera, profile, store)) }
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
        let folder = store.liveFolder(settings.profile, camera: settings.name)
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        let files = try live.files()
        for part in profile.regimes {
            if let data = files[part.regime] {
                try AtomicFile.write(data, to: store.liveEvidence(settings.profile, camera: settings.name, part))
            }
        }
    }
}
