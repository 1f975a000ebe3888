internal import Basics
internal import Glibc
internal import ModelFiles
public import Tensors

/// Learns what normal objects of one camera look like from the features of a frozen detector: how far they scatter around
/// many pseudo-classes (the distance), and SSOS: a few pseudo-classes by k-means, a classifier of them, outliers from the
/// classes' rims or from a flow, and the anomaly head that tells both apart (OLN-SSOS, OLN-FFS).
///
/// Nobody draws boxes or names classes on a camera: the rows are the features of the detector's own findings
/// (`ObjectSelection` of the analysis says which), and a class is what k-means puts together. Both
/// live only in these features; they need not mean anything to a person.
///
/// A pure function of features, settings and seed: the same input gives the same result on the same machine, so an
/// interrupted run is simply started again.
///
/// - Note: Departures from the authors' training, which refines the whole detector on labelled boxes: the detector stays as
///   it is; objects are its own detections; every object is clustered (theirs drops the last chunk and fails below 1024);
///   pseudo-classes are made once, not before every epoch; class distributions are estimated once, from whatever the queues
///   hold (theirs never starts until every class holds 1000). With the flow, the authors learn it beside the heads and take
///   one outlier a step; here it learns first, and an epoch's steps share the least likely of its draws.
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
    ///   - kind: which of the detector's activations the features are; the result asks for the same.
    ///   - progress: called after every epoch; false stops.
    /// - Throws: `ObjectAnomalyError`: `tooFewObjects`, `notFinite`, `diverged`, `notPositiveDefinite`, `cancelled`.
    public func learn(
        features: Tensor, clusterFeatures: Tensor? = nil, kind: ObjectFeatures = .linear, seed: UInt64,
        progress: (Progress) -> Bool = { _ in true }
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
        let clustered = clusterFeatures.map { $0.gathering(order) } ?? training
        let classes = cluster(clustered, settings.classCount(objects: order.count), seed: random.next())
        guard progress(Progress(share: 0.05, losses: nil)) else { throw .cancelled }

        var tensors = try distanceTensors(training, seed: seed)
        guard progress(Progress(share: 0.1, losses: nil)) else { throw .cancelled }
        let width = features.shape[1]
        let weights = NormalityWeights(
            width: width, hidden: settings.hiddenWidth ?? max(1, width / 2), classes: classes.count,
            anomalyHidden: settings.anomalyHiddenWidth, energy: settings.energy, random: &random)
        let source = try outlierSource(training, classes, random: &random, progress: progress)
        let curve = try train(weights, training, classes, source, random: &random, progress: progress)
        tensors.merge(weights.named) { $1 }
        tensors["roi_head.means"] = classes.centres
        tensors[NormalityModel.featuresName] = Tensor([1], [kind.code])
        let heldOut = features.gathering(split.heldOut)
        let calibration = try calibrate(heldOut, &tensors)
        return LearnedObjectNormality(
            tensors: tensors, calibration: calibration, trainedCount: order.count, heldOutCount: heldOut.shape[0],
            curve: curve)
    }

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

    private struct Classes {
        let centres: Tensor
        let labels: [Int32]
        var count: Int { centres.shape[0] }
    }

    private func cluster(_ rows: Tensor, _ clusters: Int, seed: UInt64) -> Classes {
        let start = rows.gathering(0..<min(rows.shape[0], 4096))
        var means = MiniBatchKMeans(spreadOver: start, clusters: clusters, seed: seed)
        for _ in 0..<settings.clusteringPasses { means.fit(rows) }
        return Classes(centres: means.centres, labels: means.labels(rows))
    }

    private func distanceTensors(_ rows: Tensor, seed: UInt64) throws(ObjectAnomalyError) -> [String: Tensor] {
        let classes = cluster(rows, settings.distanceClassCount(objects: rows.shape[0]), seed: seed)
        let whitening = try Whitening(rows, labels: classes.labels, classes: classes.count)
        let names = ClassDistance.names(NormalityModel.distancePrefix)
        return [names[0]: whitening.weight, names[1]: whitening.bias, names[2]: whitening(classes.centres)]
    }

    private func outlierSource(
        _ rows: Tensor, _ classes: Classes, random: inout SeededGenerator, progress: (Progress) -> Bool
    ) throws(ObjectAnomalyError) -> OutlierSource {
        switch settings.synthesiser {
        case .gaussian:
            var queues = ClassQueues(
                classes: classes.count, capacity: settings.queueCapacity, width: rows.shape[1])
            for (index, label) in classes.labels.enumerated() { queues.append(rows.row(index), to: Int(label)) }
            return .gaussian(
                try TiedGaussians(queues),
                OutlierSampler(drawsPerOutlier: settings.drawsPerOutlier, seed: random.next()))
        case .flow:
            let whitening = try Whitening(rows, labels: [Int32](repeating: 0, count: rows.shape[0]), classes: 1)
            let flow = try FlowLearner(settings: settings).learn(whitening(rows), random: &random) { done in
                progress(Progress(share: 0.1 + 0.3 * done, losses: nil))
            }.flow
            return .flow(flow, whitening, pool: nil, state: random.next())
        }
    }

    /// Learns the heads; the losses of each epoch.
    private func train(
        _ weights: NormalityWeights, _ rows: Tensor, _ classes: Classes, _ source: OutlierSource,
        random: inout SeededGenerator, progress: (Progress) -> Bool
    ) throws(ObjectAnomalyError) -> [AnomalyObjective.Losses] {
        let count = rows.shape[0]
        // Features of mean square 1 let one step size serve every detector; the factor goes into the weights at the end.
        let scale = 1 / max((rows.squareSum / Float(rows.count)).squareRoot(), 1e-6)
        let gradient = NormalityWeights(like: weights)
        let descent = Descent(
            weights.tensors, gradients: gradient.tensors, learningRate: settings.learningRate, settings: settings)
        let workspace = Workspace()
        let cores = ComputePool()
        var source = source
        let batches = max(1, (count + settings.batchSize / 2) / settings.batchSize)
        let before = if case .flow = source { 0.4 } else { 0.1 }
        var curve: [AnomalyObjective.Losses] = []
        var order = Array(0..<count)
        for epoch in 0..<settings.epochs {
            order.shuffle(using: &random)
            let makesOutliers = Double(epoch) >= settings.outlierStart * Double(settings.epochs)
            let objective = AnomalyObjective(anomalyWeight: makesOutliers ? Float(settings.anomalyWeight) : 0)
            if makesOutliers { source.refill(settings, pool: cores) }
            var sums = (classes: 0.0, anomaly: 0.0)
            for batch in 0..<batches {
                let chosen = order[count * batch / batches..<count * (batch + 1) / batches]
                let outliers = makesOutliers ? source.outliers(settings.outliersPerBatch, random: &random) : nil
                let losses = objective(
                    Self.scaled(rows, chosen, outliers, by: scale), labels: chosen.map { classes.labels[$0] },
                    weights: weights,
                    gradient: gradient, workspace: workspace)
                descent.step(done: (Double(epoch) + Double(batch) / Double(batches)) / Double(settings.epochs))
                sums.classes += losses.classes
                if makesOutliers { sums.anomaly += losses.anomaly }
            }
            guard weights.isFinite, sums.classes.isFinite, sums.anomaly.isFinite else {
                throw ObjectAnomalyError(.diverged, "learning diverged in epoch \(epoch + 1); lower the learning rate")
            }
            let losses = AnomalyObjective.Losses(
                classes: sums.classes / Double(batches), anomaly: sums.anomaly / Double(batches))
            curve.append(losses)
            let share = before + (1 - before) * Double(epoch + 1) / Double(settings.epochs)
            guard progress(Progress(share: share, losses: losses)) else { throw .cancelled }
        }
        weights.foldInputScale(scale)
        return curve
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

    /// Adds what the chosen scorer needs of held-out objects and tells how rare its anomalies are among them.
    private func calibrate(
        _ rows: Tensor, _ tensors: inout [String: Tensor]
    ) throws(ObjectAnomalyError) -> ObjectCalibration {
        func calibration(_ scorer: ObjectScorer) throws(ObjectAnomalyError) -> ObjectCalibration {
            try ObjectCalibration(heldOut: try Self.anomalies(rows, tensors, scorer))
        }
        let energy = try calibration(.energy)
        let distance = try calibration(.distance)
        tensors.merge(energy.tensors(prefix: NormalityModel.energyCalibrationPrefix)) { $1 }
        tensors.merge(distance.tensors(prefix: NormalityModel.distanceCalibrationPrefix)) { $1 }
        tensors[NormalityModel.scorerName] = Tensor([1], [settings.scorer.code])
        return switch settings.scorer {
        case .energy: energy
        case .distance: distance
        case .joint: try calibration(.joint)
        }
    }

    private static func anomalies(
        _ rows: Tensor, _ tensors: [String: Tensor], _ scorer: ObjectScorer
    ) throws(ObjectAnomalyError) -> [Float] {
        let model: NormalityModel
        do {
            model = try NormalityModel(TensorTable(tensors), scorer: scorer)
        } catch {
            throw ObjectAnomalyError(.diverged, "what was learned is no model: \(error.message)")
        }
        return model.anomalies(rows, context: ComputeContext(pool: ComputePool(width: 1))).array
    }
}
