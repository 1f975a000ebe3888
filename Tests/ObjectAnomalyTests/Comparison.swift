import Tensors
import Testing

/// `[N, C, H, W]` as stored by the reference, as our `[N * H, W, C]`.
func channelsLast(_ tensor: Tensor) -> Tensor {
    let (images, channels, height, width) = (tensor.shape[0], tensor.shape[1], tensor.shape[2], tensor.shape[3])
    let result = Tensor([images * height, width, channels])
    for image in 0..<images {
        for channel in 0..<channels {
            let plane = tensor.pointer + (image * channels + channel) * height * width
            for cell in 0..<height * width {
                result.pointer[(image * height * width + cell) * channels + channel] = plane[cell]
            }
        }
    }
    return result
}

/// Largest absolute difference (infinite when any is NaN or the counts differ) and the reference's largest magnitude.
func difference(_ found: some Collection<Float>, _ expected: some Collection<Float>) -> (largest: Float, scale: Float) {
    guard found.count == expected.count else { return (.infinity, 1) }
    var largest: Float = 0
    var scale: Float = 0
    for (left, right) in zip(found, expected) {
        let distance = abs(left - right)
        largest = distance.isNaN ? .infinity : max(largest, distance)
        scale = max(scale, abs(right))
    }
    return (largest, scale)
}

/// Asserts that no value differs from the reference by more than an absolute tolerance.
func expectClose(
    _ found: some Collection<Float>, _ expected: some Collection<Float>, within tolerance: Float, _ what: String,
    sourceLocation: SourceLocation = #_sourceLocation
) {
    let error = difference(found, expected)
    #expect(error.largest <= tolerance, "\(what): \(error)", sourceLocation: sourceLocation)
}
