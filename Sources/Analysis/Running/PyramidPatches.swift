internal import Imaging
internal import ModelFiles
internal import Networks
internal import Tensors

/// Patch features from the detector's pyramid: two convolutions on P3 (stride 8), `pixel_head.conv` with ReLU and
/// `pixel_head.proj`.
struct PyramidPatches: Sendable {
    private let convolution: Convolution
    private let projection: Convolution

    /// Index into P2…P6 of the level that the head reads.
    private static let level = 1

    /// Length of a patch's feature vector.
    var width: Int { projection.outputChannels }

    init(_ source: any TensorSource) throws(ModelFileError) {
        convolution = try Convolution(source, "pixel_head.conv", padding: 1)
        projection = try Convolution(source, "pixel_head.proj")
        guard projection.inputChannels == convolution.outputChannels else {
            throw ModelFileError(
                .wrongShape, "\(source.origin): pixel_head.conv and pixel_head.proj do not fit each other")
        }
    }

    /// `[rows, columns, D]` of the part of the input that is picture, borrowed from the context's workspace.
    func callAsFunction(_ pyramid: [FeatureMap], fit: InputFit, context: ComputeContext) -> Tensor {
        let workspace = context.workspace
        let level = pyramid[Self.level]
        let hidden = workspace.borrow(convolution.outputShape(level.tensor.shape))
        convolution(level.tensor, into: hidden, activation: .relu, context: context)
        let full = workspace.borrow(projection.outputShape(hidden.shape))
        projection(hidden, into: full, context: context)
        workspace.giveBack(hidden)

        // A cell counts when at least half of it is picture.
        let rows = max(1, (fit.height + level.stride / 2) / level.stride)
        let columns = max(1, (fit.width + level.stride / 2) / level.stride)
        guard rows < full.shape[0] || columns < full.shape[1] else { return full }
        let cropped = workspace.borrow([rows, columns, width])
        for row in 0..<rows {
            (cropped.pointer + row * columns * width)
                .update(from: full.pointer + row * full.shape[1] * width, count: columns * width)
        }
        workspace.giveBack(full)
        return cropped
    }
}
