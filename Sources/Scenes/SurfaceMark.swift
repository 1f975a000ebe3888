internal import Basics

/// A change of floor or wall that lies flat: painted after the background, before everything that stands.
struct SurfaceMark {
    let kind: ThingKind
    let anomaly: Int
    let since: Double
    let until: Double?
    private let camera: SceneCamera
    private let x: Float
    private let z: Float
    private let size: Float
    private let colour: SIMD3<Float>
    private let heat: Float
    private let strokes: [Part]
    private let noise: ValueNoise
    private let wallRow: Float?

    init(script: ScriptedAnomaly, anomaly: Int, place: Backdrop, random: inout SeededGenerator) {
        kind = script.kind
        self.anomaly = anomaly
        since = script.second
        until = script.untilSecond
        camera = place.camera
        let near = Double(place.walkway.lowerBound)
        let far = Double(place.walkway.upperBound)
        z = Float(random.uniform(in: near + (far - near) * 0.1..<near + (far - near) * 0.6))
        let half = Double(camera.halfWidth(depth: z))
        x = Float(random.uniform(in: -half * 0.6..<half * 0.6))
        size = Float(random.uniform(in: 0.7..<1.25))
        let colours: [SIMD3<Float>] = [
            SIMD3(30, 26, 24), SIMD3(96, 34, 24), SIMD3(214, 208, 190), SIMD3(40, 66, 40), SIMD3(36, 40, 70),
        ]
        colour = colours[random.index(below: colours.count)]
        heat = place.ambientHeat + (random.index(below: 2) == 0 ? -260 : 420)
        noise = ValueNoise(seed: random.next())
        wallRow = place.hasWall ? place.wallRow : nil
        strokes = kind == .graffiti ? Self.strokes(size, place.ambientHeat, &random) : []
    }

    func isPresent(at second: Double) -> Bool { second >= since && second < (until ?? .infinity) }

    func paint(on canvas: Canvas, owner: UInt8, second: Double) {
        switch kind {
        case .graffiti: paintStrokes(on: canvas, owner: owner)
        case .hatch: paintHatch(on: canvas, owner: owner)
        default: paintSpill(on: canvas, owner: owner, growth: Float(min(1, 0.35 + (second - since) / 1.5)))
        }
    }

    private static func strokes(_ size: Float, _ ambient: Float, _ random: inout SeededGenerator) -> [Part] {
        let bright: [SIMD3<Float>] = [
            SIMD3(220, 40, 60), SIMD3(40, 120, 220), SIMD3(240, 200, 40), SIMD3(20, 20, 24), SIMD3(60, 190, 90),
        ]
        var point = SIMD2<Float>(-1.1, 1)
        var paint = Paint(bright[random.index(below: bright.count)], heat: ambient - 140, roundness: 0)
        var parts: [Part] = []
        for stroke in 0..<11 {
            if stroke == 5 { paint.colour = bright[random.index(below: bright.count)] }
            let next = SIMD2(
                point.x + Float(random.uniform(in: -0.15..<0.55)), Float(random.uniform(in: 0.45..<1.65)))
            parts.append(Part(.capsule(a: point * size, ra: 0.075, b: next * size, rb: 0.075), paint))
            point = next
        }
        return parts
    }

    private func paintStrokes(on canvas: Canvas, owner: UInt8) {
        let metre = camera.scale(row: wallRow.map { $0 + 1 } ?? camera.row(depth: z))
        let base = wallRow ?? camera.row(depth: z)
        let middle = Float(camera.width) / 2 + x * 0.7 * metre
        let flatness: Float = wallRow == nil ? 0.35 : 1
        for stroke in strokes {
            let outline = stroke.outline.mapped(radius: SIMD2(metre, metre * flatness)) { point in
                SIMD2(middle + point.x * metre, base - point.y * metre * flatness)
            }
            canvas.paint(Part(outline, stroke.paint), owner: owner, metre: metre, softness: 1.4)
        }
    }

    private func paintHatch(on canvas: Canvas, owner: UInt8) {
        let metre = camera.scale(row: camera.row(depth: z))
        func quad(_ x1: Float, _ z1: Float, _ x2: Float, _ z2: Float) -> Outline {
            .polygon(
                [(x1, z1), (x2, z1), (x2, z2), (x1, z2)].map { corner in
                    let point = camera.project(x: x + corner.0 * size, z: z + corner.1 * size)
                    return SIMD2(point.x, point.y)
                })
        }
        let edge = Paint(SIMD3(150, 150, 146), heat: heat - 60, roundness: 0)
        let hole = Paint(SIMD3(14, 14, 18), heat: heat, roundness: 0)
        let inside = Paint(SIMD3(56, 52, 48), heat: heat + 90, roundness: 0)
        let lid = Paint(
            SIMD3(92, 96, 100), heat: heat - 120, pattern: .checks(period: 0.12), second: SIMD3(120, 124, 128),
            roundness: 0)
        for (outline, paint) in [
            (quad(-0.62, -0.75, 0.62, 0.75), edge), (quad(-0.52, -0.62, 0.52, 0.62), hole),
            (quad(-0.52, 0.3, 0.52, 0.62), inside), (quad(0.8, -0.55, 1.8, 0.6), lid),
        ] {
            canvas.paint(Part(outline, paint), owner: owner, metre: metre, softness: 1.2)
        }
    }

    private func paintSpill(on canvas: Canvas, owner: UInt8, growth: Float) {
        let reach = 1.5 * size * growth
        let nearest = max(z - reach * 1.2, 0.5)
        let top = max(0, Int(camera.row(depth: z + reach * 1.2)))
        let bottom = min(camera.height - 1, Int(camera.row(depth: nearest)) + 1)
        guard top <= bottom else { return }
        for y in top...bottom {
            let row = Float(y) + 0.5
            let metre = camera.scale(row: row)
            let along = (camera.depth(row: row) - z) * 0.8
            let middle = Float(camera.width) / 2 + x * metre
            let first = max(0, Int(middle - reach * 1.3 * metre))
            let last = min(camera.width - 1, Int(middle + reach * 1.3 * metre))
            guard first <= last else { continue }
            for column in first...last {
                let across = (Float(column) + 0.5 - middle) / metre
                let radius = (across * across + along * along).squareRoot()
                let edge =
                    reach * (0.72 + 0.42 * noise.layered(across * 1.1 / size + 9, along * 1.1 / size, octaves: 3))
                let coverage = min(max((edge - radius) * metre * 0.7 + 0.5, 0), 1)
                guard coverage > 0 else { continue }
                let glint = max(0, noise.layered(across * 2, along * 5 + 3, octaves: 2)) * 60
                let index = y * camera.width + column
                if canvas.channels == 3 {
                    for channel in 0..<3 {
                        canvas.blend(index * 3 + channel, (colour[channel] + glint) * 64, coverage * 0.86)
                    }
                } else {
                    canvas.blend(index, heat + glint * 0.6, coverage * 0.9)
                }
                if coverage >= 0.5 { canvas.owners[index] = owner }
            }
        }
    }
}
