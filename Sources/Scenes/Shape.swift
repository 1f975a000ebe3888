/// How a surface looks in light and in heat.
struct Paint {
    enum Pattern {
        case plain
        /// Bands across, `period` metres each.
        case stripes(period: Float)
        case checks(period: Float)
        /// Random grains, `size` metres.
        case speckle(size: Float)
    }

    /// Red, green, blue, 0 to 255.
    var colour: SIMD3<Float>
    /// Thermal counts.
    var heat: Float
    var pattern: Pattern = .plain
    /// The pattern's other colour, and its other heat.
    var second: SIMD3<Float> = SIMD3(255, 255, 255)
    /// How much the sides fall off in brightness, 0 (flat) to 1.
    var roundness: Float = 0.35

    init(
        _ colour: SIMD3<Float>, heat: Float, pattern: Pattern = .plain, second: SIMD3<Float>? = nil,
        roundness: Float = 0.35
    ) {
        self.colour = colour
        self.heat = heat
        self.pattern = pattern
        self.second = second ?? colour * 0.6
        self.roundness = roundness
    }
}

/// The outline of one part. In metres (x to the right, y up from the ground) as built, in pixels once projected.
enum Outline {
    /// Two round ends and the straight sides between them.
    case capsule(a: SIMD2<Float>, ra: Float, b: SIMD2<Float>, rb: Float)
    case ellipse(centre: SIMD2<Float>, radii: SIMD2<Float>)
    case ring(centre: SIMD2<Float>, radius: Float, width: Float)
    /// Corners in order, either way round; convex.
    case polygon([SIMD2<Float>])
}

/// One painted part of a figure.
struct Part {
    var outline: Outline
    var paint: Paint

    init(_ outline: Outline, _ paint: Paint) {
        self.outline = outline
        self.paint = paint
    }
}

extension Outline {
    /// Every point moved by `map`, every radius multiplied.
    func mapped(radius factor: SIMD2<Float>, _ map: (SIMD2<Float>) -> SIMD2<Float>) -> Outline {
        switch self {
        case .capsule(let a, let ra, let b, let rb):
            .capsule(a: map(a), ra: ra * factor.x, b: map(b), rb: rb * factor.x)
        case .ellipse(let centre, let radii): .ellipse(centre: map(centre), radii: radii * factor)
        case .ring(let centre, let radius, let width):
            .ring(centre: map(centre), radius: radius * factor.x, width: width * factor.x)
        case .polygon(let corners): .polygon(corners.map(map))
        }
    }

    /// Left, top, right, bottom.
    var bounds: (low: SIMD2<Float>, high: SIMD2<Float>) {
        switch self {
        case .capsule(let a, let ra, let b, let rb):
            return (pointwiseMin(a - ra, b - rb), pointwiseMax(a + ra, b + rb))
        case .ellipse(let centre, let radii): return (centre - radii, centre + radii)
        case .ring(let centre, let radius, let width): return (centre - radius - width, centre + radius + width)
        case .polygon(let corners):
            var low = corners[0]
            var high = corners[0]
            for corner in corners {
                low = pointwiseMin(low, corner)
                high = pointwiseMax(high, corner)
            }
            return (low, high)
        }
    }
}
