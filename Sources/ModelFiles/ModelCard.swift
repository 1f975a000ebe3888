public import FoundationEssentials

/// What `card.json` in a bundle folder says about a model. Unknown keys are ignored, so that a newer card of the same
/// format still opens.
public struct ModelCard: Codable, Sendable {
    /// Which of the monitor's networks the weights are for.
    public struct Architecture: Codable, Sendable, Equatable {
        /// Name of the object detector, nil without one.
        public var detector: String?
        /// Name of the features that the pixel score uses, nil without them.
        public var pixelFeatures: String?

        public init(detector: String? = nil, pixelFeatures: String? = nil) {
            self.detector = detector
            self.pixelFeatures = pixelFeatures
        }

        private enum CodingKeys: String, CodingKey {
            case detector
            case pixelFeatures = "pixel_features"
        }
    }

    /// How a picture becomes the network's input.
    public struct Input: Codable, Sendable, Equatable {
        /// Subtracted from R, G, B (0 to 255).
        public var mean: [Float]
        /// Divides R, G, B afterwards; all > 0.
        public var std: [Float]
        /// Pixels of the longer side after resizing, at most.
        public var longSide: Int
        /// Pixels of the shorter side after resizing, at most; nil: only the longer side counts.
        public var shortSide: Int?
        /// Both sides are brought to a multiple of this: the detector's by padding, a transformer's by resizing.
        public var sizeDivisor: Int

        public init(mean: [Float], std: [Float], longSide: Int, shortSide: Int? = nil, sizeDivisor: Int) {
            self.mean = mean
            self.std = std
            self.longSide = longSide
            self.shortSide = shortSide
            self.sizeDivisor = sizeDivisor
        }

        private enum CodingKeys: String, CodingKey {
            case mean, std
            case longSide = "long_side"
            case shortSide = "short_side"
            case sizeDivisor = "size_divisor"
        }

        /// The first value that makes no sense, named behind the object's own name.
        fileprivate func problem(_ name: String) -> String? {
            if mean.count != 3 || std.count != 3 { return "\(name).mean and \(name).std need three values each" }
            if !std.allSatisfy({ $0 > 0 && $0.isFinite }) { return "\(name).std must be above 0" }
            if !mean.allSatisfy(\.isFinite) { return "\(name).mean must be finite" }
            if !(1...16384).contains(longSide) { return "\(name).long_side must be between 1 and 16384" }
            if let shortSide, !(1...longSide).contains(shortSide) {
                return "\(name).short_side must be between 1 and long_side"
            }
            if !(1...1024).contains(sizeDivisor) { return "\(name).size_divisor must be between 1 and 1024" }
            return nil
        }
    }

    /// How numbers are held while a network runs.
    public enum Precision: String, Codable, Sendable {
        case fp32
        /// Linear layers in 8-bit integers: weights per output channel, activations per row as they come.
        case int8
    }

    /// What the pixel features need beyond their name, when they have a network of their own.
    public struct PixelNetwork: Codable, Sendable, Equatable {
        /// The pixel network's own input; nil: the card's.
        public var input: Input?
        /// Transformer blocks (0-based) whose outputs are put side by side as a patch's features; nil: the last alone.
        public var layers: [Int]?
        /// nil: `fp32`.
        public var precision: Precision?

        public init(input: Input? = nil, layers: [Int]? = nil, precision: Precision? = nil) {
            self.input = input
            self.layers = layers
            self.precision = precision
        }
    }

    /// The object detector's settings.
    public struct Detector: Codable, Sendable, Equatable {
        public var proposalsPerLevel: Int
        /// 0 to 1.
        public var scoreThreshold: Float
        /// 0 to 1.
        public var nmsIoU: Float
        public var maxDetections: Int

        public init(proposalsPerLevel: Int, scoreThreshold: Float, nmsIoU: Float, maxDetections: Int) {
            self.proposalsPerLevel = proposalsPerLevel
            self.scoreThreshold = scoreThreshold
            self.nmsIoU = nmsIoU
            self.maxDetections = maxDetections
        }

        private enum CodingKeys: String, CodingKey {
            case proposalsPerLevel = "proposals_per_level"
            case scoreThreshold = "score_threshold"
            case nmsIoU = "nms_iou"
            case maxDetections = "max_detections"
        }
    }

