internal import FoundationEssentials
internal import Imaging
public import ModelFiles
internal import Networks
internal import ObjectAnomaly

/// The networks of one bundle, ready to run; shared by all cameras.
public final class AnomalyModel: Sendable {
    public let card: ModelCard
    /// Name and content of the bundle: `<name>@<first 12 digits of the digest over its files>`. Profiles remember it,
    /// because what was learned from one network's features means nothing to another.
    public let identity: String
    let backbone: ResNet
    let pyramid: FeaturePyramid
    let detector: ObjectDetector
    let patches: PatchFeatures
    let normalisation: InputNormalisation

    /// - Throws: `ModelFileError` when the card asks for an architecture that this program does not have, or when the
    ///   weights do not fit it.
    public init(_ bundle: ModelBundle) throws(ModelFileError) {
        card = bundle.card
        let digests = card.files.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value.sha256)" }.joined(
            separator: "\n")
        identity = "\(card.name)@\(Checksum.sha256(Data(digests.utf8)).prefix(12))"
        guard let detectorKind = card.architecture.detector, detectorKind == "oln-resnet-fpn" else {
            throw ModelFileError(
                .badCard,
                "\(bundle.path)/card.json: architecture.detector is \"\(card.architecture.detector ?? "missing")\"; "
                    + "this program runs oln-resnet-fpn")
        }
        guard let patchKind = card.architecture.pixelFeatures else {
            throw ModelFileError(.badCard, "\(bundle.path)/card.json: architecture.pixel_features is missing")
        }
        backbone = try ResNet(bundle.weights)
        pyramid = try FeaturePyramid(bundle.weights)
        detector = try ObjectDetector(bundle.weights, configuration: DetectorConfiguration(card.detector))
        patches = try PatchFeatures(bundle.weights, kind: patchKind)
        let (mean, deviation) = (card.input.mean, card.input.std)
        normalisation = InputNormalisation(
            mean: [mean[0], mean[1], mean[2]], deviation: [deviation[0], deviation[1], deviation[2]])
    }

    /// Length of a patch feature and of an object feature.
    var patchWidth: Int { patches.width }
    var objectWidth: Int { detector.featureWidth }

    /// How a picture of this size is put before the networks.
    func fit(width: Int, height: Int) -> InputFit {
        InputFit(
            originalWidth: width, originalHeight: height, longSide: card.input.longSide,
            shortSide: card.input.shortSide ?? card.input.longSide,
            multiple: card.input.sizeDivisor)
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
