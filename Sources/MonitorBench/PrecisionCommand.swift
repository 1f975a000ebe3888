import Analysis
import ArgumentParser
import Basics
import FoundationEssentials
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

    func run() throws {
        // ImageNet's statistics, which all of these networks were trained with.
        let input = ModelCard.Input(
            mean: [123.675, 116.28, 103.53], std: [58.395, 57.12, 57.375], longSide: longSide, sizeDivisor: divisor)
        let study = try PrecisionStudy(
            weights: try SafetensorsFile(path: weights), input: input, layers: layers.isEmpty ? nil : layers, seed: seed
        )
        let material = SceneMaterial(learned: learned, judged: judged, seed: seed)
        let pictures = PrecisionStudy.Pictures(
            learning: material.learning,
            judging: material.judging.map { PrecisionStudy.Judged(picture: $0.picture, anomalies: $0.anomalies) })
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
        let json = try encoder.encode(study.measure(pictures).json)
        print(String(decoding: json, as: UTF8.self))
    }
}
