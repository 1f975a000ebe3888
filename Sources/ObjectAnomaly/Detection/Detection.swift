internal import Glibc
public import Imaging

/// One detected thing of whatever class.
public struct Detection: Hashable, Sendable {
    /// In pixels of the original picture.
    public let box: Box
    /// sqrt(objectness · box quality) in [0, 1].
    public let score: Float
    /// Logit of the probability that the object is normal; nil when the detector ran without a normality model.
    public let normalLogit: Float?

    public init(box: Box, score: Float, normalLogit: Float?) {
        self.box = box
        self.score = score
        self.normalLogit = normalLogit
    }

    /// The probability that the object is normal, in [0, 1]; small means anomalous.
    public var normalProbability: Float? { normalLogit.map { 1 / (1 + exp(-$0)) } }
}
