public import ModelFiles
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
        _ = try AnomalyModel(bundle)
        if identity.detector?.hasNormality == true { _ = try NormalityModel(bundle.weights) }
        return identity
    }

    private static func text(_ architecture: ModelCard.Architecture) -> String {
        "\(architecture.detector ?? "no detector") with \(architecture.pixelFeatures ?? "no pixel features")"
    }
}
