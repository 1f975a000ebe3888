/// The picture while it is being painted: 14-bit samples, and who owns each pixel.
///
/// Visible pictures use 64 steps per grey level and three interleaved samples; thermal ones hold counts. Used by one
/// thread at a time.
final class Canvas {
    let width: Int
    let height: Int
    /// 3 (red, green, blue) or 1 (heat).
    let channels: Int
    let samples: UnsafeMutablePointer<Int16>
    /// Owner of each pixel, 0 for the background.
    let owners: UnsafeMutablePointer<UInt8>
    /// Shadow strength 0...255, gathered before it is applied.
    private let shade: UnsafeMutablePointer<UInt8>
    private let grain: ValueNoise

    var sampleCount: Int { width * height * channels }

    init(width: Int, height: Int, channels: Int) {
        self.width = width
        self.height = height
        self.channels = channels
        samples = .allocate(capacity: width * height * channels)
        owners = .allocate(capacity: width * height)
        shade = .allocate(capacity: width * height)
        samples.initialize(repeating: 0, count: width * height * channels)
        owners.initialize(repeating: 0, count: width * height)
        shade.initialize(repeating: 0, count: width * height)
        grain = ValueNoise(seed: 77)
    }

    deinit {
        samples.deallocate()
        owners.deallocate()
        shade.deallocate()
    }

    /// Starts a new picture from a finished background of the same size.
    func reset(to background: Canvas) {
        samples.update(from: background.samples, count: sampleCount)
        owners.update(from: background.owners, count: width * height)
    }

    /// Paints a part whose outline is in pixels. `owner` 0 is the background; `metre` is pixels per metre.
    func paint(_ part: Part, owner: UInt8, metre: Float, softness: Float) {
        let (low, high) = part.outline.bounds
        let middle = (low + high) / 2
        let half = pointwiseMax((high - low) / 2, SIMD2(0.5, 0.5))
        let paint = part.paint
        let slope = 1 / max(softness, 0.5)
        cover(part.outline, margin: softness) { x, y, distance in
            let coverage = min(max(0.5 - distance * slope, 0), 1)
            guard coverage > 0 else { return }
            let across = min(max((Float(x) - middle.x) / half.x, -1), 1)
            let down = min(max((Float(y) - middle.y) / half.y, -1), 1)
            let mix = self.pattern(paint.pattern, (Float(x) - middle.x) / metre, (Float(y) - middle.y) / metre)
            let index = y * self.width + x
            if self.channels == 3 {
                let light = 1 + paint.roundness * (-0.35 * across - 0.3 * down - 0.35 * across * across)
                let colour = (paint.colour + (paint.second - paint.colour) * mix) * (light * 64)
                for channel in 0..<3 { self.blend(index * 3 + channel, colour[channel], coverage) }
            } else {
                let warmth = paint.heat - 60 * mix - 90 * paint.roundness * across * across
                self.blend(index, warmth, coverage)
            }
            if coverage >= 0.5 { self.owners[index] = owner }
        }
    }

    /// Darkens the ground where the outlines fall; overlapping outlines darken once. `strength` 0...1.
    func castShadow(_ outlines: [Outline], strength: Float, softness: Float) {
        guard channels == 3 else { return }
        var low = SIMD2<Float>(Float(width), Float(height))
        var high = SIMD2<Float>(0, 0)
        let slope = 1 / softness
        for outline in outlines {
            let bounds = outline.bounds
            low = pointwiseMin(low, bounds.low - softness - 1)
            high = pointwiseMax(high, bounds.high + softness + 1)
            cover(outline, margin: softness) { x, y, distance in
                let coverage = min(max(0.5 - distance * slope, 0), 1)
                let index = y * self.width + x
                self.shade[index] = max(self.shade[index], UInt8(coverage * 255))
            }
        }
        let firstX = max(0, Int(low.x))
        let lastX = min(width - 1, Int(high.x))
        let firstY = max(0, Int(low.y))
        let lastY = min(height - 1, Int(high.y))
        guard firstX <= lastX && firstY <= lastY else { return }
        for y in firstY...lastY {
            for x in firstX...lastX {
                let index = y * width + x
                guard shade[index] > 0 else { continue }
                let factor = Int32(256 - strength * Float(shade[index]))
                shade[index] = 0
                for channel in index * 3..<index * 3 + 3 {
                    // Shadows keep the blue of the sky.
                    let cool = channel == index * 3 + 2 ? (256 - factor) / 6 : 0
                    samples[channel] = Int16(truncatingIfNeeded: (Int32(samples[channel]) * (factor + cool)) >> 8)
                }
            }
        }
    }

