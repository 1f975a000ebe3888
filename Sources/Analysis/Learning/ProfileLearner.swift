internal import FoundationEssentials
public import Imaging
internal import ModelFiles
internal import ObjectAnomaly
internal import PixelAnomaly
internal import Tensors

/// Learns one camera's profile: gathers features from its frames, learns both detectors' normality from them, sets the
/// thresholds from held-out time, and puts the new version in force only when it is complete and verified.
///
/// Gathered material and the progress of the longest stage are kept in the profile's `learning` folder, so that a run
/// that was stopped or killed goes on where it was. One thread at a time.
public final class ProfileLearner {
    private let profile: String
    private let plan: LearningPlan
    private let engine: AnalysisEngine
    private let store: ProfileStore
    private let folder: String
    private var material: LearningMaterial?
    private var gate: FrameGate
    /// Frames that passed the gate in this run, gathered or skipped.
    private var admitted = 0
    private let resumedFrames: Int
    private var uncheckpointed = 0

    /// Frames between two checkpoints.
    private static let checkpointInterval = 100
    private static let planName = "plan.json"

    /// Prepares a run; goes on with an unfinished one of the same plan.
    /// - Parameter restart: drops what an unfinished run gathered.
    /// - Throws: `AnalysisError` (`unwritableProfile`, `badProfile`).
    public init(
        profile: String, plan: LearningPlan, engine: AnalysisEngine, store: ProfileStore, restart: Bool = false
    ) throws(AnalysisError) {
        self.profile = profile
        self.plan = plan
        self.engine = engine
        self.store = store
        folder = store.learningFolder(profile)
        gate = FrameGate(framesPerSecond: plan.framesPerSecond)
        let key = Key(plan: plan, model: engine.model.identity)
        do {
            let path = "\(folder)/\(Self.planName)"
            let known = FileManager.default.contents(atPath: path).flatMap {
                try? JSONDecoder().decode(Key.self, from: $0)
            }
            if restart || known != key { try? FileManager.default.removeItem(atPath: folder) }
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
            try AtomicFile.write(JSONEncoder().encode(key), to: path)
            material = try LearningMaterial.resume(
                folder: folder, patchWidth: engine.model.patchWidth, objectWidth: engine.model.objectWidth)
        } catch {
            throw AnalysisError(
                .unwritableProfile, "\(folder): cannot keep what is learned here: \(error)", cause: error)
        }
        resumedFrames = material?.framesSeen ?? 0
    }

    private struct Key: Codable, Equatable {
        let plan: LearningPlan
        let model: String
    }

    /// Frames gathered so far, those of an earlier unfinished run included.
    public var framesGathered: Int { material?.framesSeen ?? 0 }

    /// Whether the plan's frames are complete.
    public var hasEnough: Bool { framesGathered >= plan.maximumFrames }

    /// The next clip begins: its time has nothing to do with that of the one before.
    public func beginSource() { gate = FrameGate(framesPerSecond: plan.framesPerSecond) }

    /// Takes the next frame of the material; most are passed over because of the plan's rate.
    /// - Throws: `AnalysisError` (`unwritableProfile`; `tooLittleMaterial` when the picture's size changes).
    public func gather(_ frame: Frame) throws(AnalysisError) {
        guard !hasEnough, gate.admits(frame.presentationTime) else { return }
        admitted += 1
        if plan.isRepeatable, admitted <= resumedFrames { return }
        let (patches, objects) = engine.material(of: frame.pixels)
        if material == nil {
            material = LearningMaterial(
                gridWidth: patches.shape[1], gridHeight: patches.shape[0], patchWidth: patches.shape[2],
                objectWidth: objects.shape[1], limits: .init(), seed: plan.seed)
        }
        guard material?.fits(patches) == true else {
            throw AnalysisError(
                .tooLittleMaterial,
                "the picture's size changed to \(frame.pixels.width)x\(frame.pixels.height) in the middle of learning; "
                    + "learn from clips of one size")
        }
        material?.add(patches: patches, objects: objects, time: frame.presentationTime)
        uncheckpointed += 1
        if uncheckpointed >= Self.checkpointInterval { try checkpoint() }
    }

