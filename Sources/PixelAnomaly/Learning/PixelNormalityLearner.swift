internal import ModelFiles
internal import Tensors

/// Learns what is normal in one camera's picture from a sample of its patches.
///
/// Stages: kinds of surface (pseudo-classes, because a camera has no labels: see `PseudoClasses`), a classifier of them,
/// etalons of each, calibration on patches from the last part of the recording, and a check. Memory beside the patches
/// does not grow with their number: they are copied out batch by batch, only their labels and, for calibration, logits
/// and distances are kept of each. The same patches, settings and seed give the same profile. With a checkpoint
/// folder an interrupted run continues where it was, with the same result.
public struct PixelNormalityLearner {
    public let settings: PixelLearningSettings
    public let seed: UInt64
    private let checkpoints: PixelLearningCheckpoint?

    /// - Parameter checkpointFolder: an existing folder for one file of this run; nil learns in one go.
    public init(
        settings: PixelLearningSettings = PixelLearningSettings(), seed: UInt64, checkpointFolder: String? = nil
    ) {
        self.settings = settings
        self.seed = seed
        checkpoints = checkpointFolder.map { PixelLearningCheckpoint(path: $0 + "/pixel-learning.safetensors") }
    }

    /// Learns the profile.
    ///
    /// - Parameters:
    ///   - patches: at least `settings.leastRows`, from at least two frames.
    ///   - progress: called after every stage and epoch; throwing stops the run there (a checkpoint is kept).
    /// - Throws: `PixelAnomalyError` (`notEnoughData`, `notFinite`), `ModelFileError.Code.unwritable` for a checkpoint,
    ///   and whatever `progress` throws.
    public func learn(
        _ patches: PatchSet, progress: (PixelLearningProgress) throws -> Void = { _ in }
    ) throws -> PixelProfile {
        let (training, heldOut) = try split(patches)
        let columns = settings.columns ?? 0..<patches.dimension
        let fingerprint = PixelLearningCheckpoint.fingerprint(patches, settings: settings, seed: seed)
        let saved = checkpoints?.load(fingerprint: fingerprint)

        let classes = try pseudoClasses(patches, training, saved, progress)
        let trainingLabels = labels(classes, patches, rows: training)
        let save: Save = { add in try checkpoints?.save(fingerprint: fingerprint, classes: classes, add) }
        let trainer = try trainedClassifier(patches, classes, trainingLabels, saved, save, progress)
        let condensation = try condensed(patches, columns, classes, trainingLabels, trainer, saved, save, progress)
        let classifier = try trainer.classifier()
        let etalons = try condensation.finish(patches, columns: columns, labels: trainingLabels)

        let profile = try calibrated(
            patches, heldOut: heldOut, labels: classes.labels(patches, rows: heldOut), classifier: classifier,
            etalons: etalons, columns: columns, progress)
        checkpoints?.remove()
        try progress(PixelLearningProgress(stage: .check, completed: 1, total: 1))
        return profile
    }

    private func split(_ patches: PatchSet) throws(PixelAnomalyError) -> (training: [Int32], heldOut: [Int32]) {
        guard patches.count >= settings.leastRows else {
            throw PixelAnomalyError(
                .notEnoughData, "\(patches.count) patches are too few to learn from, \(settings.leastRows) are needed")
        }
        let (training, heldOut) = patches.splitByTime(lastShare: settings.heldOutShare)
        guard training.count >= settings.leastRows / 2, heldOut.count >= settings.leastRows / 10 else {
            throw PixelAnomalyError(
                .notEnoughData,
                "the patches come from too few frames to hold out the last ones: \(training.count) to learn from and "
                    + "\(heldOut.count) to calibrate with; record longer")
        }
        return (training, heldOut)
    }

    // MARK: - Stages

