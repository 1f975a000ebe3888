internal import Basics
internal import Glibc
internal import ModelFiles
public import Tensors

/// Learns what normal objects of one camera look like from the features of a frozen detector: pseudo-classes by k-means,
/// a classifier of them, outliers from the classes' rims, and the anomaly head that tells both apart (OLN-SSOS).
///
/// A pure function of features, settings and seed: the same input gives the same result on the same machine, so an
/// interrupted run is simply started again.
///
/// - Note: Departures from the authors' training, which refines the whole detector on labelled boxes: the detector stays as
///   it is; objects are its own detections; every object is clustered (theirs drops the last chunk and fails below 1024);
///   pseudo-classes are made once, not before every epoch; class distributions are estimated once, from whatever the queues
///   hold (theirs never starts until every class holds 1000).
public struct ObjectNormalityLearner: Sendable {
    public let settings: ObjectLearningSettings

    /// How far a run has come.
    public struct Progress: Hashable, Sendable {
        /// In [0, 1].
        public let share: Double
        /// The losses of the last epoch; nil while clustering.
        public let losses: AnomalyObjective.Losses?
    }

    public init(settings: ObjectLearningSettings = ObjectLearningSettings()) { self.settings = settings }

    /// - Parameters:
    ///   - features: `[N, D]`, one row per object, in the order of time.
    ///   - clusterFeatures: what the pseudo-classes are made of, `[N, any]`; nil uses `features`. The published choice is
    ///     the object's 3 x 3 pooled pyramid features.
    ///   - progress: called after every epoch; false stops.
    /// - Throws: `ObjectAnomalyError`: `tooFewObjects`, `notFinite`, `diverged`, `notPositiveDefinite`, `cancelled`.
    public func learn(
        features: Tensor, clusterFeatures: Tensor? = nil, seed: UInt64, progress: (Progress) -> Bool = { _ in true }
    ) throws(ObjectAnomalyError) -> LearnedObjectNormality {
        let count = features.shape[0]
        precondition(features.shape.rank == 2 && clusterFeatures.map { $0.shape[0] == count } ?? true)
        guard count >= settings.fewestObjects else {
            throw ObjectAnomalyError(
                .tooFewObjects, "\(count) objects are too few to learn from; \(settings.fewestObjects) are needed")
        }
        guard features.isFinite else {
            throw ObjectAnomalyError(.notFinite, "the object features hold values that are not finite numbers")
        }
        var random = SeededGenerator(seed: seed)
        let split = Self.split(count)
        let order = split.training.shuffled(using: &random)
        let training = features.gathering(order)
        let (centres, labels) = cluster(
            clusterFeatures.map { $0.gathering(order) } ?? training, seed: random.next())
        guard progress(Progress(share: 0.1, losses: nil)) else { throw Self.cancelled }

        let gaussians = try estimate(training, labels, classes: centres.shape[0])
        let (weights, curve) = try train(training, labels, gaussians, random: &random, progress: progress)
        let heldOut = try anomalies(features.gathering(split.heldOut), weights)
        var tensors = weights.named
        tensors["roi_head.means"] = centres
        return LearnedObjectNormality(
            tensors: tensors, calibration: try ObjectCalibration(heldOut: heldOut), trainedCount: training.shape[0],
            heldOutCount: heldOut.count, curve: curve)
    }

    private static let cancelled = ObjectAnomalyError(.cancelled, "learning was stopped")

    /// Every fifth of 25 stretches of time is held out: an object stays in view for many frames, so single rows picked
    /// at random would be near copies of trained ones.
    package static func split(_ count: Int) -> (training: [Int], heldOut: [Int]) {
        var training: [Int] = []
        var heldOut: [Int] = []
        for stretch in 0..<25 {
            let rows = count * stretch / 25..<count * (stretch + 1) / 25
            if stretch % 5 == 2 { heldOut.append(contentsOf: rows) } else { training.append(contentsOf: rows) }
        }
        return (training, heldOut)
    }

    private func cluster(_ rows: Tensor, seed: UInt64) -> (centres: Tensor, labels: [Int32]) {
        let clusters = settings.classCount(objects: rows.shape[0])
        let start = rows.gathering(0..<min(rows.shape[0], 4096))
        var means = MiniBatchKMeans(spreadOver: start, clusters: clusters, seed: seed)
        for _ in 0..<settings.clusteringPasses { means.fit(rows) }
        return (means.centres, means.labels(rows))
    }

