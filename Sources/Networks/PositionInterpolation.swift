/// How a learned grid of positional embeddings is brought to another size: the two bicubic rules DINOv2 models use.
public enum PositionInterpolation: Sendable, Equatable {
    /// Cubic A = -0.75 at coordinates scaled by `side / (n + offset)`; models without registers (offset 0.1).
    case scaled(offset: Double)
    /// Cubic A = -0.5, widened when shrinking so that nothing aliases; models with registers.
    case antialiased

    /// The weights of `side` source cells for each of `count` cells of one axis, `[count, side]`.
    package func weights(from side: Int, to count: Int) -> [Float] {
        var matrix = [Float](repeating: 0, count: count * side)
        for index in 0..<count {
            switch self {
            case .scaled(let offset):
                let scale = Float(1 / ((Double(count) + offset) / Double(side)))
                let source = scale * (Float(index) + 0.5) - 0.5
                let first = source.rounded(.down)
                for tap in -1...2 {
                    let cell = min(max(Int(first) + tap, 0), side - 1)
                    matrix[index * side + cell] += Self.cubic(source - first - Float(tap), -0.75)
                }
            case .antialiased:
                let scale = Float(side) / Float(count)
                let stretch = max(scale, 1)
                let centre = scale * (Float(index) + 0.5)
                let first = max(Int(centre - 2 * stretch + 0.5), 0)
                let end = min(Int(centre + 2 * stretch + 0.5), side)
                var sum: Float = 0
                for cell in first..<end {
                    let weight = Self.cubic((Float(cell) - centre + 0.5) / stretch, -0.5)
                    matrix[index * side + cell] = weight
                    sum += weight
                }
                for cell in first..<end { matrix[index * side + cell] /= sum }
            }
        }
        return matrix
    }

    /// Keys' cubic convolution kernel.
    private static func cubic(_ distance: Float, _ a: Float) -> Float {
        let x = abs(distance)
        if x <= 1 { return ((a + 2) * x - (a + 3)) * x * x + 1 }
        if x < 2 { return ((a * x - 5 * a) * x + 8 * a) * x - 4 * a }
        return 0
    }
}
