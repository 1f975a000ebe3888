public import Tensors

/// The representatives of one class in the space of raw features, as condensation leaves them.
public struct EtalonSet: Sendable {
    /// `[K, D]`
    public let centres: Tensor
    /// Learned scale of each etalon, `[K]`; not used for scoring.
    public let beta: [Float]
    /// Running support of each etalon in rows per batch, `[K]`; not used for scoring.
    public let support: [Float]

    public var count: Int { centres.shape[0] }
    public var dimension: Int { centres.shape[1] }

    /// `centres` `[K, D]`, K > 0; `beta` and `support` have K values.
    public init(centres: Tensor, beta: [Float], support: [Float]) {
        precondition(centres.shape.rank == 2 && centres.shape[0] == beta.count && beta.count == support.count)
        self.centres = centres
        self.beta = beta
        self.support = support
    }
}
