internal import CKernels
public import ModelFiles
public import Tensors

/// A two-dimensional convolution on channels-last maps `[H, W, C]`, with a following batch normalisation folded in.
///
/// Windows are gathered by chunks that stay in a core's second-level cache, multiplied by the weights, and finished (bias,
/// residual, activation) while they are still there.
public struct Convolution: Sendable {
    public let inputChannels: Int
    public let outputChannels: Int
    public let kernelHeight: Int
    public let kernelWidth: Int
    public let stride: Int
    public let padding: Int
    /// `[kernel height * kernel width * in, out]`
    private let weight: Tensor
    /// `[out]`
    private let bias: Tensor?

    /// - Parameters:
    ///   - weight: `[out, in, height, width]`, as PyTorch stores it.
    ///   - scale: factor of each output channel, applied to the weights alone.
    ///   - bias: `[out]`
    public init(weight: Tensor, scale: Tensor? = nil, bias: Tensor? = nil, stride: Int = 1, padding: Int = 0) {
        precondition(weight.shape.rank == 4 && stride >= 1 && padding >= 0)
        outputChannels = weight.shape[0]
        inputChannels = weight.shape[1]
        kernelHeight = weight.shape[2]
        kernelWidth = weight.shape[3]
        precondition(scale.map { $0.count == weight.shape[0] } ?? true)
        precondition(bias.map { $0.count == weight.shape[0] } ?? true)
        self.stride = stride
        self.padding = padding
        let cells = kernelHeight * kernelWidth
        let packed = Tensor([cells * inputChannels, outputChannels])
        ck_pack_weights(weight.pointer, scale?.pointer, packed.pointer, outputChannels, inputChannels, cells)
        self.weight = packed
        self.bias = bias
    }

    /// Reads `<prefix>.weight`, where present `<prefix>.bias`, and the batch normalisation `<batchNorm>.weight`, `.bias`,
    /// `.running_mean`, `.running_var` (epsilon 1e-5), which is folded into weights and bias.
    /// - Throws: `ModelFileError` when a tensor is missing, not finite or of the wrong shape.
    public init(
        _ source: any TensorSource, _ prefix: String, stride: Int = 1, padding: Int = 0, batchNorm: String? = nil
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
        self.init(weight: weight, scale: scale, bias: bias, stride: stride, padding: padding)
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
    ///   - residual: added before the activation; shaped like `output`, may be `output`'s own memory only if written before.
    public func callAsFunction(
        _ input: Tensor, into output: Tensor, activation: Activation = .none, adding residual: Tensor? = nil,
        context: ComputeContext
    ) {
        precondition(input.shape.rank == 3 && input.shape[2] == inputChannels, "input has other channels")
        precondition(output.shape == outputShape(input.shape), "output has another shape")
        precondition(residual.map { $0.count == output.count } ?? true)
        let pixels = output.shape[0] * output.shape[1]
        let depth = weight.shape[0]
        let isPlain = kernelHeight == 1 && kernelWidth == 1 && stride == 1 && padding == 0
        let size = max(Self.fewestPixels, Self.hotElements / (isPlain ? depth + outputChannels : depth))
        let chunks = context.pool.chunkCount(pixels, size: size)
        let longest = (pixels + chunks - 1) / chunks
        let windows = isPlain ? nil : context.workspace.borrow([context.pool.width, longest * depth])
        let geometry = ck_window(
            height: input.shape[0], width: input.shape[1], channels: inputChannels, kernel_height: kernelHeight,
            kernel_width: kernelWidth, stride: stride, padding: padding, output_width: output.shape[1])
        context.pool.forEachOnStrand(chunks) { @Sendable strand, chunk in
            let range = pixels * chunk / chunks..<pixels * (chunk + 1) / chunks
            var rows = UnsafePointer(input.pointer + range.lowerBound * depth)
            if let windows {
                var geometry = geometry
                let scratch = windows.row(strand)
                ck_gather_windows(input.pointer, &geometry, range.lowerBound, range.count, scratch)
                rows = UnsafePointer(scratch)
            }
            let offset = range.lowerBound * outputChannels
            multiply(
                m: range.count, n: outputChannels, k: depth, rows, lda: depth, .none, weight.pointer,
                ldb: outputChannels,
                into: output.pointer + offset, ldc: outputChannels)
            ck_finish_rows(
                output.pointer + offset, bias?.pointer, residual.map { UnsafePointer($0.pointer + offset) },
                range.count,
                outputChannels, outputChannels, activation.kernelCode)
        }
        if let windows { context.workspace.giveBack(windows) }
    }

    /// Values of gathered windows that stay in a core's second-level cache.
    private static let hotElements = 64 * 1024
    /// Fewer rows than this make a matrix product inefficient.
    private static let fewestPixels = 48
}
