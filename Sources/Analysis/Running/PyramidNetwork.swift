internal import ModelFiles
internal import Networks
internal import Tensors

/// The backbone and pyramid that the detector and its patch features share.
struct PyramidNetwork: Sendable {
    private let backbone: ResNet
    private let pyramid: FeaturePyramid

    /// - Parameter planned: size of the pictures to come.
    init(_ source: any TensorSource, planned: PlannedInput) throws(ModelFileError) {
        backbone = try ResNet(source, planned: planned)
        pyramid = try FeaturePyramid(source, planned: planned)
    }

    /// P2…P6 of a padded input, borrowed from the context's workspace.
    func callAsFunction(_ input: Tensor, context: ComputeContext) -> [FeatureMap] {
        let maps = backbone(input, context: context)
        defer { context.workspace.giveBack(maps) }
        return pyramid(maps, context: context)
    }
}
