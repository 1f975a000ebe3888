internal import FoundationEssentials
public import ModelFiles
internal import Networks
internal import ObjectAnomaly

/// Makes a bundle of users' own weights: official checkpoints of DINOv2 and OLN, one or both.
public struct ModelImport: Sendable {
    /// How numbers are stored, and computed with.
    public enum Precision: String, Sendable, CaseIterable {
        /// Stored as they come, in single precision.
        case fp32
        /// Matrices stored in half precision, computed with in single precision: half the file.
        case fp16
        /// As `fp16`, and the transformer's linear layers compute with 8-bit integers.
        case int8
    }

    /// Checkpoints or safetensors files whose tensors have different names.
    public var files: [String]
    public var name: String
    public var precision = Precision.fp32
    /// What the weights' authors allow; for people.
    public var licence = "not stated; ask the authors of the weights"
    /// Pixels of the longer side of the detector's input; nil: as published.
    public var longSide: Int?
    /// Pixels of the shorter side of the detector's input at most; nil: as published, when `longSide` is too.
    public var shortSide: Int?
    /// Pixels of the longer side of the transformer's input; nil: as published.
    public var pixelLongSide: Int?
    /// What to measure the effect of `int8` on, for the card; nil: it is not measured, and the card says so.
    public var pictures: PrecisionStudy.Pictures?
    /// Whether a bundle of the same name gives way.
    public var replacing = false

    public init(files: [String], name: String) {
        self.files = files
        self.name = name
    }

    /// Writes the bundle into a library, checks it as `ModelCheck` does, and only then gives it its name.
    ///
    /// - Parameter progress: called with the share that is written, in 0...1.
    /// - Returns: the bundle's path.
    /// - Throws: `ModelFileError`: what is wrong with which file and tensor; nothing is left of the bundle then.
    public func run(
        into library: ModelLibrary, progress: (Double) -> Void = { _ in }
    ) throws(ModelFileError) -> String {
        var sources: [any TensorSource] = []
        for file in files { sources.append(try TensorFile.open(path: file)) }
        let source = try MergedTensors(sources, origin: files.joined(separator: " + "))
        let identity = try ModelIdentity(source)
        guard precision != .int8 || identity.transformer != nil else {
            throw ModelFileError(
                .badCard, "\(source.origin): int8 is for a vision transformer, which the files do not hold; use fp16")
        }
        var card = card(identity)
        card.training = try provenance()
        if precision == .int8 { card.quality = .object(["precision": try effect(of: source, card)]) }
        return try library.install(name, replacing: replacing) { folder throws(ModelFileError) in
            card.files[Self.weights] = try WeightsFile.write(
                identity.plan, of: source, precision: precision == .fp32 ? .single : .half,
                to: "\(folder)/\(Self.weights)", progress: progress)
            try AtomicFile.write(card.serialized(), to: "\(folder)/card.json")
            _ = try ModelCheck.run(path: folder)
        }
    }

    private func effect(of source: any TensorSource, _ card: ModelCard) throws(ModelFileError) -> JSONValue {
        guard let pictures else { return .string("not measured") }
        let study = try PrecisionStudy(
            weights: source, input: card.pixels?.input ?? card.input, layers: card.pixels?.layers)
        do {
            return try study.measure(pictures).json
        } catch {
            throw ModelFileError(
                .badCard,
                "\(source.origin): the effect of 8 bits cannot be measured: \(error.message); import unmeasured, or as fp16"
            )
        }
    }

    private static let weights = "weights.safetensors"

    private func card(_ identity: ModelIdentity) -> ModelCard {
        let pixels = ModelCard.Input.transformer(
            longSide: pixelLongSide, patchSize: identity.transformer?.patchSize ?? 14,
            side: identity.transformer?.side ?? 37)
        let detector = ModelCard.Input.detector(longSide: longSide, shortSide: shortSide)
        let hasDetector = identity.detector != nil
        var card = ModelCard(
            name: name, architecture: identity.architecture, input: hasDetector ? detector : pixels, files: [:],
            licence: licence)
        if identity.transformer != nil {
            card.pixels = ModelCard.PixelNetwork(
                input: hasDetector ? pixels : nil, precision: precision == .int8 ? .int8 : nil)
        }
        card.detector = identity.detector.map { layout in
            let published = layout.published
            return ModelCard.Detector(
                proposalsPerLevel: published.proposalsPerLevel, scoreThreshold: published.scoreThreshold,
                nmsIoU: published.overlapThreshold, maxDetections: published.maximumDetections)
        }
        return card
    }

    /// Where the weights come from: plain file names and checksums.
    private func provenance() throws(ModelFileError) -> JSONValue {
        var origins: [JSONValue] = []
        for file in files {
            let name = file.split(separator: "/").last.map { String($0) } ?? file
            origins.append(.object(["file": .string(name), "sha256": .string(try Checksum.sha256(file: file).digest)]))
        }
        return .object(["imported_from": .array(origins), "stored_as": .string(precision == .fp32 ? "fp32" : "fp16")])
    }
}

extension ModelCard.Input {
    /// Means and deviations of ImageNet, of R, G, B in 0 to 255 (specification 1.1; 2.1 gives them for 0 to 1).
    private static let mean: [Float] = [123.675, 116.28, 103.53]
    private static let deviation: [Float] = [58.395, 57.12, 57.375]

    /// The published input of OLN: at most 1333 by 800, padded to a multiple of 32.
    fileprivate static func detector(longSide: Int?, shortSide: Int?) -> ModelCard.Input {
        ModelCard.Input(
            mean: mean, std: deviation, longSide: longSide ?? 1333,
            shortSide: shortSide ?? (longSide == nil ? 800 : nil), sizeDivisor: 32)
    }

    /// The published input of a transformer, as large as its learned grid: of DINOv2 37 patches of 14 pixels, 518.
    fileprivate static func transformer(longSide: Int?, patchSize: Int, side: Int) -> ModelCard.Input {
        ModelCard.Input(mean: mean, std: deviation, longSide: longSide ?? side * patchSize, sizeDivisor: patchSize)
    }
}
