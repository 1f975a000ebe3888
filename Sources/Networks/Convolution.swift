internal import CKernels
public import ModelFiles
public import Tensors

/// A two-dimensional convolution on channels-last maps `[H, W, C]`, with a following batch normalisation folded in.
///
/// Windows are read where they lie, out of a copy of the map with a frame of zeros; each row of a window is one run of
/// `kernel width * in` values. Bias, residual and activation are applied while the sums are in cache.
public struct Convolution: Sendable {
    public let inputChannels: Int
    public let outputChannels: Int
    public let kernelHeight: Int
    public let kernelWidth: Int
    public let stride: Int
    public let padding: Int
    /// `[out]`
    private let bias: Tensor?
    private let form: Form

    /// The weights in the form that its way of computing needs.
    private enum Form: Sendable {
        /// `[kernel height * kernel width * in, out]`
        case windows(PackedMatrix)
        case winograd(WinogradConvolution)
    }

    /// - Parameters:
    ///   - weight: `[out, in, height, width]`, as PyTorch stores it.
    ///   - scale: factor of each output channel, applied to the weights alone.
    ///   - bias: `[out]`
    ///   - cells: about how many cells the output map will have: the way of computing is chosen for it.
    public init(
        weight: Tensor, scale: Tensor? = nil, bias: Tensor? = nil, stride: Int = 1, padding: Int = 0,
        cells: Int = PlannedInput.typical.cells(stride: 8)
    ) {
        precondition(weight.shape.rank == 4 && stride >= 1 && padding >= 0)
        outputChannels = weight.shape[0]
        inputChannels = weight.shape[1]
        kernelHeight = weight.shape[2]
        kernelWidth = weight.shape[3]
        precondition(scale.map { $0.count == weight.shape[0] } ?? true)
        precondition(bias.map { $0.count == weight.shape[0] } ?? true)
        self.stride = stride
        self.padding = padding
        self.bias = bias
        let tile = WinogradConvolution.tile(for: weight.shape, stride: stride, padding: padding, cells: cells)
        form =
            if let tile {
                .winograd(WinogradConvolution(tile, weight: weight, scale: scale, bias: bias))
            } else {
                .windows(PackedMatrix(weight: weight, scale: scale, cells: kernelHeight * kernelWidth))
            }
    }

    /// Reads `<prefix>.weight`, where present `<prefix>.bias`, and the batch normalisation `<batchNorm>.weight`, `.bias`,
    /// `.running_mean`, `.running_var` (epsilon 1e-5), which is folded into weights and bias.
    /// - Throws: `ModelFileError` when a tensor is missing, not finite or of the wrong shape.
    public init(
        _ source: any TensorSource, _ prefix: String, stride: Int = 1, padding: Int = 0, batchNorm: String? = nil,
        cells: Int = PlannedInput.typical.cells(stride: 8)
    ) throws(ModelFileError) {
        let weight = try source.parameter(prefix + ".weight")
        guard weight.shape.rank == 4, weight.count > 0 else {
            throw ModelFileError(
                .wrongShape,
                "\(source.origin): tensor \(prefix).weight has shape \(weight.shape), expected [out, in, height, width]"
            )
        }
        let outputs: Shape = [weight.shape[0]]
        var bias = source.contains(prefix + ".bias") ? try source.parameter(prefix + ".bias", shape: outputs) : nil
        var scale: Tensor?
        if let batchNorm {
            let gain = try source.parameter(batchNorm + ".weight", shape: outputs)
            let offset = try source.parameter(batchNorm + ".bias", shape: outputs)
            let mean = try source.parameter(batchNorm + ".running_mean", shape: outputs)
            let variance = try source.parameter(batchNorm + ".running_var", shape: outputs)
            let shift = Tensor(outputs)
            for channel in 0..<outputs.count {
                guard variance.pointer[channel] >= 0 else {
                    throw ModelFileError(
                        .notFinite, "\(source.origin): tensor \(batchNorm).running_var has a negative variance")
                }
                gain.pointer[channel] /= (variance.pointer[channel] + 1e-5).squareRoot()
                let before = bias.map { $0.pointer[channel] } ?? 0
                shift.pointer[channel] =
                    offset.pointer[channel] + (before - mean.pointer[channel]) * gain.pointer[channel]
            }
            scale = gain
            bias = shift
        }
        self.init(weight: weight, scale: scale, bias: bias, stride: stride, padding: padding, cells: cells)
    }

    /// `[H', W', out]` for an input `[H, W, in]`.
    public func outputShape(_ input: Shape) -> Shape {
        [
            (input[0] + 2 * padding - kernelHeight) / stride + 1, (input[1] + 2 * padding - kernelWidth) / stride + 1,
            outputChannels,
        ]
    }

    /// - Parameters:
    ///   - input: `[H, W, in]`
    ///   - output: `outputShape(input.shape)`; must not overlap `input`.
    ///   - activation: not GELU.
    ///   - residual: added before the activation; shaped like `output`, must not overlap it.
    public func callAsFunction(
        _ input: Tensor, into output: Tensor, activation: Activation = .none, adding residual: Tensor? = nil,
        context: ComputeContext
    ) {
        precondition(input.shape.rank == 3 && input.shape[2] == inputChannels, "input has other channels")
        precondition(output.shape == outputShape(input.shape), "output has another shape")
        precondition(residual.map { $0.count == output.count } ?? true)
        precondition(activation != .gelu)
        switch form {
        case .winograd(let winograd):
            winograd(input, into: output, activation: activation, adding: residual, context: context)
        case .windows(let weight):
            slide(weight, over: input, into: output, activation, residual, context)
        }
    }

    private func slide(
        _ weight: PackedMatrix, over input: Tensor, into output: Tensor, _ activation: Activation, _ residual: Tensor?,
        _ context: ComputeContext
    ) {
        let frame = MapFrame(
            height: input.shape[0] + 2 * padding, width: input.shape[1] + 2 * padding, padding: padding)
        let framed = padding > 0 ? frame.surround(input, context: context) : input
        let lines = output.shape[0]
        let lineValues = stride * framed.shape[1] * inputChannels
        let chunks = context.pool.chunkCount(lines, size: max(1, Self.hotElements / lineValues))
        if chunks % context.pool.width == 0 {
            context.pool.forEach(chunks) { @Sendable chunk in
                product(weight, framed, output, activation, residual)
                    .run(lines: lines * chunk / chunks..<lines * (chunk + 1) / chunks, panels: 0..<weight.panels)
            }
        } else {
            // Fewer lines than cores.
            context.pool.forRanges(weight.panels) { @Sendable panels in
                product(weight, framed, output, activation, residual).run(lines: 0..<lines, panels: panels)
            }
        }
        if padding > 0 { context.workspace.giveBack(framed) }
    }

    /// Input values that stay in a core's second-level cache while the weights pass by.
    private static let hotElements = 96 * 1024

    private func product(
        _ weight: PackedMatrix, _ framed: Tensor, _ output: Tensor, _ activation: Activation, _ residual: Tensor?
    ) -> PackedProduct {
        let line = framed.shape[1] * inputChannels
        return PackedProduct(
            RowLayout(
                perLine: output.shape[1], lineStep: stride * line, step: stride * inputChannels, runs: kernelHeight,
                runStep: line, runLength: kernelWidth * inputChannels),
            framed.pointer, weights: weight.pointer, columns: outputChannels, into: output.pointer,
            outputStride: outputChannels, bias: bias.map { UnsafePointer($0.pointer) },
            residual: residual.map { UnsafePointer($0.pointer) }, activation: activation)
    }
}
