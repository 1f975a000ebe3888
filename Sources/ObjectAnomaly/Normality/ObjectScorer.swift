/// What makes an object's anomaly.
public enum ObjectScorer: String, Hashable, Sendable, Codable, CaseIterable {
    /// Minus the logit of P(normal) from the anomaly head over the energy: SSOS.
    case energy
    /// The squared distance from the nearest of many pseudo-classes in units of their common covariance (Mahalanobis).
    case distance
    /// The larger of both, each as surprise among the objects that calibrated it.
    case joint

    /// Its value in files.
    var code: Float { Float(Self.allCases.firstIndex(of: self) ?? 0) }
}
