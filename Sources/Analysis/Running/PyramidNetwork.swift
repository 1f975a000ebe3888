internal import ModelFiles
internal import Networks
internal import Tensors

/// The backbone and pyramid that the detector and its patch features share.
struct PyramidNetwork: Sendable {
    private let backbone: ResNet
    private let pyramid: FeaturePyramid

    init(_ source: any TensorSource) throws(ModelFileError) {
        backbone = try ResNet(source)
        pyramid = try FeaturePyramid(source)
    }

    /// P2…P6 of a padded input, borrowed from the context's workspace.
    func callAsFunction(_ input: Tensor, context: ComputeContext) -> [FeatureMap] {
        let maps = backbone(input, context: context)
        defer { context.workspace.giveBack(maps) }
        return pyramid(maps, context: context)
    }
}
