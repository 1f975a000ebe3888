public import ModelFiles

/// What kind of vision transformer a file holds, told from its tensors alone; see `VisionTransformer`.
public struct VisionTransformerLayout: Sendable, Hashable, CustomStringConvertible {
    /// Values per token, a multiple of 64.
    public let width: Int
    public let depth: Int
    public let patchSize: Int
    public let registers: Int
    /// Cells per side of the learned grid of positions.
    public let side: Int
    /// Values between the two layers of a block's perceptron.
    public let hidden: Int
    public let hasLayerScale: Bool

    /// Whether a source looks like a vision transformer, whole or not.
    public static func isLikely(_ source: any TensorSource) -> Bool {
        ["patch_embed.proj.weight", "pos_embed", "cls_token", "blocks.0.norm1.weight"].contains {
            source.contains($0)
        }
    }

    /// - Throws: `ModelFileError` when a tensor that tells a size is missing or absurd, or when the network is one that
    ///   `VisionTransformer` does not compute.
    public init(_ source: any TensorSource) throws(ModelFileError) {
        func refusal(_ code: ModelFileError.Code, _ what: String) -> ModelFileError {
            ModelFileError(code, "\(source.origin): tensor \(what)")
        }
        let embedding = try source.extents(of: "patch_embed.proj.weight", rank: 4, each: 1...4096)
        guard embedding[1] == 3, embedding[2] == embedding[3], (2...64).contains(embedding[2]) else {
            throw refusal(
                .wrongShape, "patch_embed.proj.weight has shape \(embedding), expected [width, 3, patch, patch]")
        }
        guard embedding[0] % 64 == 0 else {
            throw refusal(
                .wrongShape,
                "patch_embed.proj.weight gives \(embedding[0]) values per token, which attention heads of 64 values do not "
                    + "divide; all released models are made of such heads")
        }
        let positions = try source.extents(of: "pos_embed", rank: 3)
        let side = Int(Double(max(0, positions[1] - 1)).squareRoot().rounded())
        guard side > 0, positions[1] == side * side + 1 else {
            throw refusal(
                .wrongShape, "pos_embed has shape \(positions), expected a class token and a square grid of patches")
        }
        if source.contains("blocks.0.mlp.w12.weight") {
            throw refusal(
                .unexpectedTensor,
                "blocks.0.mlp.w12.weight: the gated perceptron of ViT-g, which this monitor does not compute; use ViT-S, "
                    + "ViT-B or ViT-L")
        }
        if source.contains("blocks.0.0.norm1.weight") {
            throw refusal(
                .unexpectedTensor,
                "blocks.0.0.norm1.weight: blocks in chunks, as in training; save the model with block_chunks=0")
        }
        width = embedding[0]
        patchSize = embedding[2]
        self.side = side
        depth = try source.count(of: "blocks.", most: 64)
        hidden = try source.extents(of: "blocks.0.mlp.fc1.weight", rank: 2)[0]
        hasLayerScale = source.contains("blocks.0.ls1.gamma")
        registers =
            source.contains("register_tokens")
            ? try source.extents(of: "register_tokens", rank: 3)[1] : 0
    }

    /// Every tensor that the network reads.
    public var plan: TensorPlan {
        var plan = TensorPlan()
        plan.want("cls_token", [1, 1, width])
        plan.want("pos_embed", [1, side * side + 1, width])
        if registers > 0 { plan.want("register_tokens", [1, registers, width]) }
        plan.wantLayer("patch_embed.proj", [width, 3, patchSize, patchSize])
        for block in 0..<depth {
            let name = "blocks.\(block)."
            plan.wantLayer(name + "norm1", [width])
            plan.wantLayer(name + "attn.qkv", [3 * width, width])
            plan.wantLayer(name + "attn.proj", [width, width])
            plan.wantLayer(name + "norm2", [width])
            plan.wantLayer(name + "mlp.fc1", [hidden, width])
            plan.wantLayer(name + "mlp.fc2", [width, hidden])
            if hasLayerScale {
                plan.want(name + "ls1.gamma", [width])
                plan.want(name + "ls2.gamma", [width])
            }
        }
        plan.wantLayer("norm", [width])
        plan.leave(.exactly("mask_token"), because: "stands for hidden patches in training")
        plan.leave(
            .beginning("head."), because: "a classifier of ImageNet's classes; patch features are taken before it")
        return plan
    }

    /// Such as `ViT-S/14 with 4 registers`.
    public var description: String {
        let size =
            switch (width, depth) {
            case (192, 12): "Ti"
            case (384, 12): "S"
            case (768, 12): "B"
            case (1024, 24): "L"
            default: " of \(depth) blocks of \(width)"
            }
        let name = size.hasPrefix(" ") ? "ViT/\(patchSize)\(size)" : "ViT-\(size)/\(patchSize)"
        return registers > 0 ? "\(name) with \(registers) registers" : name
    }
}
