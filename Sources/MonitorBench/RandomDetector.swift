import Basics
import ModelFiles
import Tensors

/// Weights of an OLN with a ResNet-50 and the published widths, drawn at random: as large as the real ones, and right in
/// scale, so that no activation fades or explodes.
enum RandomDetector {
    static func weights(seed: UInt64) -> TensorTable {
        var maker = Maker(random: SeededGenerator(seed: seed))
        maker.convolution("backbone.conv1", 3, 64, 7, norm: "backbone.bn1")
        var channels = 64
        for (stage, blocks) in [3, 4, 6, 3].enumerated() {
            let width = 64 << stage
            for block in 0..<blocks {
                let name = "backbone.layer\(stage + 1).\(block)"
                maker.convolution(name + ".conv1", channels, width, 1, norm: name + ".bn1")
                maker.convolution(name + ".conv2", width, width, 3, norm: name + ".bn2")
                maker.convolution(name + ".conv3", width, 4 * width, 1, norm: name + ".bn3", gain: 0.2)
                if block == 0 {
                    maker.convolution(
                        name + ".downsample.0", channels, 4 * width, 1, norm: name + ".downsample.1", gain: 0.7)
                }
                channels = 4 * width
            }
        }
        for level in 0..<4 {
            maker.convolution("neck.lateral_convs.\(level).conv", 256 << level, 256, 1, gain: 0.5)
            maker.convolution("neck.fpn_convs.\(level).conv", 256, 256, 3, gain: 0.5)
        }
        maker.convolution("rpn_head.rpn_conv", 256, 256, 3)
        maker.convolution("rpn_head.rpn_obj", 256, 1, 1, gain: 10)
        maker.convolution("rpn_head.rpn_reg", 256, 4, 1, gain: 3, bias: 0.5)
        let head = "roi_head.bbox_head"
        maker.linear(head + ".shared_fcs.0", 256 * 49, 1024)
        maker.linear(head + ".shared_fcs.1", 1024, 1024)
        maker.linear(head + ".fc_reg", 1024, 4)
        maker.linear(head + ".fc_bbox_score", 1024, 1)
        return TensorTable(maker.tensors, origin: "random weights")
    }

    private struct Maker {
        var random: SeededGenerator
        var tensors: [String: Tensor] = [:]

        /// Sums of `inputs` products keep the scale of what goes in, behind a rectifier.
        private mutating func values(_ shape: Shape, inputs: Int, gain: Double) -> Tensor {
            let tensor = Tensor(shape)
            let bound = gain * (6 / Double(inputs)).squareRoot()
            for index in 0..<tensor.count { tensor.pointer[index] = Float(random.uniform(in: -bound..<bound)) }
            return tensor
        }

        mutating func convolution(
            _ name: String, _ inputs: Int, _ outputs: Int, _ side: Int, norm: String? = nil, gain: Double = 1,
            bias: Float = 0
        ) {
            tensors[name + ".weight"] = values(
                [outputs, inputs, side, side], inputs: inputs * side * side, gain: gain)
            if let norm {
                for (part, value) in [("weight", 1), ("bias", 0), ("running_mean", 0), ("running_var", 1)] {
                    tensors["\(norm).\(part)"] = Tensor([outputs], repeating: Float(value))
                }
            } else {
                tensors[name + ".bias"] = Tensor([outputs], repeating: bias)
            }
        }

        mutating func linear(_ name: String, _ inputs: Int, _ outputs: Int) {
            tensors[name + ".weight"] = values([outputs, inputs], inputs: inputs, gain: 1)
            tensors[name + ".bias"] = Tensor([outputs], repeating: 0)
        }
    }
}
