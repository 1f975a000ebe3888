import Analysis
import ArgumentParser
import Basics
import FoundationEssentials
import Imaging
import ModelFiles
import Scenes

/// What 8-bit products cost in quality.
struct PrecisionCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "precision",
        abstract: "Measure what running a transformer in 8 bits changes in features and scores.",
        discussion: """
            A profile of the procedural scene is learned in both precisions, and pictures with unknown things are judged. \
            Prints the JSON that belongs in the model card under quality.precision.
            """)

    @Option(help: "Safetensors file with a transformer's weights under their official names.") var weights: String
    @Option(help: "Longer side of the transformer's input in pixels.") var longSide = 518
    @Option(help: "Both sides of the input are multiples of this: the patch size or a multiple.") var divisor = 14
    @Option(help: "Blocks (from 0) whose outputs are the features; default: the last.") var layers: [Int] = []
    @Option(help: "Pictures to learn from.") var learned = 160
    @Option(help: "Pictures to judge.") var judged = 60
    @Option(help: "Seed of the scene and of learning.") var seed: UInt64 = 1

    /// The scene's pictures per second, and how many of them pass between two that are learned from.
    private static let rate = 15.0
    private static let step = 5

    func run() throws {
        // ImageNet's statistics, which all of these networks were trained with.
        let input = ModelCard.Input(
            mean: [123.675, 116.28, 103.53], std: [58.395, 57.12, 57.375], longSide: longSide, sizeDivisor: divisor)
        let study = try PrecisionStudy(
            weights: try SafetensorsFile(path: weights), input: input, layers: layers.isEmpty ? nil : layers, seed: seed
        )
        let calm = learned * Self.step
        let start = Double(calm) / Self.rate
        let renderer = SceneRenderer(
            SceneDescription(
                width: 640, height: 360, framesPerSecond: Self.rate, seconds: start + 30, seed: seed,
                anomalies: [
                    ScriptedAnomaly(.crossing, .robot, second: start + 1, seed: 3),
                    ScriptedAnomaly(.leftBehind, .suitcase, second: start + 4, seed: 4),
                    ScriptedAnomaly(.crossing, .robot, second: start + 16, seed: 5),
                ]))
        let learning = (0..<learned).map { renderer.render($0 * Self.step).pixels }
        let spacing = max(1, (renderer.description.frameCount - calm) / judged)
        let judging = (0..<judged).map { index in
            let picture = renderer.render(calm + index * spacing)
            return PrecisionStudy.Judged(
                picture: picture.pixels, anomalies: picture.truth.objects.filter(\.isAnomaly).map(\.box))
        }
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
        let json = try encoder.encode(study.measure(learning: learning, judging: judging).json)
        print(String(decoding: json, as: UTF8.self))
    }
}
