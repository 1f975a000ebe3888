internal import Basics
internal import Glibc
public import ModelFiles
public import Tensors

/// Trainable parameters of the pseudo-class head, the anomaly head and, for the weighted energy, the classes' weights in
/// it; or a gradient of the same layout.
public struct NormalityWeights: Sendable {
    /// In the order of `names`; the ninth is there for the weighted energy alone.
    let tensors: [Tensor]

    /// The parameters' names in the official checkpoints.
    public static let names = [
        "roi_head.pseudo_score.0.weight", "roi_head.pseudo_score.0.bias", "roi_head.pseudo_score.2.weight",
        "roi_head.pseudo_score.2.bias", "roi_head.logistic_regression_layer.0.weight",
        "roi_head.logistic_regression_layer.0.bias", "roi_head.logistic_regression_layer.2.weight",
        "roi_head.logistic_regression_layer.2.bias",
    ]
    /// The name of the weights that only the weighted energy has.
    public static let energyName = "roi_head.weight_energy.weight"

    private static func shapes(
        width: Int, hidden: Int, classes: Int, anomalyHidden: Int, energy: PseudoClassHead.Energy
    ) -> [Shape] {
        let plain: [Shape] = [
            [hidden, width], [hidden], [classes, hidden], [classes], [anomalyHidden, 1], [anomalyHidden],
            [1, anomalyHidden], [1],
        ]
        return energy == .plain ? plain : plain + [[1, classes]]
    }

    /// Zeros of the same layout.
    package init(like other: NormalityWeights) { tensors = other.tensors.map { Tensor($0.shape, repeating: 0) } }

    /// Random: normal weights that keep the activations' scale for inputs of mean square 1 (He et al. 2015), the anomaly
    /// head uniform within ±1/sqrt(inputs), weights of the energy uniform in 0..<1 (as published).
    ///
    /// - Note: The authors start the pseudo-class head at a deviation of 0.01 and refine the whole detector for epochs;
    ///   on frozen features that start learns too slowly.
    init(
        width: Int, hidden: Int, classes: Int, anomalyHidden: Int, energy: PseudoClassHead.Energy,
        random: inout SeededGenerator
    ) {
        let shapes = Self.shapes(
            width: width, hidden: hidden, classes: classes, anomalyHidden: anomalyHidden, energy: energy)
        tensors = shapes.map { Tensor($0, repeating: 0) }
        var state = random.next()
        for (index, inputs) in [(0, width), (2, hidden)] {
            let deviation = Float((2 / Double(inputs)).squareRoot())
            tensors[index].fillWithNormals(&state)
            tensors[index].scale(by: deviation)
        }
        for (index, inputs) in [(4, 1), (5, 1), (6, anomalyHidden), (7, anomalyHidden)] {
            let bound = 1 / Double(inputs).squareRoot()
            for position in 0..<tensors[index].count {
                tensors[index].pointer[position] = Float(random.uniform(in: -bound..<bound))
            }
        }
        if let energyWeights {
            for position in 0..<classes { energyWeights.pointer[position] = Float(random.uniform()) }
        }
    }

    /// Copies from a model, to go on learning.
    /// - Parameter energy: nil takes the weighted energy when the source has weights.
    /// - Throws: `ModelFileError` when a tensor is missing, not finite, or shapes do not fit.
    public init(_ source: any TensorSource, energy: PseudoClassHead.Energy? = nil) throws(ModelFileError) {
        let first = try source.parameter(Self.names[0])
        let anomaly = try source.parameter(Self.names[5])
        let classes = try source.parameter(Self.names[3])
        guard first.shape.rank == 2 else {
            throw ModelFileError(.wrongShape, "\(source.origin): tensor \(Self.names[0]) has shape \(first.shape)")
        }
        let shapes = Self.shapes(
            width: first.shape[1], hidden: first.shape[0], classes: classes.count, anomalyHidden: anomaly.count,
            energy: energy ?? (source.contains(Self.energyName) ? .weighted : .plain))
        var tensors: [Tensor] = []
        for (name, shape) in zip(Self.names + [Self.energyName], shapes) {
            tensors.append(try source.parameter(name, shape: shape))
        }
        self.tensors = tensors
    }

    public var featureWidth: Int { tensors[0].shape[1] }
    public var hiddenWidth: Int { tensors[0].shape[0] }
    public var classCount: Int { tensors[2].shape[0] }
    public var anomalyHiddenWidth: Int { tensors[5].count }
    /// `[1, classes]`; nil for the plain energy.
    var energyWeights: Tensor? { tensors.count > Self.names.count ? tensors[Self.names.count] : nil }

    /// The parameters under their official names; the tensors are shared, not copied.
    public var named: [String: Tensor] {
        Dictionary(uniqueKeysWithValues: zip(Self.names + [Self.energyName], tensors))
    }

    /// Makes weights that were learned on features times `factor` fit the features themselves.
    func foldInputScale(_ factor: Float) { tensors[0].scale(by: factor) }

    var isFinite: Bool { tensors.allSatisfy(\.isFinite) }
}