    /// What a file of the bundle must be.
    public struct File: Codable, Sendable, Equatable {
        /// Lower-case hexadecimal.
        public var sha256: String
        public var bytes: Int

        public init(sha256: String, bytes: Int) {
            self.sha256 = sha256
            self.bytes = bytes
        }
    }

    /// The only format so far.
    public static let currentFormat = 1

    public var format: Int
    public var name: String
    public var architecture: Architecture
    public var input: Input
    public var detector: Detector?
    public var pixels: PixelNetwork?
    /// By plain file name inside the bundle folder.
    public var files: [String: File]
    public var licence: String
    /// How it was trained; for people.
    public var training: JSONValue?
    /// What was measured; for people.
    public var quality: JSONValue?
    /// Known limits, one sentence each.
    public var limits: [String]?

    public init(
        name: String, architecture: Architecture, input: Input, detector: Detector? = nil,
        pixels: PixelNetwork? = nil, files: [String: File], licence: String, training: JSONValue? = nil,
        quality: JSONValue? = nil,
        limits: [String]? = nil
    ) {
        format = Self.currentFormat
        self.name = name
        self.architecture = architecture
        self.input = input
        self.detector = detector
        self.pixels = pixels
        self.files = files
        self.licence = licence
        self.training = training
        self.quality = quality
        self.limits = limits
    }

    /// Reads a card and checks its values.
    /// - Parameter origin: the file, for messages.
    /// - Throws: `ModelFileError.Code.badCard`, naming the key.
    public init(json: Data, origin: String) throws(ModelFileError) {
        func refusal(_ what: String) -> ModelFileError { ModelFileError(.badCard, "\(origin): \(what)") }
        let format: FormatOnly
        do {
            format = try JSONDecoder().decode(FormatOnly.self, from: json)
        } catch {
            throw refusal("not a model card (no JSON object with a number \"format\")")
        }
        guard format.format == Self.currentFormat else {
            throw refusal(
                "the card has format \(format.format), this monitor reads \(Self.currentFormat); update the monitor")
        }
        do {
            self = try JSONDecoder().decode(ModelCard.self, from: json)
        } catch let error as DecodingError {
            throw refusal(error.sentence)
        } catch {
            throw refusal("not a model card")
        }
        if let problem { throw refusal(problem) }
    }

    /// The card's JSON, keys sorted.
    public func serialized() -> Data {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        // Only numbers that are not finite could fail, and `problem` refuses those of the known keys.
        return (try? encoder.encode(self)) ?? Data()
    }

    private struct FormatOnly: Decodable { let format: Int }

    /// The first value that makes no sense.
    private var problem: String? {
        if let problem = input.problem("input") ?? pixels?.input?.problem("pixels.input") { return problem }
        if let layers = pixels?.layers,
            layers.isEmpty || !layers.allSatisfy({ $0 >= 0 }) || Set(layers).count < layers.count
        {
            return "pixels.layers must list different blocks, counted from 0"
        }
        if let detector {
            if detector.proposalsPerLevel < 1 { return "detector.proposals_per_level must be at least 1" }
            if detector.maxDetections < 1 { return "detector.max_detections must be at least 1" }
            if !(0...1).contains(detector.scoreThreshold) { return "detector.score_threshold must be between 0 and 1" }
            if !(0...1).contains(detector.nmsIoU) { return "detector.nms_iou must be between 0 and 1" }
        }
        for (name, file) in files.sorted(by: { $0.key < $1.key }) {
            if name.isEmpty || name.contains("/") || name.hasPrefix(".") { return "files: \"\(name)\" is no file name" }
            let isDigest = file.sha256.utf8.count == 64 && file.sha256.allSatisfy { "0123456789abcdef".contains($0) }
            if !isDigest { return "files.\(name).sha256 is not 64 hexadecimal digits" }
            if file.bytes < 0 { return "files.\(name).bytes is negative" }
        }
        return files.isEmpty ? "files is empty" : nil
    }
}

extension DecodingError {
    fileprivate var sentence: String {
        func path(_ keys: [any CodingKey]) -> String { keys.map(\.stringValue).joined(separator: ".") }
        switch self {
        case .keyNotFound(let key, let context): return "\(path(context.codingPath + [key])) is missing"
        case .typeMismatch(_, let context), .valueNotFound(_, let context), .dataCorrupted(let context):
            return "\(path(context.codingPath)) has a value of the wrong type"
        @unknown default: return "not a model card"
        }
    }
}
