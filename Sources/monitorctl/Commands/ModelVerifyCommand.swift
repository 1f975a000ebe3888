import Analysis
import ArgumentParser

extension ModelCommand {
    struct Verify: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Check that a model is whole and can be run.",
            discussion: """
                Compares the files with the card's checksums, reads every tensor and builds the networks. The exit \
                status is 65 and the reason is printed when anything is wrong.
                """)

        @Argument(help: "The model's name, or the path of its folder (with a slash).") var model: String
        @OptionGroup var models: ModelsOptions

        func run() throws {
            try reporting {
                let path = try models.path(model)
                let identity = try ModelCheck.run(path: path)
                Terminal.write(
                    "\(path): whole and sound; detector: \(identity.detectorName ?? "none"), pixel features: "
                        + "\(identity.pixelName ?? "none")\n")
            }
        }
    }
}
