internal import Basics

/// The place: everything in view that never moves, painted once.
struct Backdrop {
    /// What the ground is made of, from `farRow` downwards.
    struct Band {
        enum Surface: CaseIterable { case grass, gravel, slabs, cobbles, asphalt, concrete, kerb }
        var farRow: Float
        var surface: Surface
    }

    let camera: SceneCamera
    let canvas: Canvas
    /// Row where the wall meets the ground; the horizon's row when there is no wall.
    let wallRow: Float
    let hasWall: Bool
    /// Ground distances in metres between which agents walk, nearer first.
    let walkway: ClosedRange<Float>
    /// Thermal counts of the ground.
    let ambientHeat: Float
    /// Shadow of one metre of height, in pixels at one pixel per metre: right, down.
    let shadowSlope: SIMD2<Float>
    let shadowStrength: Float
    /// Things that always stood there; number *n* owns its pixels of `canvas` as *n* + 1.
    private(set) var props: [ThingKind] = []

    private let palette: Palette
    private let noise: ValueNoise
    private let bands: [Band]
    private let wallTop: Float
    private let windows: [(x1: Float, y1: Float, x2: Float, y2: Float, isDoor: Bool)]

    private struct Palette {
        var wall: SIMD3<Float>
        var ground: SIMD3<Float>
        var slab: SIMD3<Float>
        var sky: SIMD3<Float>
        var plants: SIMD3<Float>
    }

    init(description: SceneDescription) {
        var random = SeededGenerator(seed: description.seed ^ 0xBAC0_D409)
        let height = Float(description.height)
        let horizon = height * Float(random.uniform(in: -0.35..<0.1))
        camera = SceneCamera(
            width: description.width, height: description.height, horizon: horizon,
            mountHeight: Float(random.uniform(in: 4.2..<6.5)), focal: Float(description.width) * 0.9)
        hasWall = random.index(below: 5) > 0
        wallRow =
            hasWall ? max(height * Float(random.uniform(in: 0.2..<0.36)), horizon + height * 0.14) : max(horizon, 0)
        canvas = Canvas(
            width: description.width, height: description.height, channels: description.spectrum == .visible ? 3 : 1)
        noise = ValueNoise(seed: random.next())
        palette = Self.palette(&random)
        ambientHeat = Float(random.uniform(in: 7250..<7500))
        shadowSlope = SIMD2(
            Float(random.uniform(in: 0.35..<1) * (random.index(below: 2) == 0 ? 1 : -1)),
            Float(random.uniform(in: 0.12..<0.32)))
        shadowStrength = Float(random.uniform(in: 0.25..<0.55))
        wallTop = Float(random.uniform(in: 3.2..<7))
        let walkFar = max(wallRow + height * 0.06, horizon + height * 0.24)
        let walkNear = min(walkFar + height * Float(random.uniform(in: 0.26..<0.4)), height * 0.97)
        walkway = camera.depth(row: walkNear)...camera.depth(row: walkFar)
        bands = Self.bands(wallRow: wallRow, walkFar: walkFar, walkNear: walkNear, height: height, &random)
        windows = Self.windows(halfWidth: camera.halfWidth(depth: camera.depth(row: wallRow + 1)), &random)
        paintSurfaces()
        paintProps(&random)
        darkenCorners()
    }

    private static func palette(_ random: inout SeededGenerator) -> Palette {
        func vary(_ colour: SIMD3<Float>, by amount: Double) -> SIMD3<Float> {
            let shift = Float(random.uniform(in: -amount..<amount))
            return colour + SIMD3((0..<3).map { _ in shift + Float(random.uniform(in: -amount / 3..<amount / 3)) })
        }
        let walls: [SIMD3<Float>] = [
            SIMD3(146, 96, 78), SIMD3(168, 160, 146), SIMD3(120, 122, 124), SIMD3(184, 168, 136), SIMD3(104, 84, 76),
        ]
        let grounds: [SIMD3<Float>] = [
            SIMD3(98, 98, 100), SIMD3(122, 119, 114), SIMD3(84, 86, 90), SIMD3(136, 130, 120),
        ]
        let slabs: [SIMD3<Float>] = [
            SIMD3(152, 148, 140), SIMD3(134, 130, 128), SIMD3(160, 142, 122), SIMD3(120, 104, 96),
        ]
        return Palette(
            wall: vary(walls[random.index(below: walls.count)], by: 14),
            ground: vary(grounds[random.index(below: grounds.count)], by: 12),
            slab: vary(slabs[random.index(below: slabs.count)], by: 12), sky: vary(SIMD3(186, 200, 214), by: 18),
            plants: vary(SIMD3(74, 92, 50), by: 14))
    }

