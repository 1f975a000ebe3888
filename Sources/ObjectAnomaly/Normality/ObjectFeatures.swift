/// Which of the box head's activations describe an object to a normality model.
public enum ObjectFeatures: String, Hashable, Sendable, Codable, CaseIterable {
    /// v, behind both layers, as published; of the proposal's box.
    case published
    /// What the first layer makes of the pooled region before its rectifier; of the detection's own box.
    ///
    /// The published training refines the whole detector until v tells the pseudo-classes apart. A detector that stays as it is
    /// keeps in v what box and quality need and no more: of the bundled model's 256 values some 20 are ever above 0. Before
    /// the rectifier nothing is lost yet.
    case linear

    /// Its value in files.
    var code: Float { self == .published ? 0 : 1 }
}
