import Analysis
public import ArgumentParser
import Basics
import FoundationEssentials
import ModelFiles
import Scenes

extension ModelImport.Precision: ExpressibleByArgument {}

extension ModelCommand {
    struct Import: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Make a model of your own weights.",
            discussion: """
                Taken are PyTorch checkpoints (.pth of torch.save since version 1.6, nothing in them is executed) and \
                .safetensors files with the official names: DINOv2 ViT-S/B/L with or without registers, and OLN, \
                OLN-SSOS or OLN-FFS, with or without masks, on a ResNet with a feature pyramid. What a file holds, its \
                depth and its widths are told from the tensors. Give both kinds for a model with a detector and the \
                transformer's pixel features, one of them for a model of that part alone. Anything missing, unknown, \
                out of shape or not finite is refused with file, tensor and reason, and nothing is left behind.
                """)

        @Argument(help: "Checkpoints or safetensors files.") var files: [String]
        @Option(help: "The model's name: lower-case letters, digits, -, _ and .") var name: String
        @OptionGroup var models: ModelsOptions
        @Option(
            help: """
                fp32: as it comes; fp16: matrices are stored in half precision; int8: also, and the transformer's linear \
                layers and attention compute in integers; what that changes is measured and written into the card.
                """)
        var precision = ModelImport.Precision.fp32
        @Option(help: "What the weights' authors allow; printed with the model.") var licence: String?
        @Option(help: "Pixels of the detector's longer input side; published: 1333, and 800 on the shorter.")
        var longSide: Int?
        @Option(help: "Pixels of the detector's shorter input side, at most.") var shortSide: Int?
        @Option(help: "Pixels of the transformer's longer input side; published: 518.") var pixelLongSide: Int?
        @Flag(
            help: """
                With int8: do not measure on the procedural scene what 8 bits change in the scores, which takes minutes \
                with a large transformer.
                """)
        var unmeasured = false
        @Flag(help: "Take the place of a model of the same name, once the new one is complete.") var replace = false

        func validate() throws {
            guard !files.isEmpty else { throw ValidationError("name at least one file") }
            if let problem = ModelLibrary.problem(withName: name) { throw ValidationError(problem) }
            for side in [longSide, shortSide, pixelLongSide].compactMap({ $0 }) where !(32...16384).contains(side) {
                throw ValidationError("--long-side, --short-side and --pixel-long-side must be 32 to 16384")
            }
            if let shortSide, shortSide > longSide ?? 1333 {
                throw ValidationError("--short-side must not be above the longer side (\(longSide ?? 1333))")
            }
        }

        func run() throws {
            try reporting {
                var model = ModelImport(files: files, name: name)
                model.precision = precision
                if let licence { model.licence = licence }
                model.longSide = longSide
                model.shortSide = shortSide
                model.pixelLongSide = pixelLongSide
                model.replacing = replace
                if precision == .int8 && !unmeasured {
                    Terminal.note("measuring what 8 bits change, on 220 pictures; --unmeasured leaves that out")
                    let material = SceneMaterial()
                    model.pictures = PrecisionStudy.Pictures(
                        learning: material.learning,
                        judging: material.judging.map {
                            PrecisionStudy.Judged(picture: $0.picture, anomalies: $0.anomalies)
                        })
                }
                var bar = ProgressBar(clocks: SystemClocks())
                defer { bar.finishLine() }
                let path = try model.run(into: try models.library()) { bar.show("writing", fraction: $0) }
                bar.finishLine()
                Terminal.write(try ModelDocument(path: path).text)
                Terminal.note(
                    "to run it: model: \(URL(filePath: path).path) in the configuration of monitord; then learn every camera "
                        + "again, because a profile belongs to one model")
            }
        }
    }
}
