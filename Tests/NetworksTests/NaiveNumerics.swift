import Basics
import Glibc
import Networks
import Tensors

/// Uniform numbers in -1 ..< 1.
func random(_ shape: Shape, seed: UInt64) -> Tensor {
    var generator = SeededGenerator(seed: seed)
    return Tensor(shape, (0..<shape.count).map { _ in Float(generator.uniform(in: -1..<1)) })
}

func apply(_ activation: Activation, _ value: Double) -> Double {
    switch activation {
    case .none: value
    case .relu: max(value, 0)
    case .gelu: 0.5 * value * (1 + erf(value / 2.0.squareRoot()))
    }
}

/// The sums of a convolution of `[H, W, in]` with `[out, in, height, width]` in double precision.
func naive(_ input: Tensor, _ weight: Tensor, stride: Int, padding: Int) -> [Double] {
    let (height, width, channels) = (input.shape[0], input.shape[1], input.shape[2])
    let (kernelHeight, kernelWidth) = (weight.shape[2], weight.shape[3])
    var sums: [Double] = []
    for y in windowStarts(height, kernelHeight, stride, padding) {
        for x in windowStarts(width, kernelWidth, stride, padding) {
            for output in 0..<weight.shape[0] {
                var sum = 0.0
                for channel in 0..<channels {
                    for dy in 0..<kernelHeight where y + dy >= 0 && y + dy < height {
                        for dx in 0..<kernelWidth where x + dx >= 0 && x + dx < width {
                            let value = input.pointer[((y + dy) * width + x + dx) * channels + channel]
                            let factor = weight.pointer[
                                ((output * channels + channel) * kernelHeight + dy) * kernelWidth + dx]
                            sum += Double(value) * Double(factor)
                        }
                    }
                }
                sums.append(sum)
            }
        }
    }
    return sums
}

/// Where the windows of one axis begin.
private func windowStarts(_ extent: Int, _ kernel: Int, _ stride: Int, _ padding: Int) -> [Int] {
    Array(Swift.stride(from: -padding, through: extent + padding - kernel, by: stride))
}
