internal import Glibc
public import Imaging

/// One detected thing of whatever class.
public struct Detection: Hashable, Sendable {
    /// In pixels of the original picture.
    public let box: Box
    /// sqrt(objectness · box quality) in [0, 1]; from a detector of masks times the cube root of the mask's quality, which
    /// may make it negative or larger than 1.
    public let score: Float
    /// Logit of the probability that the object is normal, by SSOS; nil when the detector ran without a normality model.
    public let normalLogit: Float?
    /// How anomalous the object is by the model's own scorer, on its own scale, for an `ObjectCalibration`; nil when the
    /// detector ran without a normality model.
    public let anomaly: Float?
    /// The pixels that it covers; nil from a detector without masks.
    public let mask: Mask?

    /// Which pixels of the original picture an object covers.
    public struct Mask: Hashable, Sendable {
        public let silhouette: Silhouette
        /// Predicted intersection over union with the true silhouette, about 0 to 1 but not confined to it.
        public let quality: Float

        public init(silhouette: Silhouette, quality: Float) {
            self.silhouette = silhouette
            self.quality = quality
        }
    }

    /// - Parameter anomaly: nil is that of SSOS: minus the logit.
    public init(box: Box, score: Float, normalLogit: Float?, anomaly: Float? = nil, mask: Mask? = nil) {
        self.box = box
        self.score = score
        self.normalLogit = normalLogit
        self.anomaly = anomaly ?? normalLogit.map { -$0 }
        self.mask = mask
    }

    /// The score of a box and its mask together, as published: cbrt(score² · (quality · score)).
    static func fused(_ score: Float, maskQuality quality: Float) -> Float { cbrt(score * score * (quality * score)) }

    /// The probability that the object is normal, in [0, 1]; small means anomalous.
    public var normalProbability: Float? { normalLogit.map { 1 / (1 + exp(-$0)) } }
}