    private func pseudoClasses(
        _ patches: PatchSet, _ training: [Int32], _ saved: SafetensorsFile?,
        _ progress: (PixelLearningProgress) throws -> Void
    ) throws -> PseudoClasses {
        let classes: PseudoClasses
        if let saved, let stored = PixelLearningCheckpoint.classes(saved, dimension: patches.dimension) {
            classes = stored
        } else {
            let order = RowOrder(seed: seed).shuffled(training, epoch: 0)
            let sample = patches.rows(
                order.prefix(settings.condensation.initialRows), columns: 0..<patches.dimension)
            let whitening = Whitening(
                rows: sample.pointer, count: sample.shape[0], dimension: patches.dimension, stride: patches.dimension)
            guard whitening.median.allSatisfy(\.isFinite), whitening.deviation.allSatisfy(\.isFinite) else {
                throw PixelAnomalyError(.notFinite, "the patches hold features that are not finite numbers")
            }
            classes = PseudoClasses.learn(
                patches, rows: training, whitening: whitening, settings: settings.classes, seed: seed &+ 1)
        }
        try progress(PixelLearningProgress(stage: .pseudoClasses, completed: 1, total: 1))
        return classes
    }

    /// Labels of the given rows at their places among all patches; -1 elsewhere.
    private func labels(_ classes: PseudoClasses, _ patches: PatchSet, rows: [Int32]) -> [Int32] {
        var result = [Int32](repeating: -1, count: patches.count)
        for (row, label) in zip(rows, classes.labels(patches, rows: rows)) { result[Int(row)] = label }
        return result
    }

    private typealias Save = ((inout SafetensorsWriter) -> Void) throws -> Void

    private func trainedClassifier(
        _ patches: PatchSet, _ classes: PseudoClasses, _ labels: [Int32], _ saved: SafetensorsFile?, _ save: Save,
        _ progress: (PixelLearningProgress) throws -> Void
    ) throws -> ClassifierTrainer {
        let trainer =
            try saved.flatMap { file in
                guard file.contains("classifier.epoch") else { return nil as ClassifierTrainer? }
                return try ClassifierTrainer(
                    from: file, whitening: classes.whitening, classCount: classes.count, settings: settings.classifier)
            }
            ?? ClassifierTrainer(
                whitening: classes.whitening, classCount: classes.count, settings: settings.classifier, seed: seed &+ 2)
        try trainer.train(patches, labels: labels, seed: seed &+ 3) { epoch, loss, _ in
            try report(
                PixelLearningProgress(
                    stage: .classifier, completed: epoch, total: settings.classifier.epochs, loss: loss),
                { try save { trainer.save(to: &$0) } }, progress)
        }
        return trainer
    }

    private func condensed(
        _ patches: PatchSet, _ columns: Range<Int>, _ classes: PseudoClasses, _ labels: [Int32],
        _ trainer: ClassifierTrainer, _ saved: SafetensorsFile?, _ save: Save,
        _ progress: (PixelLearningProgress) throws -> Void
    ) throws -> Condensation {
        let condensation =
            try saved.flatMap { file in
                guard file.contains("condensation.epoch") else { return nil as Condensation? }
                return try Condensation(
                    from: file, classCount: classes.count, dimension: columns.count, settings: settings.condensation)
            } ?? freshCondensation(patches, columns, classes, labels)
        try condensation.train(patches, columns: columns, labels: labels, seed: seed &+ 5) { epoch, loss in
            try report(
                PixelLearningProgress(
                    stage: .condensation, completed: epoch, total: settings.condensation.epochs, loss: loss),
                {
                    try save {
                        trainer.save(to: &$0)
                        condensation.save(to: &$0)
                    }
                }, progress)
        }
        return condensation
    }

    private func freshCondensation(
        _ patches: PatchSet, _ columns: Range<Int>, _ classes: PseudoClasses, _ labels: [Int32]
    ) -> Condensation {
        let rows = labels.indices.filter { labels[$0] >= 0 }.map(Int32.init)
        let first = RowOrder(seed: seed &+ 4).shuffled(rows, epoch: 0).prefix(settings.condensation.initialRows)
        return Condensation(
            initial: patches.rows(first, columns: columns), labels: first.map { labels[Int($0)] },
            classCount: classes.count, settings: settings.condensation, seed: seed &+ 4)
    }

