import Basics
import Foundation
import ModelFiles
import PixelAnomaly
import Tensors
import Testing

@Suite struct LearningTests {
    private struct Stopped: Error {}

    private static let dimension = 10

    /// Patches of a made-up scene: five kinds of surface, each a cloud of its own, seen over 40 frames.
    private static func scene(rows: Int, seed: UInt64) -> PatchSet {
        var generator = SeededGenerator(seed: seed)
        let features = Tensor([rows, dimension])
        for row in 0..<rows {
            let kind = row % 5
            for column in 0..<dimension {
                let noise = generator.uniform() + generator.uniform() + generator.uniform() - 1.5
                features.row(row)[column] = Float(noise) + (column % 5 == kind ? 6 : 0)
            }
        }
        return PatchSet(
            features: features, frames: (0..<rows).map { Int32($0 * 40 / rows) },
            cells: (0..<rows).map { Int32($0 % 12) },
            gridWidth: 4, gridHeight: 3)
    }

    private static var settings: PixelLearningSettings {
        var settings = PixelLearningSettings()
        settings.condensation.etalonsPerClass = 12
        settings.condensation.epochs = 8
        settings.condensation.batchRows = 200
        settings.classifier.epochs = 4
        settings.classifier.batchRows = 64
        settings.gridSide = 120
        settings.checkpointInterval = 3
        return settings
    }

    private func bytes(_ profile: PixelProfile) -> Data {
        var writer = SafetensorsWriter()
        profile.add(to: &writer)
        return writer.serialized()
    }

    private func temporaryFolder() throws -> String {
        let path = NSTemporaryDirectory() + "/pixel-learning-\(UInt64.random(in: 0 ..< .max))"
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        return path
    }

