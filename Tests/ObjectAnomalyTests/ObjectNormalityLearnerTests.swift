import Basics
import Glibc
import ModelFiles
import ObjectAnomaly
import Tensors
import Testing

@Suite struct ObjectNormalityLearnerTests {
    /// SSOS alone, without the distance's say.
    private func quick() -> ObjectLearningSettings {
        var settings = ObjectLearningSettings()
        settings.epochs = 20
        settings.scorer = .energy
        return settings
    }

    /// Normal logits by the model that was learned.
    private func logits(_ learned: LearnedObjectNormality, _ features: Tensor) throws -> [Float] {
        let context = ComputeContext(pool: ComputePool(width: 1))
        return try learned.model().normalLogits(features, context: context).array
    }

    @Test(arguments: [Float(0.01), 1, 100])
    func `Unknown kinds of objects score as more anomalous than known ones, whatever the features' scale`(
        _ scale: Float
    ) throws {
        var world = SyntheticObjects(width: 64, seed: 5)
        let known = (0..<4).map { _ in world.kind().map { $0 * scale } }
        let unknown = (0..<3).map { _ in world.kind().map { $0 * scale } }
        let features = world.objects(known, count: 2400, scatter: 0.3 * scale)
        let learned = try ObjectNormalityLearner(settings: quick()).learn(features: features, seed: 11)
        #expect(learned.trainedCount + learned.heldOutCount == 2400 && learned.classCount == 5)
        #expect(learned.curve.count == 20)

        let familiar = try logits(learned, world.objects(known, count: 300, scatter: 0.3 * scale))
        let strange = try logits(learned, world.objects(unknown, count: 300, scatter: 0.3 * scale))
        let wins = strange.reduce(0) { sum, logit in sum + familiar.count { $0 > logit } }
        let share = Double(wins) / Double(familiar.count * strange.count)
        #expect(share > 0.8, "area under the curve")

        // Held-out objects calibrate fresh ones: a tenth of the normal objects has surprise 1 or more.
        let surprises = familiar.map { learned.calibration.surprise(ofNormalLogit: $0) }
        let tenth = Double(surprises.count { $0 >= 1 }) / Double(surprises.count)
        #expect((0.02...0.25).contains(tenth), "\(tenth)")
        let strangest = strange.map { learned.calibration.surprise(ofNormalLogit: $0) }.sorted()
        #expect(strangest[150] > surprises.sorted()[150])
    }

    /// The chance that an unknown object scores higher than a known one.
    private func area(_ strange: [Float], above familiar: [Float]) -> Double {
        let wins = strange.reduce(0) { sum, score in sum + familiar.count { $0 < score } }
        return Double(wins) / Double(familiar.count * strange.count)
    }

    @Test(arguments: [ObjectScorer.distance, .joint], [Float(0.01), 1, 100])
    func `Other scorers tell unknown kinds better and are calibrated as well`(
        _ scorer: ObjectScorer, _ scale: Float
    ) throws {
        var world = SyntheticObjects(width: 64, seed: 5)
        let known = (0..<4).map { _ in world.kind().map { $0 * scale } }
        let unknown = (0..<3).map { _ in world.kind().map { $0 * scale } }
        let features = world.objects(known, count: 2400, scatter: 0.3 * scale)
        var settings = quick()
        settings.scorer = scorer
        let learned = try ObjectNormalityLearner(settings: settings).learn(features: features, seed: 11)
        let model = try learned.model()
        #expect(model.scorer == scorer && model.features == .linear)
        func surprises(_ kinds: [[Float]]) -> [Float] {
            let rows = world.objects(kinds, count: 300, scatter: 0.3 * scale)
            let context = ComputeContext(pool: ComputePool(width: 1))
            return model.anomalies(rows, context: context).array.map(learned.calibration.surprise(ofAnomaly:))
        }
        let (familiar, strange) = (surprises(known), surprises(unknown))
        #expect(area(strange, above: familiar) > 0.95)
        let tenth = Double(familiar.count { $0 >= 1 }) / Double(familiar.count)
        #expect((0.02...0.25).contains(tenth), "\(tenth)")
    }

