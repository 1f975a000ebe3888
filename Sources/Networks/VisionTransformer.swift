internal import CKernels
public import ModelFiles
public import Tensors

/// A plain vision transformer with pre-normalisation: DINOv2 (with or without registers) and its relatives such as DeiT.
///
/// Width, depth, patch size, registers, layer scale and the learned grid follow from the tensors. Token order: class,
/// registers, patches row by row; positions are added to class and patches only.
public struct VisionTransformer: Sendable {
    /// Pixels per patch side; image sides must be multiples of it.
    public let patchSize: Int
    /// Values per token.
    public let width: Int
    public let heads: Int
    /// Tokens in front of the patches: the class token and the registers.
    public let leadingTokens: Int
    public var depth: Int { blocks.count }

    private let patchEmbedding: Convolution
    /// `[leadingTokens, width]`; the class token with its position added.
    private let leading: Tensor
    private let classPosition: Tensor
    private let grid: PositionGrid
    private let blocks: [any TransformerBlock]
    private let finalNorm: LayerNorm

    /// Reads the official names: `cls_token`, `pos_embed`, `register_tokens`, `patch_embed.proj.*`,
    /// `blocks.{i}.{norm1,attn.qkv,attn.proj,ls1,norm2,mlp.fc1,mlp.fc2,ls2}`, `norm`.
    ///
    /// - Parameters:
    ///   - prefix: put before every name, including its dot.
    ///   - heads: attention heads; nil: as many as give 64 values per head, as all released models have.
    ///   - interpolation: nil: what DINOv2 uses with or without registers.
    ///   - precision: of the blocks; in `int8` none of their weights are kept in single precision.
    /// - Throws: `ModelFileError` when a tensor is missing, not finite, or shapes do not fit each other.
    public init(
        _ source: any TensorSource, prefix: String = "", heads: Int? = nil,
        interpolation: PositionInterpolation? = nil, precision: ModelCard.Precision = .fp32
    ) throws(ModelFileError) {
        let embedding = prefix + "patch_embed.proj"
        let kernel = source.extents(of: embedding + ".weight") ?? []
        let patchSize = kernel.count == 4 ? kernel[2] : 1
        patchEmbedding = try Convolution(source, embedding, stride: patchSize)
        let width = patchEmbedding.outputChannels
        guard patchEmbedding.kernelWidth == patchSize else {
            throw ModelFileError(.wrongShape, "\(source.origin): tensor \(embedding).weight has no square patches")
        }
        self.patchSize = patchSize
        self.width = width
        guard let heads = heads ?? (width % 64 == 0 ? width / 64 : nil), heads > 0, width % heads == 0 else {
            throw ModelFileError(
                .wrongShape, "\(source.origin): \(width) values per token cannot be divided into attention heads")
        }
        self.heads = heads

        let tokens = try Self.tokens(source, prefix, width: width)
        leading = tokens.leading
        leadingTokens = tokens.leading.shape[0]
        classPosition = tokens.classPosition
        grid = PositionGrid(
            learned: tokens.patchPositions, side: tokens.side,
            interpolation: interpolation ?? (leadingTokens > 1 ? .antialiased : .scaled(offset: 0.1)))

        var blocks: [any TransformerBlock] = []
        repeat {
            let name = "\(prefix)blocks.\(blocks.count)."
            switch precision {
            case .fp32: blocks.append(try ExactBlock(source, name, width: width))
            case .int8: blocks.append(try QuantisedBlock(source, name, width: width))
            }
        } while source.contains("\(prefix)blocks.\(blocks.count).norm1.weight")
        self.blocks = blocks
        finalNorm = try LayerNorm(source, prefix + "norm", width: width)
    }

