import ModelFiles
import ObjectAnomaly
import Tensors
import TestSupport
import Testing

@Suite(.enabled(if: SharedData.hasGolden("ssos_training"), "the reference vectors of ssos_training are not here"))
struct LearningGoldenTests {
    @Test func `Chunked k-means moves its centres as the reference does`() throws {
        let file = try SharedData.golden("ssos_training", "a_minibatch_kmeans.safetensors")
        let features = try file.tensor("A.features")
        var means = MiniBatchKMeans(centres: try file.tensor("A.init_centres"), seed: 1)
        for step in 0..<3 {
            let range = step * 1024..<(step + 1) * 1024
            means.fitChunk(features, range)
            // The recorded labels are those of the centres behind the step; its counts tell the labels before it.
            let labels = means.labels(features)[range].map(Int64.init)
            #expect(try labels == file.integers("A.step\(step).chunk_labels"))
            let centres = try file.tensor("A.step\(step).centres")
            expectClose(means.centres.array, centres.array, within: 1e-5, "centres after step \(step)")
            #expect(try means.counts == file.tensor("A.step\(step).counts").array)
        }
        #expect(try means.labels(features).map(Int64.init) == file.integers("A.final_labels"))
    }

    @Test func `A starving cluster moves to the row that the reference drew`() throws {
        let file = try SharedData.golden("ssos_training", "a_minibatch_kmeans.safetensors")
        let features = try file.tensor("B.features")
        var means = MiniBatchKMeans(centres: try file.tensor("B.init_centres"), seed: 1)
        var moves = 0
        for step in 0..<3 {
            let recorded = try file.integers("B.step\(step).reassigned_cluster_and_chunk_row").map { Int($0) }
            var expected: [Int: Int] = [:]
            for pair in stride(from: 0, to: recorded.count, by: 2) { expected[recorded[pair]] = recorded[pair + 1] }
            moves += expected.count
            means.fitChunk(features, step * 1024..<(step + 1) * 1024) { cluster in
                #expect(expected[cluster] != nil, "cluster \(cluster) moved in step \(step)")
                return expected[cluster] ?? 0
            }
            let centres = try file.tensor("B.step\(step).centres")
            expectClose(means.centres.array, centres.array, within: 1e-5, "centres after step \(step)")
            #expect(try means.counts == file.tensor("B.step\(step).counts").array)
        }
        #expect(moves == 1)
    }

    /// The official head's state for one training iteration.
    private struct Head {
        let file: SafetensorsFile
        let weights: NormalityWeights
        let features: Tensor
        /// Pseudo-class of each feature row; the class count for background.
        let labels: [Int]

        init() throws {
            file = try SharedData.golden("ssos_training", "bc_ssos_head.safetensors")
            var renamed: [String: Tensor] = [:]
            for name in NormalityWeights.names {
                renamed[name] = try file.tensor(String(name.dropFirst("roi_head.".count)))
            }
            weights = try NormalityWeights(TensorTable(renamed))
            features = try file.tensor("v")
            labels = try file.integers("labels").map { Int($0) }
        }

        var positives: [Int] { labels.indices.filter { labels[$0] < weights.classCount } }

        func queues(_ name: String) throws -> ClassQueues {
            let stored = try file.tensor(name)
            var queues = ClassQueues(classes: stored.shape[0], capacity: stored.shape[1], width: stored.shape[2])
            for index in 0..<stored.shape[0] {
                for row in 0..<stored.shape[1] {
                    queues.append(stored.pointer + (index * stored.shape[1] + row) * stored.shape[2], to: index)
                }
            }
            return queues
        }
    }

    @Test func `A full queue drops its oldest rows for new ones`() throws {
        let head = try Head()
        var queues = try head.queues("queue_before")
        #expect(queues.total == queues.classCount * queues.capacity)
        for row in head.positives { queues.append(head.features.row(row), to: head.labels[row]) }
        let expected = try head.file.tensor("queue_after")
        let found = (0..<queues.classCount).flatMap { queues.rows($0).array }
        #expect(found == expected.array)
    }