    @Test func `Outliers of a flow teach the heads too, the same ones for the same seed`() throws {
        var world = SyntheticObjects(width: 32, seed: 5)
        let known = (0..<3).map { _ in world.kind() }
        let unknown = (0..<3).map { _ in world.kind() }
        let features = world.objects(known, count: 1500)
        var settings = quick()
        settings.synthesiser = .flow
        let learner = ObjectNormalityLearner(settings: settings)
        let learned = try learner.learn(features: features, seed: 2)
        let again = try learner.learn(features: features, seed: 2)
        #expect(learned.curve == again.curve && learned.calibration == again.calibration)
        let familiar = try logits(learned, world.objects(known, count: 300)).map { -$0 }
        let strange = try logits(learned, world.objects(unknown, count: 300)).map { -$0 }
        let found = area(strange, above: familiar)
        #expect(found > 0.7, "\(found)")
        var shares: [Double] = []
        #expect(throws: ObjectAnomalyError.self) {
            try learner.learn(features: features, seed: 2) {
                shares.append($0.share)
                return $0.share < 0.2
            }
        }
        #expect(shares == shares.sorted() && (shares.last ?? 1) < 0.3)
    }

    @Test func `A default profile's file says which features and which scorer it was made for`() throws {
        var world = SyntheticObjects(width: 16, seed: 1)
        let kinds = [world.kind()]
        let features = world.objects(kinds, count: 300)
        let learned = try ObjectNormalityLearner().learn(features: features, kind: .published, seed: 3)
        var tensors = learned.tensors
        func model(_ scorer: ObjectScorer? = nil) throws -> NormalityModel {
            try NormalityModel(TensorTable(tensors), scorer: scorer)
        }
        let whole = try model()
        #expect(whole.features == .published && whole.scorer == .distance && whole.distance?.classCount == 8)
        #expect(try model(.energy).scorer == .energy && model(.joint).scorer == .joint)
        let context = ComputeContext(pool: ComputePool(width: 1))
        let negated = try model(.energy).normalLogits(features, context: context).array.map { -$0 }
        #expect(try model(.energy).anomalies(features, context: context).array == negated)

        // What earlier versions wrote, and published checkpoints.
        tensors = tensors.filter { $0.key.hasPrefix("roi_head.") }
        let earlier = try model()
        #expect(earlier.features == .published && earlier.scorer == .energy && earlier.distance == nil)
        #expect { try model(.distance) } throws: { ($0 as? ModelFileError)?.code == .missingTensor }
        tensors = learned.tensors.filter { !$0.key.hasPrefix("object_normality.energy") }
        #expect { try model(.joint) } throws: { ($0 as? ModelFileError)?.code == .missingTensor }
        tensors = learned.tensors
        tensors["object_normality.scorer"] = Tensor([1], [9])
        #expect { try model() } throws: { ($0 as? ModelFileError)?.code == .badHeader }
        tensors = learned.tensors
        tensors["object_distance.centres"] = Tensor([4, 15], repeating: 0)
        #expect { try model() } throws: { ($0 as? ModelFileError)?.code == .wrongShape }
    }

    @Test(arguments: [120, 1100])
    func `A class of few objects, or few objects in all, do not keep the anomaly head from learning`(
        _ count: Int
    ) throws {
        var world = SyntheticObjects(width: 16, seed: 7)
        let (common, rare) = (world.kind(), world.kind().map { $0 + 5 })
        let features = world.objects([common], count: count, scatter: 0.2)
        for row in [count / 10, count / 9] { for column in 0..<16 { features.row(row)[column] = rare[column] } }
        let learned = try ObjectNormalityLearner(settings: quick()).learn(features: features, seed: 3)
        let curve = learned.curve.map(\.anomaly)
        // The published code makes no outlier before every class holds a thousand.
        #expect(curve.allSatisfy { $0 > 0 } && curve[19] < curve[0], "\(curve)")
    }

    @Test func `A flow learns what its features look like`() throws {
        var world = SyntheticObjects(width: 12, seed: 4)
        let kinds = (0..<3).map { _ in world.kind().map { 3 * $0 } }
        let rows = world.objects(kinds, count: 900, scatter: 0.2)
        var random = SeededGenerator(seed: 1)
        let (_, curve) = try FlowLearner(settings: ObjectLearningSettings()).learn(rows, random: &random)
        #expect(curve.count == 12 && curve[11] < curve[0] - 3, "\(curve)")
    }

    @Test func `The same features and seed give the same result, another seed another`() throws {
        var world = SyntheticObjects(width: 16, seed: 1)
        let kinds = (0..<2).map { _ in world.kind() }
        let features = world.objects(kinds, count: 400)
        let learner = ObjectNormalityLearner(settings: quick())
        let first = try learner.learn(features: features, seed: 3)
        let again = try learner.learn(features: features, seed: 3)
        let other = try learner.learn(features: features, seed: 4)
        for (name, tensor) in first.tensors {
            #expect(try #require(again.tensors[name]).array == tensor.array, "\(name)")
        }
        #expect(first.calibration == again.calibration && first.curve == again.curve)
        #expect(first.curve != other.curve)
    }

    @Test func `What was learned survives a file`() throws {
        var world = SyntheticObjects(width: 16, seed: 1)
        let kinds = [world.kind()]
        let features = world.objects(kinds, count: 300)
        let learned = try ObjectNormalityLearner(settings: quick()).learn(features: features, seed: 3)
        var writer = SafetensorsWriter()
        learned.add(to: &writer)
        let path = "/tmp/object-normality-\(getpid()).safetensors"
        defer { unlink(path) }
        try writer.write(to: path)
        let file = try SafetensorsFile(path: path)
        #expect(Set(NormalityWeights.names + ["roi_head.means"]).isSubset(of: Set(file.names)))
        let context = ComputeContext(pool: ComputePool(width: 1))
        #expect(try NormalityModel(file).normalLogits(features, context: context).array == logits(learned, features))
        #expect(try ObjectCalibration(file) == learned.calibration)
    }

    @Test func `Weights of the energy are learned, survive a file, and are used unless the plain energy is asked for`()
        throws
    {
        var world = SyntheticObjects(width: 16, seed: 1)
        let kinds = (0..<2).map { _ in world.kind() }
        let features = world.objects(kinds, count: 400)
        var settings = quick()
        settings.energy = .weighted
        let learned = try ObjectNormalityLearner(settings: settings).learn(features: features, seed: 3)
        let weights = try #require(learned.tensors[NormalityWeights.energyName])
        #expect(weights.shape == [1, learned.classCount])
        let table = TensorTable(learned.tensors)
        let context = ComputeContext(pool: ComputePool(width: 1))
        func energies(_ energy: PseudoClassHead.Energy?) throws -> [Float] {
            try NormalityModel(table, energy: energy).pseudoClasses.energies(features, context: context).array
        }
        #expect(try energies(nil) == energies(.weighted) && energies(nil) != energies(.plain))
        #expect(try NormalityModel(table).pseudoClasses.energy == .weighted)
        #expect(try NormalityWeights(table).named.count == 9)
        #expect(try NormalityWeights(table, energy: .plain).named.count == 8)

        var without = learned.tensors
        without[NormalityWeights.energyName] = nil
        #expect(try NormalityModel(TensorTable(without)).pseudoClasses.energy == .plain)
        #expect { try NormalityModel(TensorTable(without), energy: .weighted) } throws: {
            ($0 as? ModelFileError)?.code == .missingTensor
        }
        without[NormalityWeights.energyName] = Tensor(weights.shape, repeating: -1)
        #expect { try NormalityModel(TensorTable(without)) } throws: {
            ($0 as? ModelFileError)?.message.contains(NormalityWeights.energyName) == true
        }
    }

    @Test func `The number of pseudo-classes follows the amount of data`() {
        let settings = ObjectLearningSettings()
        #expect([100, 399, 1000, 4000, 100_000].map { settings.classCount(objects: $0) } == [2, 2, 5, 5, 5])
    }

    @Test func `Held-out stretches are spread over the time and disjoint from the rest`() {
        for count in [100, 101, 999] {
            let split = ObjectNormalityLearner.split(count)
            #expect((split.training + split.heldOut).sorted() == Array(0..<count))
            #expect(abs(Double(split.heldOut.count) / Double(count) - 0.2) < 0.03)
            #expect(Set(split.heldOut.map { $0 * 5 / count }).count == 5)
        }
    }

    @Test func `Too few objects, broken features and a stop are refused with a reason`() {
        var world = SyntheticObjects(width: 8, seed: 1)
        let kinds = [world.kind()]
        let few = world.objects(kinds, count: 99)
        let broken = world.objects(kinds, count: 200)
        let good = world.objects(kinds, count: 200)
        broken.pointer[77] = .nan
        let learner = ObjectNormalityLearner()
        func code(_ features: Tensor, _ goesOn: Bool = true) -> ObjectAnomalyError.Code? {
            do {
                _ = try learner.learn(features: features, seed: 1) { _ in goesOn }
                return nil
            } catch {
                return error.code
            }
        }
        #expect(code(few) == .tooFewObjects)
        #expect(code(broken) == .notFinite)
        #expect(code(good, false) == .cancelled)
    }

    @Test func `A few large things that repeat do not break learning`() throws {
        var synthetic = SyntheticObjects(width: 64, seed: 4)
        let kinds = [synthetic.kind(), synthetic.kind(), synthetic.kind()]
        let objects = synthetic.objects(kinds, count: 300, scatter: 0)
        let noise = synthetic.objects([[Float](repeating: 0, count: 64)], count: 300, scatter: 1)
        for index in 0..<objects.count {
            objects[index] = 3000 * objects[index] + 1e-3 * Float(1 + index % 64) * noise[index]
        }
        let learned = try ObjectNormalityLearner(settings: quick()).learn(features: objects, seed: 1)
        #expect(learned.classCount > 0)
    }

    @Test func `Objects that are all the same do not break learning`() throws {
        let features = Tensor([300, 8], repeating: 0.5)
        let learned = try ObjectNormalityLearner(settings: quick()).learn(features: features, seed: 1)
        let scores = try logits(learned, features)
        #expect(scores.allSatisfy { $0.isFinite })
        #expect(learned.calibration.surprise(ofNormalLogit: scores[0]) == 0)
    }
}
