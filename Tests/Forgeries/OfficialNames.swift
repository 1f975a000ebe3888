/// Names and shapes of the tensors in official checkpoints, written down from the authors' code (specification 1.9, 3).
public enum OfficialNames {
    public typealias Tensors = [(name: String, extents: [Int])]

    /// DINOv2 with a learned grid of 37 by 37 patches of 14 pixels.
    public static func dinov2(width: Int, depth: Int, registers: Int = 0) -> Tensors {
        var tensors: Tensors = [
            ("cls_token", [1, 1, width]), ("pos_embed", [1, 1370, width]), ("mask_token", [1, width]),
        ]
        if registers > 0 { tensors.append(("register_tokens", [1, registers, width])) }
        tensors += layer("patch_embed.proj", [width, 3, 14, 14])
        for block in 0..<depth {
            let name = "blocks.\(block)."
            tensors += layer(name + "norm1", [width])
            tensors += layer(name + "attn.qkv", [3 * width, width])
            tensors += layer(name + "attn.proj", [width, width])
            tensors.append((name + "ls1.gamma", [width]))
            tensors += layer(name + "norm2", [width])
            tensors += layer(name + "mlp.fc1", [4 * width, width])
            tensors += layer(name + "mlp.fc2", [width, 4 * width])
            tensors.append((name + "ls2.gamma", [width]))
        }
        return tensors + layer("norm", [width])
    }

    /// A ResNet of torchvision's names under `backbone`.
    public static func resnet(depth: Int, width: Int = 64) -> Tensors {
        let blocks = [
            18: [2, 2, 2, 2], 34: [3, 4, 6, 3], 50: [3, 4, 6, 3], 101: [3, 4, 23, 3], 152: [3, 8, 36, 3],
        ]
        let isBottleneck = depth >= 50
        var tensors = convolution("conv1", "bn1", [width, 3, 7, 7])
        var inputs = width
        for (stage, count) in (blocks[depth] ?? []).enumerated() {
            let inner = width << stage
            let outer = isBottleneck ? 4 * inner : inner
            for block in 0..<count {
                let name = "layer\(stage + 1).\(block)."
                if isBottleneck {
                    tensors += convolution(name + "conv1", name + "bn1", [inner, inputs, 1, 1])
                    tensors += convolution(name + "conv2", name + "bn2", [inner, inner, 3, 3])
                    tensors += convolution(name + "conv3", name + "bn3", [outer, inner, 1, 1])
                } else {
                    tensors += convolution(name + "conv1", name + "bn1", [inner, inputs, 3, 3])
                    tensors += convolution(name + "conv2", name + "bn2", [inner, inner, 3, 3])
                }
                if block == 0 && (stage > 0 || inputs != outer) {
                    tensors += convolution(name + "downsample.0", name + "downsample.1", [outer, inputs, 1, 1])
                }
                inputs = outer
            }
        }
        return tensors.map { ("backbone." + $0.name, $0.extents) }
    }

    /// An OLN detector: `width` is the base width of its backbone, `channels` that of its pyramid.
    public static func oln(depth: Int, width: Int = 64, channels: Int = 256, features: Int = 1024) -> Tensors {
        var tensors = resnet(depth: depth, width: width)
        for level in 0..<4 {
            let inputs = (width << level) * (depth >= 50 ? 4 : 1)
            tensors += layer("neck.lateral_convs.\(level).conv", [channels, inputs, 1, 1])
            tensors += layer("neck.fpn_convs.\(level).conv", [channels, channels, 3, 3])
        }
        tensors += layer("rpn_head.rpn_conv", [channels, channels, 3, 3])
        for (name, outputs) in [("rpn_cls", 1), ("rpn_reg", 4), ("rpn_obj", 1)] {
            tensors += layer("rpn_head.\(name)", [outputs, channels, 1, 1])
        }
        let box = "roi_head.bbox_head."
        tensors += layer(box + "shared_fcs.0", [features, 49 * channels])
        tensors += layer(box + "shared_fcs.1", [features, features])
        for (name, outputs) in [("fc_cls", 2), ("fc_reg", 4), ("fc_bbox_score", 1)] {
            tensors += layer(box + name, [outputs, features])
        }
        return tensors
    }

    /// What OLN-SSOS adds.
    public static func ssos(classes: Int, features: Int = 1024, channels: Int = 256) -> Tensors {
        layer("roi_head.pseudo_score.0", [512, features]) + layer("roi_head.pseudo_score.2", [classes, 512])
            + layer("roi_head.logistic_regression_layer.0", [512, 1])
            + layer("roi_head.logistic_regression_layer.2", [1, 512]) + [("roi_head.means", [classes, 9 * channels])]
    }

    private static func layer(_ name: String, _ extents: [Int]) -> Tensors {
        [(name + ".weight", extents), (name + ".bias", [extents[0]])]
    }

    private static func convolution(_ name: String, _ normalisation: String, _ extents: [Int]) -> Tensors {
        [(name + ".weight", extents)]
            + ["weight", "bias", "running_mean", "running_var"].map { ("\(normalisation).\($0)", [extents[0]]) }
    }
}