    private static func tokens(
        _ source: any TensorSource, _ prefix: String, width: Int
    ) throws(ModelFileError) -> (leading: Tensor, classPosition: Tensor, patchPositions: Tensor, side: Int) {
        let embedding = try source.parameter(prefix + "pos_embed")
        let cells = embedding.count / width - 1
        let side = Int(Float(max(cells, 0)).squareRoot().rounded())
        guard side > 0, side * side == cells, embedding.count == (cells + 1) * width else {
            throw ModelFileError(
                .wrongShape,
                """
                \(source.origin): tensor \(prefix)pos_embed has shape \(embedding.shape), expected a class token and a \
                square grid of \(width) values each
                """)
        }
        let classToken = try source.parameter(prefix + "cls_token", shape: [1, 1, width])
        let registers =
            source.contains(prefix + "register_tokens") ? try source.parameter(prefix + "register_tokens") : nil
        guard (registers?.count ?? 0) % width == 0 else {
            throw ModelFileError(
                .wrongShape, "\(source.origin): tensor \(prefix)register_tokens is not \(width) values wide")
        }
        let classPosition = Tensor([1, width], embedding.elements[0..<width])
        let patchPositions = Tensor([cells, width], embedding.elements[width...])
        let first = zip(classToken.elements, classPosition.elements).map { $0 + $1 }
        let leading = Tensor([1 + (registers?.count ?? 0) / width, width], first + (registers?.array ?? []))
        return (leading, classPosition, patchPositions, side)
    }

    /// Patches of an image, as (rows, columns).
    public func gridSize(of image: Shape) -> (rows: Int, columns: Int) {
        (image[0] / patchSize, image[1] / patchSize)
    }

    /// The patch tokens behind the given blocks (0-based), each through the final layer normalisation.
    ///
    /// - Parameters:
    ///   - image: `[H, W, 3]`, normalised; H and W are multiples of `patchSize`.
    ///   - layers: blocks, in any order, each at most once; later blocks are not computed.
    /// - Returns: for each of `layers` a tensor `[rows * columns, width]` borrowed from the context's workspace.
    public func callAsFunction(_ image: Tensor, layers: [Int], context: ComputeContext) -> [Tensor] {
        run(image, layers: layers, leaving: leadingTokens, context: context)
    }

    /// All tokens behind the given blocks, each through the final layer normalisation: row 0 is the class token, then
    /// `leadingTokens - 1` registers, then the patches.
    ///
    /// - Returns: for each of `layers` a tensor `[leadingTokens + rows * columns, width]` borrowed from the workspace.
    public func allTokens(_ image: Tensor, layers: [Int], context: ComputeContext) -> [Tensor] {
        run(image, layers: layers, leaving: 0, context: context)
    }

    /// The positions added to class token and patches for a grid: `[1 + rows * columns, width]`.
    package func positions(rows: Int, columns: Int) -> Tensor {
        let patches = grid.positions(rows: rows, columns: columns)
        return Tensor([1 + rows * columns, width], classPosition.array + patches.array)
    }

    private func run(_ image: Tensor, layers: [Int], leaving skipped: Int, context: ComputeContext) -> [Tensor] {
        precondition(layers.allSatisfy { $0 >= 0 && $0 < depth }, "no such block")
        precondition(Set(layers).count == layers.count, "a block is asked for twice")
        let workspace = context.workspace
        let tokens = embed(image, context: context)
        let count = tokens.shape[0]
        var results = [Tensor?](repeating: nil, count: layers.count)
        for (index, block) in blocks.enumerated() where index <= layers.max() ?? -1 {
            block.advance(tokens, heads: heads, context: context)
            if let place = layers.firstIndex(of: index) {
                let result = workspace.borrow([count - skipped, width])
                finalNorm(tokens, into: result, context: context)
                results[place] = result
            }
        }
        workspace.giveBack(tokens)
        return results.compactMap { $0 }
    }

    /// All tokens behind the first `blocks` blocks, not normalised; borrowed from the workspace.
    package func residualStream(_ image: Tensor, blocks count: Int, context: ComputeContext) -> Tensor {
        let tokens = embed(image, context: context)
        for block in blocks.prefix(count) { block.advance(tokens, heads: heads, context: context) }
        return tokens
    }

    /// `[leadingTokens + rows * columns, width]`, positions added.
    package func embed(_ image: Tensor, context: ComputeContext) -> Tensor {
        let (rows, columns) = gridSize(of: image.shape)
        precondition(
            rows > 0 && columns > 0 && rows * patchSize == image.shape[0] && columns * patchSize == image.shape[1],
            "image sides are not multiples of the patch size")
        let tokens = context.workspace.borrow([leadingTokens + rows * columns, width])
        let patches = context.workspace.borrow([rows, columns, width])
        patchEmbedding(image, into: patches, adding: grid.positions(rows: rows, columns: columns), context: context)
        tokens.pointer.update(from: leading.pointer, count: leading.count)
        (tokens.pointer + leading.count).update(from: patches.pointer, count: patches.count)
        context.workspace.giveBack(patches)
        return tokens
    }
}