    private static func bands(
        wallRow: Float, walkFar: Float, walkNear: Float, height: Float, _ random: inout SeededGenerator
    ) -> [Band] {
        func pick(_ surfaces: [Band.Surface]) -> Band.Surface { surfaces[random.index(below: surfaces.count)] }
        let kerb = max(2, height * 0.012)
        return [
            Band(farRow: wallRow, surface: pick([.grass, .gravel, .concrete, .cobbles])),
            Band(farRow: walkFar - kerb * 1.5, surface: .kerb),
            Band(farRow: walkFar - kerb * 0.5, surface: pick([.slabs, .cobbles, .asphalt, .slabs, .concrete])),
            Band(farRow: walkNear + kerb, surface: .kerb),
            Band(farRow: walkNear + kerb * 2.2, surface: pick([.asphalt, .asphalt, .concrete, .grass])),
        ]
    }

    private static func windows(
        halfWidth: Float, _ random: inout SeededGenerator
    ) -> [(x1: Float, y1: Float, x2: Float, y2: Float, isDoor: Bool)] {
        let spacing = Float(random.uniform(in: 2.6..<5))
        let width = spacing * Float(random.uniform(in: 0.3..<0.5))
        let sill = Float(random.uniform(in: 0.9..<1.5))
        var openings: [(x1: Float, y1: Float, x2: Float, y2: Float, isDoor: Bool)] = []
        var x = -halfWidth + Float(random.uniform(in: 0..<2))
        while x < halfWidth {
            switch random.index(below: 5) {
            case 0: openings.append((x, 0, x + min(width, 1.2), 2.15, true))
            case 1: break
            default: openings.append((x, sill, x + width, sill + 1.4, false))
            }
            if random.index(below: 2) == 0 { openings.append((x, sill + 3, x + width, sill + 4.3, false)) }
            x += spacing
        }
        return openings
    }

    // MARK: Surfaces

    private func paintSurfaces() {
        for y in 0..<camera.height {
            let row = Float(y) + 0.5
            for x in 0..<camera.width {
                let column = Float(x) + 0.5 - Float(camera.width) / 2
                var (colour, warmth) =
                    row < wallRow ? (hasWall ? wall(column, row) : sky(column, row)) : ground(column, row)
                let fine = noise.lattice(Int32(x), Int32(y) &+ 5000) + noise.lattice(Int32(x / 2), Int32(y / 2)) - 1
                colour *= 1.1 + fine * 0.05
                warmth += fine * 6
                let index = y * camera.width + x
                if canvas.channels == 3 {
                    for channel in 0..<3 {
                        canvas.samples[index * 3 + channel] = Int16(min(max(colour[channel] * 64, 0), 16_383))
                    }
                } else {
                    canvas.samples[index] = Int16(min(max(ambientHeat + warmth, 0), 16_383))
                }
            }
        }
    }

    private func sky(_ column: Float, _ row: Float) -> (SIMD3<Float>, Float) {
        let cloud = noise.layered(column / 160, row / 60, octaves: 4)
        return (palette.sky + cloud * 34, -620 + cloud * 90)
    }

    private func wall(_ column: Float, _ row: Float) -> (SIMD3<Float>, Float) {
        let metre = camera.scale(row: wallRow + 1)
        let x = column / metre
        let y = (wallRow - row) / metre
        guard y < wallTop else { return sky(column, row) }
        for opening in windows where x > opening.x1 && x < opening.x2 && y > opening.y1 && y < opening.y2 {
            let border = min(min(x - opening.x1, opening.x2 - x), opening.y2 - y) * metre
            if border < 1.3 { return (palette.wall * 0.45 + 90, 20) }
            if opening.isDoor {
                return (palette.wall * 0.4 + SIMD3(16, 20, 30) + noise.layered(x * 8, y * 2, octaves: 2) * 14, 90)
            }
            let middle = abs(x - (opening.x1 + opening.x2) / 2) * metre
            if middle < 0.8 { return (palette.wall * 0.45 + 90, 20) }
            let glint = noise.layered(x * 1.3 + y, y * 0.8, octaves: 2)
            return (SIMD3(52, 62, 72) + glint * 50, 150 + glint * 60)
        }
        let course = (y / 0.28).rounded(.down)
        let shifted = x / 0.62 + (Int(course) & 1 == 0 ? 0 : 0.5)
        let tone = noise.lattice(Int32(shifted.rounded(.down)), Int32(course))
        let joint = max(
            Self.joint(shifted - shifted.rounded(.down), 0.62 * metre),
            Self.joint(y / 0.28 - course, 0.28 * metre))
        let dirt = noise.layered(x * 0.5, y * 0.7, octaves: 4)
        let damp = max(0, 1 - y / 0.6)
        let grain = noise.layered(x * 14, y * 14, octaves: 2)
        let shade = 1 + (tone - 0.5) * 0.16 + dirt * 0.22 - joint * 0.2 - damp * 0.2 + grain * 0.08
        return (palette.wall * shade, 60 + tone * 18 + dirt * 40 - joint * 14 + y * 9)
    }

