/// Smooth random values on the plane, the same for the same seed: the grain of every surface.
struct ValueNoise {
    let seed: UInt32

    init(seed: UInt64) { self.seed = UInt32(truncatingIfNeeded: seed ^ (seed >> 32)) }

    /// A random value in [0, 1) for a lattice point.
    @inline(__always)
    func lattice(_ x: Int32, _ y: Int32) -> Float {
        var mixed = UInt32(bitPattern: x) &* 0x9E37_79B1 ^ UInt32(bitPattern: y) &* 0x85EB_CA77 ^ seed &* 0xC2B2_AE3D
        mixed = (mixed ^ (mixed >> 15)) &* 0x2C1B_3C6D
        mixed = (mixed ^ (mixed >> 12)) &* 0x297A_2D39
        mixed ^= mixed >> 15
        return Float(mixed >> 8) * 0x1p-24
    }

    /// Smoothly interpolated, in [0, 1).
    @inline(__always)
    func value(_ x: Float, _ y: Float) -> Float {
        let floorX = x.rounded(.down)
        let floorY = y.rounded(.down)
        let left = Int32(floorX)
        let top = Int32(floorY)
        var u = x - floorX
        var v = y - floorY
        u = u * u * (3 - 2 * u)
        v = v * v * (3 - 2 * v)
        let upper = lattice(left, top) * (1 - u) + lattice(left &+ 1, top) * u
        let lower = lattice(left, top &+ 1) * (1 - u) + lattice(left &+ 1, top &+ 1) * u
        return upper * (1 - v) + lower * v
    }

    /// `octaves` layers, each twice as fine and half as strong; around 0, within (-1, 1).
    @inline(__always)
    func layered(_ x: Float, _ y: Float, octaves: Int) -> Float {
        var sum: Float = 0
        var amplitude: Float = 0.5
        var frequency: Float = 1
        for octave in 0..<octaves {
            let shift = Float(octave) * 17.3
            sum += amplitude * (value(x * frequency + shift, y * frequency - shift) * 2 - 1)
            amplitude *= 0.5
            frequency *= 2
        }
        return sum
    }
}