    /// Keeps what was gathered for a later run.
    /// - Throws: `AnalysisError.Code.unwritableProfile`.
    public func checkpoint() throws(AnalysisError) {
        do throws(ModelFileError) {
            try material?.checkpoint(folder: folder)
            uncheckpointed = 0
        } catch {
            throw AnalysisError(.unwritableProfile, "\(error.message)", cause: error)
        }
    }

    /// Learns from what was gathered and puts the result in force as a new version.
    /// - Parameters:
    ///   - wallTimeMs: when this happens, for the record.
    ///   - progress: called often; throwing stops the run, which can be resumed.
    /// - Throws: `AnalysisError`, and what `progress` throws.
    public func finish(
        wallTimeMs: Int64, progress: (LearningProgress) throws -> Void
    ) throws -> ProfileRecord {
        guard let material, material.framesSeen >= 40, !material.heldOut.entries.isEmpty else {
            throw AnalysisError(
                .tooLittleMaterial,
                "\(framesGathered) frames are too few to learn from and to hold out; at least 100 are needed, a few "
                    + "minutes are better")
        }
        try checkpoint()
        let staged = folder + "/staged"
        try? FileManager.default.removeItem(atPath: staged)
        do {
            try FileManager.default.createDirectory(atPath: staged, withIntermediateDirectories: true)
        } catch {
            throw AnalysisError(.unwritableProfile, "\(staged): cannot create", cause: error)
        }
        var record = ProfileRecord(
            camera: profile, version: (store.versions(profile).last ?? 0) + 1, model: engine.model.identity,
            createdWallMs: wallTimeMs, seed: plan.seed, sources: plan.sources, framesLearned: material.framesLearned,
            framesHeldOut: material.heldOut.entries.count, patchRows: material.patches.count,
            objectRows: material.objects.count)
        if engine.model.patches != nil { try learnPixels(material, staged, &record, progress) }
        if engine.model.detector != nil { try learnObjects(material, staged, &record, progress) }
        guard record.patchClasses > 0 || record.objectClasses > 0 else {
            throw AnalysisError(
                .tooLittleMaterial,
                "\(record.objectRows) sightings of objects are too few to learn from, and the model judges nothing else; "
                    + "learn with people or vehicles in view")
        }
        try setThresholds(material, staged, &record, progress)
        try store.install(staged: staged, record: record, as: profile)
        try? FileManager.default.removeItem(atPath: folder)
        return try store.current(profile).record
    }

    private func learnPixels(
        _ material: LearningMaterial, _ staged: String, _ record: inout ProfileRecord,
        _ progress: (LearningProgress) throws -> Void
    ) throws {
        let background = material.background
        try background.write(to: "\(staged)/\(ProfileStore.backgroundName)")
        let (patches, heldOutShare) = material.patchSet(background)
        var settings = PixelLearningSettings()
        settings.heldOutShare = heldOutShare
        let learner = PixelNormalityLearner(settings: settings, seed: plan.seed, checkpointFolder: folder)
        let learned = try learner.learn(patches) { state in
            try progress(
                LearningProgress(
                    stage: state.stage.words, fraction: Double(state.completed) / Double(max(1, state.total))))
        }
        try learned.write(to: "\(staged)/\(ProfileStore.pixelsName)")
        record.patchClasses = learned.classCount
        record.etalons = learned.etalons.reduce(0) { $0 + $1.count }
    }

