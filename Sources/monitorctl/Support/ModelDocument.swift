import Analysis
import FoundationEssentials
import ModelFiles

/// What is printed about a model; the encoded form is version 1, keys are only ever added.
struct ModelDocument: Encodable {
    let schema = 1
    let name: String
    let path: String
    let detector: String?
    let pixels: String?
    let input: ModelCard.Input
    let pixelInput: ModelCard.Input?
    let precision: String
    /// What running in 8 bits changes, as the card states it; nil for models that compute in single precision.
    let precisionEffect: JSONValue?
    let storedAs: String
    let parameters: Int
    let bytes: Int
    let licence: String
    let files: [String: ModelCard.File]

    private enum CodingKeys: String, CodingKey {
        case schema, name, path, detector, pixels, input, precision, parameters, bytes, licence, files
        case pixelInput = "pixel_input"
        case precisionEffect = "precision_effect"
        case storedAs = "stored_as"
    }

    /// Reads card and headers; checksums and numbers are left to `monitorctl model verify`.
    init(path: String) throws {
        let bundle = try ModelBundle.open(path: path, verifying: false)
        let identity = try ModelIdentity(bundle.weights)
        let card = bundle.card
        // What an operator calls it by; a copied folder keeps its card.
        name = path.split(separator: "/").last.map { String($0) } ?? card.name
        self.path = path
        detector = identity.detectorName
        pixels = identity.pixelName
        input = card.input
        pixelInput = card.pixels?.input
        precision = (card.pixels?.precision ?? .fp32).rawValue
        precisionEffect = card.pixels?.precision == .int8 ? card.quality?["precision"] : nil
        parameters = identity.plan.parameters
        bytes = card.files.values.reduce(0) { $0 + $1.bytes }
        // Half precision is for matrices; vectors add little.
        storedAs = bytes < 3 * parameters ? "fp16" : "fp32"
        licence = card.licence
        files = card.files
    }

    func json() throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return String(decoding: try encoder.encode(self), as: UTF8.self)
    }

    static let columns: [(String, Table.Alignment)] = [
        ("NAME", .left), ("DETECTOR", .left), ("PIXELS", .left), ("INPUT", .left), ("COMPUTES", .left),
        ("PARAMETERS", .right), ("MB", .right),
    ]

    var row: [String] {
        [
            name, detector ?? "none", pixels ?? "none", Self.size(input), precision,
            Self.millions(parameters) + " M", Self.millions(bytes),
        ]
    }

    var text: String {
        var lines = [
            ("model", name), ("folder", path), ("detector", detector ?? "none"), ("pixel features", pixels ?? "none"),
            ("input", Self.text(input)),
        ]
        if let pixelInput { lines.append(("pixel input", Self.text(pixelInput))) }
        lines.append(("computes in", precision == "int8" ? "int8 (the transformer's products), fp32" : precision))
        if let effect = precisionEffect { lines.append(("effect of int8", Self.text(effect))) }
        lines.append(("parameters", "\(Self.millions(parameters)) million, stored as \(storedAs)"))
        lines.append(("licence", licence))
        for (name, file) in files.sorted(by: { $0.key < $1.key }) {
            lines.append(("file", "\(name), \(Self.millions(file.bytes)) MB, SHA-256 \(file.sha256)"))
        }
        return lines.map { name, value in
            name + String(repeating: " ", count: max(1, 18 - name.count)) + value + "\n"
        }.joined()
    }

    private static func text(_ effect: JSONValue) -> String {
        func number(_ key: String) -> Double? {
            guard case .number(let value) = effect[key] else { return nil }
            return value
        }
        guard let error = number("feature_error"), let order = number("surprise_rank_correlation") else {
            return "not measured"
        }
        var text = "features \(EventText.number(Float(100 * error))) %, rank correlation of scores \(order)"
        if let exact = number("auroc_fp32"), let coarse = number("auroc_int8") {
            text += ", AUROC of the procedural scene's cells \(exact) in fp32, \(coarse) in int8"
        }
        return text
    }

    private static func size(_ input: ModelCard.Input) -> String {
        input.shortSide.map { "\(input.longSide)x\($0)" } ?? "\(input.longSide)"
    }

    private static func text(_ input: ModelCard.Input) -> String {
        let most = input.shortSide.map { "\(input.longSide) by \($0)" } ?? "\(input.longSide) on the longer side"
        return
            "at most \(most), in multiples of \(input.sizeDivisor); mean \(list(input.mean)), deviation \(list(input.std))"
    }

    private static func list(_ values: [Float]) -> String { values.map { "\($0)" }.joined(separator: " ") }

    private static func millions(_ count: Int) -> String { EventText.number(Float(count) / 1e6) }
}
