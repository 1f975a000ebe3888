internal import Basics
public import FoundationEssentials
public import Imaging
internal import ModelFiles
internal import Tensors

/// Learns one camera's profile: gathers features from its frames, each regime apart, learns both detectors' normality
/// from them, sets thresholds from held-out time, and puts the new version in force only when it is complete and verified.
///
/// Gathered material, the progress of the longest stage and the finished but not yet proven version are kept in the
/// profile's `learning` folder, so that a run that was stopped or killed goes on where it was. One thread at a time.
public final class ProfileLearner {
    private let profile: String
    private let plan: LearningPlan
    private let engine: AnalysisEngine
    private let store: ProfileStore
    private let folder: String
    private var materials: [Regime: LearningMaterial] = [:]
    private var sieve: MaterialSieve
    /// Frames of each regime that an earlier run gathered.
    private let resumed: [Regime: Int]
    private var uncheckpointed = 0
    private let lock: LearningLock

    /// Frames between two checkpoints.
    private static let checkpointInterval = 100
    private static let planName = "plan.json"
    private static let learnedName = "learned.json"
    /// Fewer frames of a regime are not learned from.
    private static let fewestFrames = 40

    /// Prepares a run; goes on with an unfinished one of the same plan.
    /// - Parameter restart: drops what an unfinished run gathered.
    /// - Throws: `AnalysisError` (`unwritableProfile`, `badProfile`; `alreadyLearning` when another run is under way).
    public init(
        profile: String, plan: LearningPlan, engine: AnalysisEngine, store: ProfileStore, restart: Bool = false
    ) throws(AnalysisError) {
        self.profile = profile
        self.plan = plan
        self.engine = engine
        self.store = store
        folder = store.learningFolder(profile)
        sieve = MaterialSieve(framesPerSecond: plan.framesPerSecond)
        let key = Key(plan: plan, model: engine.model.identity)
        do {
            try FileManager.default.createDirectory(atPath: store.folder(profile), withIntermediateDirectories: true)
        } catch {
            throw AnalysisError(
                .unwritableProfile, "\(store.folder(profile)): cannot keep what is learned here: \(error)", cause: error
            )
        }
        lock = try LearningLock(store.folder(profile) + "/learning.lock", profile: profile)
        try store.recover(profile)
        do {
            let path = "\(folder)/\(Self.planName)"
            let known = FileManager.default.contents(atPath: path).flatMap {
                try? JSONDecoder().decode(Key.self, from: $0)
            }
            if restart || known != key { store.discardLearning(profile) }
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
            try AtomicFile.write(JSONEncoder().encode(key), to: path)
            for regime in Regime.allCases {
                materials[regime] = try LearningMaterial.resume(
                    folder: Self.gathered(regime, in: folder), patchWidth: engine.model.patchWidth,
                    objectWidth: engine.model.objectWidth)
            }
        } catch {
            throw AnalysisError(
                .unwritableProfile, "\(folder): cannot keep what is learned here: \(error)", cause: error)
        }
        resumed = materials.mapValues(\.framesSeen)
    }

    private struct Key: Codable, Equatable {
        /// Rises when gathered material comes to mean something else.
        var format = 2
        let plan: LearningPlan
        let model: String
    }

    private static func gathered(_ regime: Regime, in folder: String) -> String { "\(folder)/\(regime.rawValue)" }

    /// Frames gathered so far, those of an earlier unfinished run included.
    public var framesGathered: Int { materials.values.reduce(0) { $0 + $1.framesSeen } }

    /// Whether the plan's frames are complete.
    public var hasEnough: Bool { framesGathered >= plan.maximumFrames }

    // MARK: Gathering

    /// The next clip begins: its time has nothing to do with that of the one before.
    public func beginSource() { sieve.beginSource() }

    /// Takes the next frame of the material; most are passed over because of the plan's rate.
    /// - Throws: `AnalysisError` (`unwritableProfile`; `tooLittleMaterial` when the picture's size changes).
    public func gather(_ frame: Frame) throws(AnalysisError) {
        guard !hasEnough, let place = sieve.place(frame) else { return }
        if plan.isRepeatable, place.index < resumed[place.regime] ?? 0 { return }
        let (patches, objects, detections) = engine.sightings(in: frame.pixels)
        let selection = ObjectSelection(pictureWidth: frame.pixels.width, pictureHeight: frame.pixels.height)
        // Taken out, so that its memory is not copied when it changes.
        var material =
            materials.removeValue(forKey: place.regime)
            ?? LearningMaterial(
                gridWidth: patches.shape[1], gridHeight: patches.shape[0], patchWidth: patches.shape[2],
                objectWidth: objects.shape[1], limits: .init(), seed: plan.seed)
        defer { materials[place.regime] = material }
        guard material.fits(patches) else {
            throw AnalysisError(
                .tooLittleMaterial,
                "the picture's size changed to \(frame.pixels.width)x\(frame.pixels.height) in the middle of learning; "
                    + "learn from clips of one size")
        }
        material.add(
            patches: patches, objects: objects, time: frame.presentationTime, wallTimeMs: frame.wallTimeMs
        ) { novelty in
            selection.chosen(
                detections, novelty: novelty, gridWidth: patches.shape[1], gridHeight: patches.shape[0])
        }
        uncheckpointed += 1
        if uncheckpointed >= Self.checkpointInterval {
            materials[place.regime] = material
            try checkpoint()
        }
    }