    private func learnObjects(
        _ material: LearningMaterial, _ staged: String, _ record: inout ProfileRecord,
        _ progress: (LearningProgress) throws -> Void
    ) throws {
        let learner = ObjectNormalityLearner()
        guard material.objects.count >= learner.settings.fewestObjects else { return }
        var stopped: (any Error)?
        do throws(ObjectAnomalyError) {
            let learned = try learner.learn(features: material.objects.inTimeOrder(), seed: plan.seed) { state in
                do {
                    try progress(LearningProgress(stage: "objects", fraction: state.share))
                    return true
                } catch {
                    stopped = error
                    return false
                }
            }
            var writer = SafetensorsWriter()
            learned.add(to: &writer)
            do {
                try writer.write(to: "\(staged)/\(ProfileStore.objectsName)")
            } catch {
                throw ObjectAnomalyError(.diverged, error.message)
            }
            record.objectClasses = learned.classCount
        } catch {
            throw stopped ?? AnalysisError(.rejectedResult, "objects: \(error.message)", cause: error)
        }
    }

    /// Reads the staged result back as the daemon will, scores the held-out frames with it, and derives the thresholds.
    private func setThresholds(
        _ material: LearningMaterial, _ staged: String, _ record: inout ProfileRecord,
        _ progress: (LearningProgress) throws -> Void
    ) throws {
        let trial = try CameraProfile.load(record, folder: staged, profile: profile, for: engine.model)
        var pixels: [Float] = []
        var lingering: [[Float]] = []
        var objects: [Float] = []
        var broad: [Float] = []
        var history = LingeringHistory()
        for (index, entry) in material.heldOut.entries.enumerated() {
            if let normality = trial.pixels {
                let scores = engine.scores(patches: entry.patches, with: normality)
                pixels.append(scores.cells.max() ?? 0)
                broad.append(scores.broad)
                if let staying = history.add(scores.cells, at: entry.time) { lingering.append(staying) }
            }
            if let normality = trial.objects { objects.append(engine.peak(objects: entry.objects, with: normality)) }
            try progress(
                LearningProgress(
                    stage: "thresholds", fraction: Double(index + 1) / Double(material.heldOut.entries.count)))
        }
        var excess: [Float] = []
        if let normality = trial.pixels {
            let usual = Self.usual(lingering, normality.background)
            try usual.background.write(to: "\(staged)/\(ProfileStore.backgroundName)")
            excess = usual.excess
        }
        guard (pixels + broad + excess + objects).allSatisfy(\.isFinite) else {
            throw AnalysisError(
                .rejectedResult, "the learned profile gives scores that are not numbers; keep the old one")
        }
        record.pixelPeaks = HeldOutPeaks(confirmable: pixels)
        record.objectPeaks = HeldOutPeaks(confirmable: objects)
        record.lingeringPeaks = HeldOutPeaks(excess)
        record.broadPeaks = HeldOutPeaks(confirmable: broad)
        record.thresholds = Thresholds(
            pixels: record.pixelPeaks, broad: record.broadPeaks, lingering: record.lingeringPeaks,
            objects: record.objectPeaks)
    }
}

extension ProfileLearner {
    /// What lingers in each cell in normal times, and how much more than that each held-out map shows, judged by the maps
    /// of the other half of the time.
    private static func usual(
        _ maps: [[Float]], _ background: Background
    ) -> (background: Background, excess: [Float]) {
        let half = maps.count / 2
        var (first, second, all) = (background, background, background)
        for (index, map) in maps.enumerated() {
            if index < half { first.accept(map) } else { second.accept(map) }
            all.accept(map)
        }
        let excess = maps.enumerated().map { index, map in
            (index < half ? second : first).excess(map, width: background.columns).max() ?? 0
        }
        return (all, excess)
    }
}

extension PixelLearningProgress.Stage {
    fileprivate var words: String {
        switch self {
        case .pseudoClasses: "kinds of surface"
        case .classifier: "classifier"
        case .condensation: "condensation"
        case .calibration: "calibration"
        case .check: "check"
        }
    }
}
