internal import FoundationEssentials

/// A folder with a model: `card.json` and the files it names, verified.
public struct ModelBundle: Sendable {
    /// The folder.
    public let path: String
    public let card: ModelCard
    /// All tensors of the bundle's `.safetensors` files.
    public let weights: any TensorSource

    /// Reads the card, compares size and SHA-256 of every file it names, and maps the weights.
    /// - Parameter verifying: false leaves the comparison out, for a quick look at a bundle that is not going to be run.
    /// - Throws: `ModelFileError`: `unreadable`, `badCard`, `checksumMismatch` (names what differs), or what is wrong with
    ///   a weight file.
    public static func open(path: String, verifying: Bool = true) throws(ModelFileError) -> ModelBundle {
        let card = try card(path: path)
        var sources: [any TensorSource] = []
        for (name, file) in card.files.sorted(by: { $0.key < $1.key }) {
            let filePath = path + "/" + name
            if verifying { try verify(filePath, file) }
            if name.hasSuffix(".safetensors") { sources.append(try SafetensorsFile(path: filePath)) }
        }
        return ModelBundle(path: path, card: card, weights: try MergedTensors(sources, origin: path))
    }

    /// The card of a bundle folder.
    /// - Throws: `ModelFileError`: `unreadable`, `badCard`.
    public static func card(path: String) throws(ModelFileError) -> ModelCard {
        let cardPath = path + "/card.json"
        let json: Data
        do {
            json = try Data(contentsOf: URL(filePath: cardPath))
        } catch {
            throw ModelFileError(
                .unreadable, "\(cardPath): cannot read; a model is a folder with card.json and its weights")
        }
        return try ModelCard(json: json, origin: cardPath)
    }

    private static func verify(_ path: String, _ expected: ModelCard.File) throws(ModelFileError) {
        let found = try Checksum.sha256(file: path)
        guard found.bytes == expected.bytes else {
            throw ModelFileError(
                .checksumMismatch,
                "\(path): has \(found.bytes) bytes, the card says \(expected.bytes); copy the bundle again")
        }
        guard found.digest == expected.sha256 else {
            throw ModelFileError(
                .checksumMismatch,
                "\(path): SHA-256 is \(found.digest), the card says \(expected.sha256); copy the bundle again")
        }
    }
}
