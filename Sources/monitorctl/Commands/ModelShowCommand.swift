import ArgumentParser

extension ModelCommand {
    struct Show: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "What a model is and what it needs.")

        @Argument(help: "The model's name, or the path of its folder (with a slash).") var model: String
        @OptionGroup var models: ModelsOptions
        @Flag(help: "Print JSON.") var json = false

        func run() throws {
            try reporting {
                let document = try ModelDocument(path: try models.path(model))
                Terminal.write(json ? try document.json() + "\n" : document.text)
            }
        }
    }
}