    @Test func `a learned profile finds what it never saw and survives its file`() throws {
        let profile = try PixelNormalityLearner(settings: Self.settings, seed: 1).learn(Self.scene(rows: 3000, seed: 2))
        #expect((4...8).contains(profile.classCount))
        let path = try temporaryFolder() + "/profile.safetensors"
        try profile.write(to: path)
        let read = try PixelProfile(SafetensorsFile(path: path))
        #expect(bytes(read) == bytes(profile))
        let frame = Tensor([3, 4, Self.dimension])
        let seen = Self.scene(rows: 12, seed: 9)
        frame.pointer.update(from: seen.features.pointer, count: frame.count)
        for column in 0..<Self.dimension { frame[5 * Self.dimension + column] = 25 }
        let context = ComputeContext()
        let scores = try PixelDetector(read, smoothingPasses: 0)(frame, context: context)
        let others = scores.surprise.indices.filter { $0 != 5 }.map { scores.surprise[$0] }.max() ?? 0
        #expect(scores.surprise[5] > 2 * others + 1)
        let allocations = context.workspace.allocations
        for _ in 0..<3 { _ = try PixelDetector(read)(frame, context: context) }
        #expect(context.workspace.allocations == allocations)
        #expect(throws: PixelAnomalyError.self) {
            _ = try PixelDetector(read)(Tensor([3, 4, 2], repeating: 0), context: context)
        }
    }

    @Test func `the same seed gives the same profile, another seed another one`() throws {
        let scene = Self.scene(rows: 1500, seed: 3)
        let first = bytes(try PixelNormalityLearner(settings: Self.settings, seed: 5).learn(scene))
        #expect(first == bytes(try PixelNormalityLearner(settings: Self.settings, seed: 5).learn(scene)))
        #expect(first != bytes(try PixelNormalityLearner(settings: Self.settings, seed: 6).learn(scene)))
    }

    @Test(arguments: [(PixelLearningProgress.Stage.classifier, 2), (.condensation, 1), (.condensation, 6)])
    func `an interrupted run continues to the identical result`(stage: PixelLearningProgress.Stage, step: Int) throws {
        let scene = Self.scene(rows: 1500, seed: 3)
        let whole = bytes(try PixelNormalityLearner(settings: Self.settings, seed: 5).learn(scene))
        let folder = try temporaryFolder()
        let learner = PixelNormalityLearner(settings: Self.settings, seed: 5, checkpointFolder: folder)
        #expect(throws: Stopped.self) {
            _ = try learner.learn(scene) { if $0.stage == stage, $0.completed == step { throw Stopped() } }
        }
        var epochs: [Int] = []
        let resumed = try learner.learn(scene) { if $0.stage == stage { epochs.append($0.completed) } }
        #expect(bytes(resumed) == whole)
        #expect(epochs.first == step + 1)
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder).isEmpty)
    }

    @Test func `a checkpoint of another run is not continued`() throws {
        let folder = try temporaryFolder()
        let learner = PixelNormalityLearner(settings: Self.settings, seed: 5, checkpointFolder: folder)
        #expect(throws: Stopped.self) {
            _ = try learner.learn(Self.scene(rows: 1500, seed: 3)) { if $0.stage == .condensation { throw Stopped() } }
        }
        let other = Self.scene(rows: 1500, seed: 4)
        #expect(
            bytes(try learner.learn(other))
                == bytes(try PixelNormalityLearner(settings: Self.settings, seed: 5).learn(other)))
    }

    @Test func `too few patches, a single frame, and features that are no numbers are refused`() {
        let learner = PixelNormalityLearner(settings: Self.settings, seed: 5)
        #expect(throws: PixelAnomalyError.self) { _ = try learner.learn(Self.scene(rows: 60, seed: 1)) }
        let scene = Self.scene(rows: 1000, seed: 1)
        let still = PatchSet(
            features: scene.features, frames: Array(repeating: 0, count: 1000), cells: scene.cells, gridWidth: 4,
            gridHeight: 3)
        #expect(throws: PixelAnomalyError.self) { _ = try learner.learn(still) }
        let broken = Self.scene(rows: 1000, seed: 1)
        broken.features.fill(.nan)
        #expect(throws: PixelAnomalyError.self) { _ = try learner.learn(broken) }
    }

    @Test func `a picture without any variation is refused and does not crash`() {
        let black = Self.scene(rows: 1000, seed: 1)
        black.features.fill(0.25)
        #expect(throws: PixelAnomalyError.self) {
            _ = try PixelNormalityLearner(settings: Self.settings, seed: 5).learn(black)
        }
    }

    @Test func `a damaged profile is refused`() throws {
        let profile = try PixelNormalityLearner(settings: Self.settings, seed: 1).learn(Self.scene(rows: 1500, seed: 2))
        #expect(throws: PixelAnomalyError.self) {
            _ = try PixelProfile(
                classifier: profile.classifier, etalons: Array(profile.etalons.dropLast()), tables: profile.tables,
                evaluated: profile.evaluated, columns: profile.columns, heldOut: profile.heldOut)
        }
        let folder = try temporaryFolder()
        var writer = SafetensorsWriter()
        profile.classifier.add(to: &writer, prefix: "pixel.classifier")
        try writer.write(to: folder + "/half.safetensors")
        #expect(throws: PixelAnomalyError.self) {
            _ = try PixelProfile(SafetensorsFile(path: folder + "/half.safetensors"))
        }
    }

    @Test func `the classifier's gradients are the loss's slopes`() {
        var generator = SeededGenerator(seed: 11)
        let whitening = Whitening(median: [0, 0, 0, 0], deviation: [1, 1, 1, 1])
        var settings = ClassifierSettings()
        settings.hidden = 5
        let trainer = ClassifierTrainer(whitening: whitening, classCount: 3, settings: settings, seed: 2)
        let rows = Tensor([6, 4])
        for index in 0..<rows.count { rows[index] = Float(generator.uniform(in: -2..<2)) }
        let labels: [Int32] = [0, 1, 2, 2, 1, 0]
        _ = trainer.gradients(rows, labels: labels)
        let slopes = trainer.inspection.map { $0.gradients.array }
        for (part, slope) in zip(trainer.inspection, slopes) {
            for index in 0..<part.values.count {
                let kept = part.values[index]
                part.values[index] = kept + 0.01
                let above = trainer.gradients(rows, labels: labels).loss
                part.values[index] = kept - 0.01
                let below = trainer.gradients(rows, labels: labels).loss
                part.values[index] = kept
                #expect(abs((above - below) / 0.02 - Double(slope[index])) < 2e-4)
            }
        }
    }

    @Test func `the classifier's first step is AdamW's: decay, and one rate against each slope`() {
        var generator = SeededGenerator(seed: 12)
        var settings = ClassifierSettings()
        settings.hidden = 5
        settings.learningRate = 0.01
        settings.weightDecay = 0.3
        let whitening = Whitening(median: [0, 0, 0, 0], deviation: [1, 1, 1, 1])
        let trainer = ClassifierTrainer(whitening: whitening, classCount: 3, settings: settings, seed: 2)
        let rows = Tensor([6, 4])
        for index in 0..<rows.count { rows[index] = Float(generator.uniform(in: -2..<2)) }
        let before = trainer.inspection.map { $0.values.array }
        trainer.step(rows, labels: [0, 1, 2, 2, 1, 0])
        for (part, start) in zip(trainer.inspection, before) {
            let slopes = part.gradients.array
            for index in start.indices where abs(slopes[index]) > 1e-4 {
                let expected = start[index] * (1 - 0.01 * 0.3) - 0.01 * (slopes[index] > 0 ? 1 : -1)
                #expect(abs(part.values[index] - expected) < 1e-5)
            }
        }
    }

    @Test func `with a single kind of surface the similarity alone finds what it never saw`() throws {
        var settings = Self.settings
        settings.classes.most = 1
        settings.classes.fewest = 1
        let profile = try PixelNormalityLearner(settings: settings, seed: 1).learn(Self.scene(rows: 3000, seed: 2))
        #expect(profile.classCount == 1 && !profile.tables[0].usesLogit)
        let path = try temporaryFolder() + "/profile.safetensors"
        try profile.write(to: path)
        let read = try PixelProfile(SafetensorsFile(path: path))
        #expect(!read.tables[0].usesLogit && bytes(read) == bytes(profile))
        let frame = Tensor([3, 4, Self.dimension])
        let seen = Self.scene(rows: 12, seed: 9)
        frame.pointer.update(from: seen.features.pointer, count: frame.count)
        for column in 0..<Self.dimension { frame[5 * Self.dimension + column] = 25 }
        let scores = try PixelDetector(read, smoothingPasses: 0)(frame, context: ComputeContext()).surprise
        #expect(scores.indices.filter { $0 != 5 }.allSatisfy { scores[5] > 2 * scores[$0] + 1 })
    }
}