    /// Keeps what was gathered for a later run.
    /// - Throws: `AnalysisError.Code.unwritableProfile`.
    public func checkpoint() throws(AnalysisError) {
        do {
            for (regime, material) in materials {
                let folder = Self.gathered(regime, in: folder)
                try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
                try material.checkpoint(folder: folder)
            }
            uncheckpointed = 0
        } catch {
            throw AnalysisError(.unwritableProfile, "\(folder): cannot keep what was gathered: \(error)", cause: error)
        }
    }

    // MARK: Learning

    /// Learns every regime of which enough was gathered, and takes over the others from the version in force.
    ///
    /// A run that was killed after this, while proving, finds its result again.
    /// - Parameters:
    ///   - wallTimeMs: when this happens, for the record.
    ///   - progress: called often; throwing stops the run, which can be resumed.
    /// - Throws: `AnalysisError`, and what `progress` throws.
    public func learn(
        wallTimeMs: Int64, progress: (LearningProgress) throws -> Void
    ) throws -> LearnedProfile {
        let ready = Regime.allCases.filter { regime in
            materials[regime].map { $0.framesSeen >= Self.fewestFrames && !$0.heldOut.entries.isEmpty } ?? false
        }
        guard !ready.isEmpty else {
            throw AnalysisError(
                .tooLittleMaterial,
                "\(framesGathered) frames are too few to learn from and to hold out; at least 100 are needed, a few "
                    + "minutes are better")
        }
        let notes = materials.keys.filter { !ready.contains($0) }.map {
            "\($0.words): seen in \(materials[$0]?.framesSeen ?? 0) pictures only, not learned"
        }
        let staged = folder + "/staged"
        if let finished = finished(staged) {
            return LearnedProfile(
                profile: try CameraProfile.load(finished, folder: staged, profile: profile, for: engine.model),
                notes: notes, folder: staged)
        }
        try checkpoint()
        try? FileManager.default.removeItem(atPath: staged)
        var record = ProfileRecord(
            camera: profile, version: (store.versions(profile).last ?? 0) + 1, model: engine.model.identity,
            createdWallMs: wallTimeMs, seed: plan.seed, sources: plan.sources)
        for regime in ready {
            guard let material = materials[regime] else { continue }
            let learner = RegimeLearner(
                regime: regime, engine: engine, seed: plan.seed, staged: staged,
                checkpoints: Self.gathered(regime, in: folder), title: ready.count > 1 ? "\(regime.words): " : "")
            var part = try learner.learn(material, record, progress)
            part.privacy = plan.privacy
            record.set(part)
        }
        try takeOver(into: &record, staged)
        let learned = try CameraProfile.load(record, folder: staged, profile: profile, for: engine.model)
        keep(record)
        return LearnedProfile(profile: learned, notes: notes, folder: staged)
    }

    /// Regimes that the version in force knows and this run did not see.
    private func takeOver(into record: inout ProfileRecord, _ staged: String) throws {
        guard let current = try? store.current(profile), current.record.model == record.model else { return }
        for part in current.record.regimes where record[part.regime] == nil {
            try FileManager.default.copyItem(
                atPath: "\(current.folder)/\(part.regime.rawValue)", toPath: "\(staged)/\(part.regime.rawValue)")
            record.set(part)
        }
    }

    private struct Finished: Codable {
        let record: ProfileRecord
        let gathered: [Regime: Int]
    }

    /// Notes that learning is done; proving can be repeated.
    private func keep(_ record: ProfileRecord) {
        let finished = Finished(record: record, gathered: materials.mapValues(\.framesSeen))
        guard let json = try? JSONEncoder().encode(finished) else { return }
        // Without the note, learning is repeated after a crash: slower, not wrong.
        try? AtomicFile.write(json, to: "\(folder)/\(Self.learnedName)")
    }

    /// The result of an earlier run on the same material.
    private func finished(_ staged: String) -> ProfileRecord? {
        guard let json = FileManager.default.contents(atPath: "\(folder)/\(Self.learnedName)"),
            let finished = try? JSONDecoder().decode(Finished.self, from: json),
            finished.gathered == materials.mapValues(\.framesSeen),
            finished.record.version == (store.versions(profile).last ?? 0) + 1,
            FileManager.default.fileExists(atPath: staged)
        else { return nil }
        return finished.record
    }

    // MARK: Proving and installing

    /// Tells, in a second pass over the same material, which frames were held out.
    package func provingSieve() -> MaterialSieve { MaterialSieve(framesPerSecond: plan.framesPerSecond) }

    /// Puts a learned version in force.
    /// - Parameter evidence: what proving showed of each regime, kept with it as `ProfileStore.evidenceName`.
    /// - Throws: `AnalysisError` (`unwritableProfile`, `badProfile`); the previous version then stays in force.
    @discardableResult
    public func install(
        _ learned: LearnedProfile, evidence: [Regime: Data] = [:]
    ) throws(AnalysisError) -> ProfileRecord {
        for (regime, data) in evidence where learned.profile.knows(regime) {
            do throws(ModelFileError) {
                try AtomicFile.write(data, to: "\(learned.folder)/\(regime.rawValue)/\(ProfileStore.evidenceName)")
            } catch {
                throw AnalysisError(.unwritableProfile, error.message, cause: error)
            }
        }
        try store.install(staged: learned.folder, record: learned.profile.record, as: profile)
        store.discardLearning(profile)
        return try store.current(profile).record
    }

    /// Learns and installs without proving.
    @discardableResult
    public func finish(
        wallTimeMs: Int64, progress: (LearningProgress) throws -> Void
    ) throws -> ProfileRecord {
        try install(learn(wallTimeMs: wallTimeMs, progress: progress))
    }
}
