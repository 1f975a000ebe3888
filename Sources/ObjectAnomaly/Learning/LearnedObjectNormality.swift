public import ModelFiles
public import Tensors

/// What was learned about one camera's normal objects.
public struct LearnedObjectNormality: Sendable {
    /// The heads' parameters under their official names and the pseudo-classes' centres as `roi_head.means`.
    public let tensors: [String: Tensor]
    /// From held-out objects.
    public let calibration: ObjectCalibration
    /// Objects that were learned from and objects that were held out.
    public let trainedCount: Int
    public let heldOutCount: Int
    /// Both losses of each epoch, averaged over its batches; the anomaly head's is 0 before outliers are made.
    public let curve: [AnomalyObjective.Losses]

    public var classCount: Int { tensors["roi_head.means"]?.shape[0] ?? 0 }

    /// The heads, ready to score.
    /// - Throws: `ModelFileError`, never for a result of the learner.
    public func model() throws(ModelFileError) -> NormalityModel { try NormalityModel(TensorTable(tensors)) }

    /// Adds all tensors, those of the calibration included.
    public func add(to writer: inout SafetensorsWriter) {
        let all = tensors.merging(calibration.tensors()) { own, _ in own }
        for (name, tensor) in all.sorted(by: { $0.key < $1.key }) { writer.add(name, tensor) }
    }
}