    @Test func `Means, common covariance and its factor equal the official ones`() throws {
        let head = try Head()
        let gaussians = try TiedGaussians(try head.queues("queue_after"))
        expectClose(gaussians.means.array, try head.file.tensor("mu").array, within: 1e-6, "means")
        expectClose(gaussians.covariance.array, try head.file.tensor("Sigma").array, within: 2e-6, "covariance")
        expectClose(gaussians.factor.array, try head.file.tensor("cholesky_L").array, within: 1e-5, "factor")
    }

    @Test func `Densities of the official outliers and draws are the official ones`() throws {
        let head = try Head()
        let gaussians = try TiedGaussians(try head.queues("queue_after"))
        let outliers = try head.file.tensor("outliers")
        let perClass = outliers.shape[0] / gaussians.classCount
        let classes = (0..<outliers.shape[0]).map { Int32($0 / perClass) }
        let expected = try head.file.tensor("log_prob_of_outliers")
        expectClose(
            gaussians.logDensities(outliers, classes: classes), expected.array, within: 5e-3, "outliers")
        let draws = try head.file.tensor("draws_class0_rep0_first5")
        let densities = gaussians.logDensities(draws, classes: [0, 0, 0, 0, 0])
        expectClose(
            densities, try head.file.tensor("draws_class0_rep0_first5_logprob").array, within: 5e-3, "draws")
        // The kept outlier of class 0 is at most as likely as the recorded draws of its repeat.
        #expect(densities.allSatisfy { $0 >= expected.pointer[0] - 5e-3 })
    }

    @Test(arguments: [("ce", 1, 0), ("bce", 0, 1), ("total", 1, 0.1)] as [(String, Float, Float)])
    func `Losses and every gradient equal the official ones`(
        _ name: String, _ classWeight: Float, _ anomalyWeight: Float
    ) throws {
        let head = try Head()
        let outliers = try head.file.tensor("outliers")
        let positives = head.positives
        let width = head.weights.featureWidth
        let rows = positives.flatMap { row in (0..<width).map { head.features.row(row)[$0] } } + outliers.array
        let batch = Tensor([positives.count + outliers.shape[0], width], rows)
        let gradient = NormalityWeights(like: head.weights)
        let featureGradient = Tensor(batch.shape)
        let losses = AnomalyObjective(classWeight: classWeight, anomalyWeight: anomalyWeight)(
            batch, labels: positives.map { Int32(head.labels[$0]) }, weights: head.weights, gradient: gradient,
            featureGradient: featureGradient, workspace: Workspace())
        #expect(abs(losses.classes - Double(try head.file.tensor("loss_ce").array[0])) < 1e-5)
        #expect(abs(losses.anomaly - Double(try head.file.tensor("loss_bce").array[0])) < 1e-5)
        let total = losses.classes + 0.1 * losses.anomaly
        #expect(abs(total - Double(try head.file.tensor("loss_total").array[0])) < 1e-5)

        for (parameter, found) in gradient.named {
            let expected = try head.file.tensor("grad_\(name)." + parameter.dropFirst("roi_head.".count))
            let error = difference(found.array, expected.array)
            #expect(error.largest <= 1e-5 * max(error.scale, 1e-3), "\(parameter): \(error)")
        }
        let expected = try head.file.tensor("grad_\(name).v")
        for row in head.labels.indices {
            let wanted = (0..<width).map { expected.row(row)[$0] }
            guard let position = positives.firstIndex(of: row) else {
                #expect(wanted.allSatisfy { $0 == 0 })
                continue
            }
            expectClose((0..<width).map { featureGradient.row(position)[$0] }, wanted, within: 1e-6, "v \(row)")
        }
    }

    @Test func `Energies and anomaly logits equal the official ones`() throws {
        let head = try Head()
        let model = try NormalityModel(TensorTable(head.weights.named))
        let context = ComputeContext(pool: ComputePool(width: 1))
        for (rows, suffix) in [(head.features, "v"), (try head.file.tensor("outliers"), "outliers")] {
            let energies = model.pseudoClasses.energies(rows, context: context)
            let logits = model.normalLogits(rows, context: context)
            let energy = try head.file.tensor("energy_\(suffix)")
            let logit = try head.file.tensor("phi_logit_\(suffix)")
            expectClose(energies.array, energy.array, within: 1e-4, "energies of \(suffix)")
            expectClose(logits.array, logit.array, within: 1e-4, "logits of \(suffix)")
        }
    }
}