    /// What the ground is made of on a row below the wall.
    func surface(row: Float) -> Band.Surface { (bands.last { row >= $0.farRow } ?? bands[0]).surface }

    private func ground(_ column: Float, _ row: Float) -> (SIMD3<Float>, Float) {
        let metre = camera.scale(row: row)
        let x = column / metre
        let z = camera.depth(row: row)
        let stain = noise.layered(x * 0.35, z * 0.35, octaves: 4)
        let grain = noise.layered(x * 9, z * 9, octaves: 2) * min(1, metre / 25)
        let nearWall = hasWall ? max(0, 1 - (row - wallRow) / (camera.scale(row: wallRow + 1) * 0.5)) * 0.35 : 0
        var colour: SIMD3<Float>
        var heat: Float
        switch surface(row: row) {
        case .grass:
            let tuft = noise.layered(x * 4, z * 2, octaves: 3)
            colour = palette.plants * (1 + 0.42 * tuft + 0.3 * stain + grain * 0.3)
            heat = -110 + tuft * 40
        case .gravel:
            colour =
                palette.slab * (0.9 + 0.35 * grain + 0.15 * stain + 0.2 * noise.layered(x * 22, z * 22, octaves: 1))
            heat = -30 + grain * 40
        case .kerb:
            let block = (x / 1.1).rounded(.down)
            colour = palette.slab * (1.12 + grain * 0.1 - 0.3 * Self.joint(x / 1.1 - block, 1.1 * metre))
            heat = 30
        case .slabs: (colour, heat) = tiles(x, z, metre, size: SIMD2(0.75, 0.75), tone: 0.12, joint: 0.3, stain, grain)
        case .cobbles:
            (colour, heat) = tiles(x, z, metre, size: SIMD2(0.3, 0.22), tone: 0.26, joint: 0.34, stain, grain)
        case .concrete:
            (colour, heat) = tiles(x, z, metre, size: SIMD2(3.2, 3.2), tone: 0.05, joint: 0.35, stain, grain)
            colour *= 1.04
        case .asphalt:
            let speck = noise.value(x * 30, z * 30) > 0.8 ? Float(0.14) : 0
            colour = palette.ground * (0.92 + 0.2 * stain + grain * 0.2 + speck * min(1, metre / 40))
            heat = 60 + stain * 50
            if marking(x, z) { (colour, heat) = (colour * 0.35 + 140 + grain * 20, heat - 35) }
        }
        return (colour * (1 - nearWall), heat + stain * 30 + (row - wallRow) * 0.15)
    }

    private func tiles(
        _ x: Float, _ z: Float, _ metre: Float, size: SIMD2<Float>, tone: Float, joint: Float, _ stain: Float,
        _ grain: Float
    ) -> (SIMD3<Float>, Float) {
        let line = (z / size.y).rounded(.down)
        let shifted = x / size.x + (Int(line) & 1 == 0 ? 0 : 0.5)
        let random = noise.lattice(Int32(shifted.rounded(.down)), Int32(line) &+ 900)
        // Lengths along the view are foreshortened by mount height over distance.
        let gap = max(
            Self.joint(shifted - shifted.rounded(.down), size.x * metre),
            Self.joint(z / size.y - line, size.y * metre * camera.mountHeight / z))
        let shade = 1 + (random - 0.5) * 2 * tone + stain * 0.18 + grain * 0.14 - gap * joint
        return (palette.slab * shade, (random - 0.5) * 26 + stain * 30 - gap * 24)
    }