    private func estimate(
        _ rows: Tensor, _ labels: [Int32], classes: Int
    ) throws(ObjectAnomalyError) -> TiedGaussians {
        var queues = ClassQueues(classes: classes, capacity: settings.queueCapacity, width: rows.shape[1])
        for (index, label) in labels.enumerated() { queues.append(rows.row(index), to: Int(label)) }
        return try TiedGaussians(queues)
    }

    private func train(
        _ rows: Tensor, _ labels: [Int32], _ gaussians: TiedGaussians, random: inout SeededGenerator,
        progress: (Progress) -> Bool
    ) throws(ObjectAnomalyError) -> (NormalityWeights, [AnomalyObjective.Losses]) {
        let (count, width) = (rows.shape[0], rows.shape[1])
        // Features of mean square 1 let one step size serve every detector; the factor goes into the weights at the end.
        let scale = 1 / max((rows.squareSum / Float(rows.count)).squareRoot(), 1e-6)
        let weights = NormalityWeights(
            width: width, hidden: settings.hiddenWidth ?? max(1, width / 2), classes: gaussians.classCount,
            anomalyHidden: settings.anomalyHiddenWidth, energy: settings.energy, random: &random)
        var descent = Descent(weights: weights, settings: settings)
        var sampler = OutlierSampler(drawsPerOutlier: settings.drawsPerOutlier, seed: random.next())
        let batches = max(1, (count + settings.batchSize / 2) / settings.batchSize)
        let perClass = max(1, settings.outliersPerBatch / gaussians.classCount)
        var curve: [AnomalyObjective.Losses] = []
        var order = Array(0..<count)
        for epoch in 0..<settings.epochs {
            order.shuffle(using: &random)
            let makesOutliers = Double(epoch) >= settings.outlierStart * Double(settings.epochs)
            var sums = (classes: 0.0, anomaly: 0.0)
            for batch in 0..<batches {
                let chosen = order[count * batch / batches..<count * (batch + 1) / batches]
                let outliers = makesOutliers ? sampler.outliers(of: gaussians, perClass: perClass) : nil
                let input = Self.scaled(rows, chosen, outliers, by: scale)
                let done = (Double(epoch) + Double(batch) / Double(batches)) / Double(settings.epochs)
                let losses = descent.step(
                    input, labels: chosen.map { labels[$0] }, withAnomaly: makesOutliers, done: done)
                sums.classes += losses.classes
                sums.anomaly += losses.anomaly
            }
            guard weights.isFinite, sums.classes.isFinite, sums.anomaly.isFinite else {
                throw ObjectAnomalyError(.diverged, "learning diverged in epoch \(epoch + 1); lower the learning rate")
            }
            let losses = AnomalyObjective.Losses(
                classes: sums.classes / Double(batches), anomaly: sums.anomaly / Double(batches))
            curve.append(losses)
            let share = 0.1 + 0.9 * Double(epoch + 1) / Double(settings.epochs)
            guard progress(Progress(share: share, losses: losses)) else { throw Self.cancelled }
        }
        weights.foldInputScale(scale)
        return (weights, curve)
    }

    /// Chosen rows, then outliers, times a factor.
    private static func scaled(
        _ rows: Tensor, _ chosen: ArraySlice<Int>, _ outliers: Tensor?, by factor: Float
    ) -> Tensor {
        let width = rows.shape[1]
        let result = Tensor([chosen.count + (outliers?.shape[0] ?? 0), width])
        for (index, row) in chosen.enumerated() { copyRow(rows.row(row), to: result.row(index), width) }
        if let outliers { memcpy(result.pointer + chosen.count * width, outliers.pointer, outliers.count * 4) }
        result.scale(by: factor)
        return result
    }

    private func anomalies(_ rows: Tensor, _ weights: NormalityWeights) throws(ObjectAnomalyError) -> [Float] {
        let model: NormalityModel
        do {
            model = try NormalityModel(TensorTable(weights.named))
        } catch {
            throw ObjectAnomalyError(.diverged, "what was learned is no model: \(error.message)")
        }
        let context = ComputeContext(pool: ComputePool(width: 1))
        return model.normalLogits(rows, context: context).array.map { -$0 }
    }
}
