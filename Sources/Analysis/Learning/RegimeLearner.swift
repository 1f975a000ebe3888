internal import FoundationEssentials
internal import ModelFiles
internal import ObjectAnomaly
internal import PixelAnomaly
internal import Tensors

/// Learns one regime of one camera from what was gathered in it.
struct RegimeLearner {
    let regime: Regime
    let engine: AnalysisEngine
    let seed: UInt64
    /// Receives the result, in a folder named after the regime.
    let staged: String
    /// Where the longest stage keeps its progress.
    let checkpoints: String
    /// Comes before the name of each stage.
    let title: String

    private var folder: String { "\(staged)/\(regime.rawValue)" }

    /// - Throws: `AnalysisError` (`tooLittleMaterial`, `rejectedResult`, `unwritableProfile`), and what `progress` throws.
    func learn(
        _ material: LearningMaterial, _ profile: ProfileRecord, _ progress: (LearningProgress) throws -> Void
    ) throws -> RegimeRecord {
        do {
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        } catch {
            throw AnalysisError(.unwritableProfile, "\(folder): cannot create", cause: error)
        }
        let seen = material.seen ?? profile.createdWallMs...profile.createdWallMs
        var record = RegimeRecord(
            regime, version: profile.version, firstWallMs: seen.lowerBound, lastWallMs: seen.upperBound,
            framesLearned: material.framesLearned, framesHeldOut: material.heldOut.entries.count,
            patchRows: material.patches.count, objectRows: material.objects.count)
        let background = material.background
        let guarded = engine.model.patches.map { _ in material.recurringPatches(background, settings: Self.guarding) }
        if let guarded { try learnPixels(guarded, background, &record, progress) }
        let unusual = guarded?.unusualTimes ?? []
        if engine.model.detector != nil { try learnObjects(material, without: unusual, &record, progress) }
        guard record.patchClasses > 0 || record.objectClasses > 0 else {
            throw AnalysisError(
                .tooLittleMaterial,
                "\(record.objectRows) sightings of objects are too few to learn from, and the model judges nothing else; "
                    + "learn with people or vehicles in view")
        }
        let entries = material.heldOut.entries
        try setThresholds((guarded?.usualHeldOut ?? Array(entries.indices)).map { entries[$0] }, &record, progress)
        return record
    }

    /// In a clip of a few minutes everybody passes only once, so nothing can be told from what does not come again.
    private static var guarding: Recurrence.Settings {
        var settings = Recurrence.Settings()
        settings.leastFrames = 800
        return settings
    }

    private func learnPixels(
        _ recurring: LearningMaterial.RecurringPatches, _ background: Background, _ record: inout RegimeRecord,
        _ progress: (LearningProgress) throws -> Void
    ) throws {
        try background.write(to: "\(folder)/\(ProfileStore.backgroundName)")
        record.patchRowsLeftOut = recurring.leftOut.count
        var settings = PixelLearningSettings()
        settings.heldOutShare = recurring.heldOutShare
        let learner = PixelNormalityLearner(settings: settings, seed: seed, checkpointFolder: checkpoints)
        let learned = try learner.learn(recurring.patches) { state in
            try progress(
                LearningProgress(
                    stage: title + state.stage.words, fraction: Double(state.completed) / Double(max(1, state.total))))
        }
        try learned.write(to: "\(folder)/\(ProfileStore.pixelsName)")
        record.patchClasses = learned.classCount
        record.etalons = learned.etalons.reduce(0) { $0 + $1.count }
    }

    private func learnObjects(
        _ material: LearningMaterial, without unusual: [ClosedRange<Int32>], _ record: inout RegimeRecord,
        _ progress: (LearningProgress) throws -> Void
    ) throws {
        let learner = ObjectNormalityLearner()
        let features = material.objects(without: unusual)
        record.objectRowsLeftOut = material.objects.count - features.shape[0]
        guard features.shape[0] >= learner.settings.fewestObjects else { return }
        var stopped: (any Error)?
        do throws(ObjectAnomalyError) {
            let learned = try learner.learn(features: features, seed: seed) { state in
                do {
                    try progress(LearningProgress(stage: title + "objects", fraction: state.share))
                    return true
                } catch {
                    stopped = error
                    return false
                }
            }
            var writer = SafetensorsWriter()
            learned.add(to: &writer)
            do {
                try writer.write(to: "\(folder)/\(ProfileStore.objectsName)")
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
        _ heldOut: [HeldOutFrames.Entry], _ record: inout RegimeRecord,
        _ progress: (LearningProgress) throws -> Void
    ) throws {
        let trial = try RegimeNormality.load(record, folder: folder, for: engine.model)
        var pixels: [Float] = []
        var lingering: [[Float]] = []
        var objects: [Float] = []
        var broad: [Float] = []
        var history = LingeringHistory()
        for (index, entry) in heldOut.enumerated() {
            if let normality = trial.pixels {
                let scores = engine.scores(patches: entry.patches, with: normality)
                pixels.append(scores.cells.max() ?? 0)
                broad.append(scores.broad)
                if let staying = history.add(scores.cells, at: entry.time) { lingering.append(staying) }
            }
            if let normality = trial.objects { objects.append(engine.peak(objects: entry.objects, with: normality)) }
            try progress(
                LearningProgress(
                    stage: title + "thresholds", fraction: Double(index + 1) / Double(heldOut.count)))
        }
        var excess: [Float] = []
        if let normality = trial.pixels {
            let usual = Self.usual(lingering, normality.background)
            try usual.background.write(to: "\(folder)/\(ProfileStore.backgroundName)")
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

extension RegimeLearner {
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
