internal import FoundationEssentials
internal import Imaging
public import ModelFiles
internal import Networks
internal import ObjectAnomaly

/// The networks of one bundle, ready to run; shared by all cameras. A bundle has a detector, pixel features, or both.
public final class AnomalyModel: Sendable {
    public let card: ModelCard
    /// Name and content of the bundle: `<name>@<first 12 digits of the digest over its files>`, and over how the pixel
    /// network is run, if it has one of its own. Profiles remember it, because what was learned from one network's
    /// features means nothing to another.
    public let identity: String
    /// Nil when neither the detector nor the pixel features need it.
    let pyramid: PyramidNetwork?
    /// Nil when the bundle judges pixels only.
    let detector: ObjectDetector?
    /// Nil when the bundle judges objects only.
    let patches: PatchFeatures?
    let normalisation: InputNormalisation

    /// - Throws: `ModelFileError` when the card asks for an architecture that this program does not have, or when the
    ///   weights do not fit it.
    public init(_ bundle: ModelBundle) throws(ModelFileError) {
        card = bundle.card
        identity = Self.identity(of: card)
        let (detectorKind, patchKind) = (card.architecture.detector, card.architecture.pixelFeatures)
        guard detectorKind != nil || patchKind != nil else {
            throw ModelFileError(
                .badCard,
                "\(bundle.path)/card.json: architecture has neither detector nor pixel_features; nothing could be judged"
            )
        }
        guard detectorKind == nil || detectorKind == "oln-resnet-fpn" else {
            throw ModelFileError(
                .badCard,
                "\(bundle.path)/card.json: architecture.detector is \"\(detectorKind ?? "")\"; this program runs "
                    + "oln-resnet-fpn")
        }
        patches = if let patchKind { try PatchFeatures(bundle, kind: patchKind) } else { nil }
        let readsPyramid = if case .pyramid = patches { true } else { detectorKind != nil }
        pyramid = readsPyramid ? try PyramidNetwork(bundle.weights, planned: PlannedInput(card.input)) : nil
        detector =
            detectorKind != nil
            ? try ObjectDetector(bundle.weights, configuration: DetectorConfiguration(card.detector)) : nil
        let (mean, deviation) = (card.input.mean, card.input.std)
        normalisation = InputNormalisation(
            mean: [mean[0], mean[1], mean[2]], deviation: [deviation[0], deviation[1], deviation[2]])
    }

    /// What `identity` is for the bundle of this card.
    public static func identity(of card: ModelCard) -> String {
        var content = card.files.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value.sha256)" }
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        if let pixels = card.pixels, let json = try? encoder.encode(pixels) {
            content.append("pixels=\(String(decoding: json, as: UTF8.self))")
        }
        return "\(card.name)@\(Checksum.sha256(Data(content.joined(separator: "\n").utf8)).prefix(12))"
    }

    /// Length of a patch feature and of an object feature; 0 for the part that the bundle does not have.
    var patchWidth: Int { patches?.width ?? 0 }
    var objectWidth: Int { detector?.width(of: Self.objectFeatures) ?? 0 }

    /// What learning on the box describes objects by.
    static let objectFeatures = ObjectFeatures.linear

    /// How a picture of this size is put before the networks.
    func fit(width: Int, height: Int) -> InputFit {
        InputFit(
            originalWidth: width, originalHeight: height, longSide: card.input.longSide,
            shortSide: card.input.shortSide ?? card.input.longSide,
            multiple: card.input.sizeDivisor)
    }
}

extension PlannedInput {
    /// Pictures three by four, the least that the card's limits suggest.
    fileprivate init(_ input: ModelCard.Input) {
        self.init(height: min(input.shortSide ?? input.longSide, input.longSide * 3 / 4), width: input.longSide)
    }
}

extension DetectorConfiguration {
    /// The card's settings, the published ones where the card says nothing.
    init(_ card: ModelCard.Detector?) {
        self = .publishedAnomaly
        guard let card else { return }
        proposalsPerLevel = card.proposalsPerLevel
        scoreThreshold = card.scoreThreshold
        overlapThreshold = card.nmsIoU
        maximumDetections = card.maxDetections
    }
}