    /// Moves a sample towards `value` by `coverage`.
    @inline(__always)
    func blend(_ index: Int, _ value: Float, _ coverage: Float) {
        let old = Float(samples[index])
        samples[index] = Int16(min(max(old + (value - old) * coverage, 0), 16_383))
    }

    @inline(__always)
    private func pattern(_ pattern: Paint.Pattern, _ x: Float, _ y: Float) -> Float {
        switch pattern {
        case .plain: 0
        case .stripes(let period): Int((x * 0.8 + y) / period + 1000) & 1 == 0 ? 0 : 1
        case .checks(let period): (Int(x / period + 1000) + Int(y / period + 1000)) & 1 == 0 ? 0 : 1
        case .speckle(let size): grain.value(x / size, y / size)
        }
    }

    /// Calls `body` with the signed distance in pixels (negative inside) for every pixel near the outline.
    @inline(__always)
    private func cover(_ outline: Outline, margin: Float, _ body: (Int, Int, Float) -> Void) {
        let (low, high) = outline.bounds
        guard low.x.isFinite && high.x.isFinite && low.y.isFinite && high.y.isFinite else { return }
        let firstX = max(0, Int((low.x - margin).rounded(.down)))
        let lastX = min(width - 1, Int(high.x + margin))
        let firstY = max(0, Int((low.y - margin).rounded(.down)))
        let lastY = min(height - 1, Int(high.y + margin))
        guard firstX <= lastX && firstY <= lastY else { return }
        switch outline {
        case .capsule(let a, let ra, let b, let rb):
            let axis = b - a
            let square = max((axis * axis).sum(), 1e-6)
            scan(firstX, lastX, firstY, lastY, body) { point in
                let along = min(max(((point - a) * axis).sum() / square, 0), 1)
                let offset = point - a - axis * along
                return (offset * offset).sum().squareRoot() - (ra + (rb - ra) * along)
            }
        case .ellipse(let centre, let radii):
            let safe = pointwiseMax(radii, SIMD2(0.3, 0.3))
            scan(firstX, lastX, firstY, lastY, body) { point in
                let scaled = (point - centre) / safe
                let length = (scaled * scaled).sum().squareRoot()
                let steep = scaled / safe
                return length * (length - 1) / max((steep * steep).sum().squareRoot(), 1e-6)
            }
        case .ring(let centre, let radius, let width):
            scan(firstX, lastX, firstY, lastY, body) { point in
                let offset = point - centre
                return abs((offset * offset).sum().squareRoot() - radius) - width / 2
            }
        case .polygon(let corners):
            let edges = Self.edges(corners)
            scan(firstX, lastX, firstY, lastY, body) { point in
                var distance = -Float.infinity
                for edge in edges { distance = max(distance, point.x * edge.x + point.y * edge.y + edge.z) }
                return distance
            }
        }
    }

    @inline(__always)
    private func scan(
        _ firstX: Int, _ lastX: Int, _ firstY: Int, _ lastY: Int, _ body: (Int, Int, Float) -> Void,
        _ distance: (SIMD2<Float>) -> Float
    ) {
        for y in firstY...lastY {
            for x in firstX...lastX { body(x, y, distance(SIMD2(Float(x) + 0.5, Float(y) + 0.5))) }
        }
    }

    /// Outward unit normals and offsets of a convex polygon's sides.
    private static func edges(_ corners: [SIMD2<Float>]) -> [SIMD3<Float>] {
        var area: Float = 0
        for (index, corner) in corners.enumerated() {
            let next = corners[(index + 1) % corners.count]
            area += corner.x * next.y - next.x * corner.y
        }
        let side: Float = area < 0 ? -1 : 1
        return corners.indices.compactMap { index in
            let corner = corners[index]
            let along = corners[(index + 1) % corners.count] - corner
            let length = (along * along).sum().squareRoot()
            guard length > 1e-4 else { return nil }
            let normal = SIMD2(along.y, -along.x) / length * side
            return SIMD3(normal.x, normal.y, -(normal * corner).sum())
        }
    }
}