    /// Saves at the chosen intervals, and whenever the caller stops the run.
    private func report(
        _ state: PixelLearningProgress, _ save: () throws -> Void, _ progress: (PixelLearningProgress) throws -> Void
    ) throws {
        let due = state.completed % settings.checkpointInterval == 0 || state.completed == state.total
        if due { try save() }
        do {
            try progress(state)
        } catch {
            if !due { try save() }
            throw error
        }
    }

    // MARK: - Calibration

    private func calibrated(
        _ patches: PatchSet, heldOut: [Int32], labels: [Int32], classifier: PatchClassifier, etalons: [EtalonSet],
        columns: Range<Int>, _ progress: (PixelLearningProgress) throws -> Void
    ) throws -> PixelProfile {
        let (logits, distances) = Self.measured(patches, heldOut, classifier, etalons, columns)
        let decision = try NeymanPearson.fit(
            logits: logits, distances: distances, labels: labels, model: settings.outlierModel,
            pooling: settings.pooling, leastRows: settings.leastHeldOutRows,
            distanceUnit: Self.typicalDistance(distances, labels) * settings.distanceUnit)
        var tables: [SurpriseTable] = []
        for label in etalons.indices {
            // Classes that share their densities share their table.
            let same = tables.first {
                $0.inlier == decision.inliers[label] && $0.outlier == decision.outliers[label]
            }
            tables.append(same ?? SurpriseTable(decision, class: label, side: settings.gridSide))
            try progress(
                PixelLearningProgress(stage: .calibration, completed: label + 1, total: etalons.count))
        }
        let surprise = Tensor([heldOut.count])
        SurpriseScorer(tables: tables)(logits: logits, distances: distances, into: surprise)
        return try PixelProfile(
            classifier: classifier, etalons: etalons, tables: tables, evaluated: Array(etalons.indices),
            columns: columns, heldOut: Self.quantiles(surprise.array.sorted()))
    }

    /// Logits `[N, C]` and nearest distances `[C, N]` of the given rows, a few rows at a time.
    private static func measured(
        _ patches: PatchSet, _ rows: [Int32], _ classifier: PatchClassifier, _ etalons: [EtalonSet],
        _ columns: Range<Int>
    ) -> (logits: Tensor, distances: Tensor) {
        let context = ComputeContext()
        let index = EtalonIndex(etalons)
        let logits = Tensor([rows.count, etalons.count])
        let distances = Tensor([etalons.count, rows.count])
        for start in stride(from: 0, to: rows.count, by: 1024) {
            let slice = rows[start..<min(rows.count, start + 1024)]
            let features = patches.rows(slice, columns: 0..<patches.dimension)
            let few = (Tensor([slice.count, etalons.count]), Tensor([etalons.count, slice.count]))
            classifier(features, into: few.0, context: context)
            index.nearest(features, columns: columns, into: few.1, context: context)
            logits.row(start).update(from: few.0.pointer, count: few.0.count)
            for label in etalons.indices {
                (distances.row(label) + start).update(from: few.1.row(label), count: slice.count)
            }
        }
        return (logits, distances)
    }

    /// Median distance of the held-out patches to their own class; 1 when that is zero.
    private static func typicalDistance(_ distances: Tensor, _ labels: [Int32]) -> Double {
        let own = labels.indices.filter { labels[$0] >= 0 }
            .map { distances.pointer[Int(labels[$0]) * labels.count + $0] }.filter(\.isFinite).sorted()
        guard !own.isEmpty, own[own.count / 2] > 0 else { return 1 }
        return Double(own[own.count / 2])
    }

    /// Shares at which the held-out surprise is kept with the profile.
    private static func quantiles(_ sorted: [Float]) -> [PixelProfile.Quantile] {
        [0.5, 0.9, 0.99, 0.999, 0.9999, 1].map { share in
            let place = min(sorted.count - 1, Int((share * Double(sorted.count)).rounded(.up)) - 1)
            return PixelProfile.Quantile(share: share, surprise: Double(sorted[max(0, place)]))
        }
    }
}
