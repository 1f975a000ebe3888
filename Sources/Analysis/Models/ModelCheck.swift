public import ModelFiles
internal import Networks
internal import ObjectAnomaly

/// Whether a bundle can be run, found out by doing everything that comes before the first frame.
public enum ModelCheck {
    /// Compares checksums, reads every tensor, and builds the networks.
    /// - Returns: what the bundle holds.
    /// - Throws: `ModelFileError`: the first thing that is wrong.
    public static func run(path: String) throws(ModelFileError) -> ModelIdentity {
        let bundle = try ModelBundle.open(path: path)
        let identity = try ModelIdentity(bundle.weights)
        guard identity.architecture == bundle.card.architecture else {
            throw ModelFileError(
                .badCard,
                "\(path)/card.json: architecture is \(text(bundle.card.architecture)), the weights are "
                    + "\(text(identity.architecture)); import the weights again")
        }
        for name in identity.plan.wanted.keys.sorted() { _ = try bundle.weights.parameter(name) }
        try build(bundle, identity)
        return identity
    }

    private static func build(_ bundle: ModelBundle, _ identity: ModelIdentity) throws(ModelFileError) {
        let weights = bundle.weights
        if let transformer = identity.transformer {
            _ = try VisionTransformer(weights)
            if let layer = bundle.card.pixels?.layers?.first(where: { $0 >= transformer.depth }) {
                throw ModelFileError(
                    .badCard,
                    "\(bundle.path)/card.json: pixels.layers names block \(layer), the transformer has "
                        + "\(transformer.depth), counted from 0")
            }
        }
        guard let detector = identity.detector else { return }
        _ = try ResNet(weights)
        _ = try FeaturePyramid(weights)
        _ = try ObjectDetector(weights)
        if detector.hasNormality { _ = try NormalityModel(weights) }
        if identity.hasPyramidHead {
            _ = try Convolution(weights, "pixel_head.conv", padding: 1)
            _ = try Convolution(weights, "pixel_head.proj")
        }
    }

    private static func text(_ architecture: ModelCard.Architecture) -> String {
        "\(architecture.detector ?? "no detector") with \(architecture.pixelFeatures ?? "no pixel features")"
    }
}
