import ModelFiles
import Networks
import Tensors
import TestSupport
import Testing

/// `[1, C, H, W]` as stored by the reference, as our `[H, W, C]`.
func channelsLast(_ tensor: Tensor) -> Tensor {
    let (channels, height, width) = (tensor.shape[1], tensor.shape[2], tensor.shape[3])
    let result = Tensor([height, width, channels])
    for channel in 0..<channels {
        for cell in 0..<height * width {
            result.pointer[cell * channels + channel] = tensor.pointer[channel * height * width + cell]
        }
    }
    return result
}

/// Largest absolute difference, root mean square difference, and the reference's largest magnitude.
func difference(_ found: some Sequence<Float>, _ expected: Tensor) -> (largest: Float, rms: Float, scale: Float) {
    var largest: Float = 0
    var squares: Double = 0
    var scale: Float = 0
    var count = 0
    for (left, right) in zip(found, expected.elements) {
        let distance = abs(left - right)
        // A NaN must not pass a comparison of maxima.
        largest = distance.isNaN ? .infinity : max(largest, distance)
        squares += Double(distance * distance)
        scale = max(scale, abs(right))
        count += 1
    }
    #expect(count == expected.count)
    return (largest, Float((squares / Double(max(1, count))).squareRoot()), scale)
}
