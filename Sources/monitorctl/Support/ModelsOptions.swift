import ArgumentParser
import FoundationEssentials
import ModelFiles
import Service

/// Where the models lie.
struct ModelsOptions: ParsableArguments {
    @OptionGroup var configuration: ConfigurationOptions

    @Option(
        help: "Folder of models; default: ./Models where there is one, else the one around the configuration's model.")
    var models: String?

    func library() throws -> ModelLibrary {
        if let models { return ModelLibrary(folder: models) }
        if FileManager.default.fileExists(atPath: "Models") { return ModelLibrary(folder: "Models") }
        let hasConfiguration = FileManager.default.fileExists(atPath: configuration.config)
        let model = hasConfiguration ? try configuration.settings().model : Settings().model
        return ModelLibrary(folder: URL(filePath: model).deletingLastPathComponent().path)
    }

    /// The folder of a model given by its name in the library, or by a path, which has a slash.
    func path(_ model: String) throws -> String {
        guard !model.contains("/") else { return model }
        let library = try library()
        let path = library.path(of: model)
        guard FileManager.default.fileExists(atPath: path) else {
            let known = (try? library.names()) ?? []
            throw ModelFileError(
                .unreadable,
                "\(library.folder) has no model \(model); "
                    + (known.isEmpty ? "it has none" : "it has: \(known.joined(separator: ", "))"))
        }
        return path
    }
}