    private func marking(_ x: Float, _ z: Float) -> Bool {
        let near = walkway.lowerBound - 0.9
        guard z < near && z > near - 0.16 else { return false }
        return (x / 2.4 - (x / 2.4).rounded(.down)) < 0.6
    }

    /// Darkness of a joint at both ends of a tile: `position` 0...1 in the tile, `length` of the tile in pixels.
    @inline(__always)
    private static func joint(_ position: Float, _ length: Float) -> Float {
        let distance = min(position, 1 - position) * length
        return max(0, 1 - distance) * min(1, length / 5)
    }

    // MARK: Props

    private mutating func paintProps(_ random: inout SeededGenerator) {
        let metre = camera.scale(row: wallRow + 1)
        let half = Float(camera.width) / 2
        func place(_ kind: ThingKind, column: Float, row: Float, facing: Float) {
            var style = Style(kind: kind, generator: &random, ambientHeat: ambientHeat)
            style.size = min(style.size, 1.05)
            if kind == .car { style.main = style.main * 0.35 + 70 }
            props.append(kind)
            let parts = Figures.parts(kind, style: style, phase: 0)
            Placement(camera: camera, column: column, row: row, facing: facing).paint(
                parts, on: canvas, owner: UInt8(props.count), shadow: shadowSlope, strength: shadowStrength,
                softness: canvas.channels == 3 ? 1.2 : 1.8)
        }
        let safeRow = bands[1].farRow - 2
        if hasWall && safeRow - wallRow > metre * 0.4 {
            let row = wallRow + (safeRow - wallRow) * 0.7
            if random.index(below: 3) > 0 {
                place(
                    .car, column: half * Float(random.uniform(in: 0.3..<1.7)), row: row,
                    facing: random.index(below: 2) == 0 ? 1 : -1)
            }
            for _ in 0..<random.index(below: 4) {
                let kinds: [ThingKind] = [.barrel, .box, .barrel, .chair]
                place(
                    kinds[random.index(below: kinds.count)], column: half * Float(random.uniform(in: 0..<2)),
                    row: row - 1, facing: 1)
            }
        }
        for _ in 0..<random.index(below: 5) {
            bush(
                column: half * Float(random.uniform(in: 0..<2)), row: min(wallRow + metre * 0.25, safeRow),
                metre: metre, &random)
        }
        if random.index(below: 2) == 0 {
            let column = half * Float(random.uniform(in: 0.1..<1.9))
            let pole = Paint(SIMD3(70, 74, 76), heat: ambientHeat + 70, roundness: 0.8)
            let foot = SIMD2(column, safeRow)
            let scale = camera.scale(row: safeRow)
            canvas.paint(
                Part(.capsule(a: foot, ra: 0.09 * scale, b: foot - SIMD2(0, 6 * scale), rb: 0.05 * scale), pole),
                owner: 0,
                metre: scale, softness: 1.2)
        }
    }

    private func bush(column: Float, row: Float, metre: Float, _ random: inout SeededGenerator) {
        let width = metre * Float(random.uniform(in: 0.5..<1.4))
        let height = metre * Float(random.uniform(in: 0.5..<1.5))
        for _ in 0..<60 {
            let x = column + width * Float(random.uniform(in: -1..<1))
            let up = Float(random.uniform())
            let radius = metre * Float(random.uniform(in: 0.1..<0.22))
            let paint = Paint(
                palette.plants * Float(random.uniform(in: 0.5..<1.2)) * (0.7 + 0.4 * up),
                heat: ambientHeat - 90 + 40 * up,
                roundness: 0.6)
            canvas.paint(
                Part(.ellipse(centre: SIMD2(x, row - radius - up * height), radii: SIMD2(radius, radius * 0.8)), paint),
                owner: 0, metre: metre, softness: 1.2)
        }
    }

    private func darkenCorners() {
        let centre = SIMD2(Float(camera.width) / 2, Float(camera.height) / 2)
        for y in 0..<camera.height {
            for x in 0..<camera.width {
                let offset = (SIMD2(Float(x), Float(y)) - centre) / centre
                let loss = (offset * offset).sum() * 0.5
                for index in (y * camera.width + x) * canvas.channels..<(y * camera.width + x + 1) * canvas.channels {
                    let value = Float(canvas.samples[index])
                    canvas.samples[index] = Int16(canvas.channels == 3 ? value * (1 - 0.16 * loss) : value - 40 * loss)
                }
            }
        }
    }
}
