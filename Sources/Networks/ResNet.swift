internal import CKernels
public import ModelFiles
public import Tensors

/// A residual network (He et al. 2016) in PyTorch style: stem 7x7/2 and max pooling, then four stages of blocks.
///
/// Depth, widths and the kind of block follow from the tensors: a `conv3` means bottlenecks (stride in the 3x3 `conv2`),
/// otherwise basic blocks (stride in `conv1`). Batch normalisation uses its running statistics.
public struct ResNet: Sendable {
    private struct Block: Sendable {
        let convolutions: [Convolution]
        let downsample: Convolution?
    }

    private let stem: Convolution
    private let stages: [[Block]]
    /// Channels of C2 to C5.
    public let widths: [Int]

    /// Reads `<prefix>.conv1.weight`, `<prefix>.bn1.*`, `<prefix>.layer1.0.conv1.weight` and so on.
    /// - Parameter planned: size of the pictures to come.
    /// - Throws: `ModelFileError` when a tensor is missing, not finite, or shapes do not follow each other.
    public init(
        _ source: any TensorSource, prefix: String = "backbone", planned: PlannedInput = .typical
    ) throws(ModelFileError) {
        stem = try Convolution(source, prefix + ".conv1", stride: 2, padding: 3, batchNorm: prefix + ".bn1")
        var channels = stem.outputChannels
        var stages: [[Block]] = []
        for stage in 1...4 {
            var blocks: [Block] = []
            repeat {
                let name = "\(prefix).layer\(stage).\(blocks.count)"
                let block = try Self.block(
                    source, name, stride: stage > 1 && blocks.isEmpty ? 2 : 1, inputs: channels,
                    cells: planned.cells(stride: 2 << stage))
                channels = block.convolutions.last?.outputChannels ?? channels
                blocks.append(block)
            } while source.contains("\(prefix).layer\(stage).\(blocks.count).conv1.weight")
            stages.append(blocks)
        }
        self.stages = stages
        widths = stages.map { $0.last?.convolutions.last?.outputChannels ?? 0 }
    }

    private static func block(
        _ source: any TensorSource, _ name: String, stride: Int, inputs: Int, cells: Int
    ) throws(ModelFileError) -> Block {
        let isBottleneck = source.contains(name + ".conv3.weight")
        let kernels = isBottleneck ? [1, 3, 1] : [3, 3]
        let strided = isBottleneck ? 1 : 0
        var convolutions: [Convolution] = []
        var channels = inputs
        for (index, kernel) in kernels.enumerated() {
            let convolution = try Convolution(
                source, "\(name).conv\(index + 1)", stride: index == strided ? stride : 1, padding: kernel / 2,
                batchNorm: "\(name).bn\(index + 1)", cells: cells)
            try expect(convolution, inputs: channels, kernel: kernel, source, "\(name).conv\(index + 1)")
            convolutions.append(convolution)
            channels = convolution.outputChannels
        }
        guard source.contains(name + ".downsample.0.weight") else {
            guard stride == 1, channels == inputs else {
                throw ModelFileError(.missingTensor, "\(source.origin): tensor \(name).downsample.0.weight is missing")
            }
            return Block(convolutions: convolutions, downsample: nil)
        }
        let downsample = try Convolution(
            source, name + ".downsample.0", stride: stride, batchNorm: name + ".downsample.1")
        try expect(downsample, inputs: inputs, outputs: channels, kernel: 1, source, name + ".downsample.0")
        return Block(convolutions: convolutions, downsample: downsample)
    }

    private static func expect(
        _ convolution: Convolution, inputs: Int, outputs: Int? = nil, kernel: Int, _ source: any TensorSource,
        _ name: String
    ) throws(ModelFileError) {
        guard convolution.inputChannels == inputs, outputs.map({ $0 == convolution.outputChannels }) ?? true,
            convolution.kernelHeight == kernel, convolution.kernelWidth == kernel
        else {
            throw ModelFileError(
                .wrongShape,
                """
                \(source.origin): tensor \(name).weight does not fit: expected \(inputs) input channels\
                \(outputs.map { ", \($0) output channels" } ?? "") and a \(kernel)x\(kernel) kernel
                """)
        }
    }

    /// C2 to C5 (strides 4, 8, 16, 32) of a normalised image.
    ///
    /// - Parameter image: `[H, W, channels of the stem]`; H and W are multiples of 32.
    /// - Returns: maps borrowed from the context's workspace; give them back with `Workspace.giveBack`.
    public func callAsFunction(_ image: Tensor, context: ComputeContext) -> [FeatureMap] {
        precondition(image.shape[0] % 32 == 0 && image.shape[1] % 32 == 0, "image sides are not multiples of 32")
        let workspace = context.workspace
        let half = workspace.borrow(stem.outputShape(image.shape))
        stem(image, into: half, activation: .relu, context: context)
        var current = Self.maxPool(half, context: context)
        workspace.giveBack(half)
        var maps: [FeatureMap] = []
        for (index, blocks) in stages.enumerated() {
            for (position, block) in blocks.enumerated() {
                let next = Self.run(block, current, context: context)
                // The input of a stage's first block is the last stage's result, which is returned.
                if position > 0 || index == 0 { workspace.giveBack(current) }
                current = next
            }
            maps.append(FeatureMap(tensor: current, stride: 4 << index))
        }
        return maps
    }

    private static func run(_ block: Block, _ input: Tensor, context: ComputeContext) -> Tensor {
        let workspace = context.workspace
        var residual = input
        if let downsample = block.downsample {
            residual = workspace.borrow(downsample.outputShape(input.shape))
            downsample(input, into: residual, context: context)
        }
        var current = input
        for (index, convolution) in block.convolutions.enumerated() {
            let isLast = index == block.convolutions.count - 1
            let next = workspace.borrow(convolution.outputShape(current.shape))
            convolution(current, into: next, activation: .relu, adding: isLast ? residual : nil, context: context)
            if index > 0 { workspace.giveBack(current) }
            current = next
        }
        if block.downsample != nil { workspace.giveBack(residual) }
        return current
    }

    /// 3x3, stride 2, padding 1.
    private static func maxPool(_ input: Tensor, context: ComputeContext) -> Tensor {
        let (height, width, channels) = (input.shape[0], input.shape[1], input.shape[2])
        let output = context.workspace.borrow([(height - 1) / 2 + 1, (width - 1) / 2 + 1, channels])
        context.pool.forRanges(output.shape[0], grain: 4) { @Sendable rows in
            ck_max_pool_3x3(
                input.pointer, height, width, channels, output.shape[1], rows.lowerBound, rows.count, output.pointer)
        }
        return output
    }
}
