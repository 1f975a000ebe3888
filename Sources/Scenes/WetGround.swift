/// The place when it is wet: darker, with sheen towards the distance and the wall mirrored in puddles.
struct WetGround {
    private let dry: Canvas
    private let wet: Canvas
    /// The blend that was asked for last, and of which of `steps`.
    private let blend: Canvas
    private var step = 0

    /// Levels of wetness that are told apart.
    private static let steps = 64

    init(place: Backdrop, seed: UInt64) {
        dry = place.canvas
        wet = Canvas(width: dry.width, height: dry.height, channels: dry.channels)
        blend = Canvas(width: dry.width, height: dry.height, channels: dry.channels)
        wet.reset(to: dry)
        blend.reset(to: dry)
        if dry.channels == 3 { soak(place, ValueNoise(seed: seed)) } else { cool(place) }
    }

    /// The place at a wetness of 0...1; valid until the next call.
    mutating func canvas(wetness: Double) -> Canvas {
        let wanted = Int((min(max(wetness, 0), 1) * Double(Self.steps)).rounded())
        guard wanted > 0 else { return dry }
        if wanted != step {
            step = wanted
            let share = Int32(wanted)
            for index in 0..<dry.sampleCount {
                let from = Int32(dry.samples[index])
                let way = (Int32(wet.samples[index]) &- from) &* share
                blend.samples[index] = Int16(truncatingIfNeeded: from &+ way >> 6)
            }
        }
        return blend
    }

    private func soak(_ place: Backdrop, _ noise: ValueNoise) {
        for y in 0..<dry.height {
            let row = Float(y) + 0.5
            guard row >= place.wallRow else {
                for x in 0..<dry.width { wetten(x, y, to: 0.86, shine: 0, mirrored: (0, 0)) }
                continue
            }
            let distance = 1 - (row - place.wallRow) / (Float(dry.height) - place.wallRow)
            let metre = place.camera.scale(row: row)
            let depth = place.camera.depth(row: row)
            // The wall's image ends where the wall leaves the picture; it fades towards there.
            let image = max(2 * place.wallRow - row, 0)
            let mirrored = (row: Int(image), share: min(0.5, image / place.wallRow))
            // Water soaks away in a lawn.
            let lies: Float = place.surface(row: row) == .grass ? 0.25 : 1
            for x in 0..<dry.width {
                let across = (Float(x) + 0.5 - Float(dry.width) / 2) / metre
                let puddle = noise.layered(across * 0.45, depth * 0.3, octaves: 3) + 0.12
                let shine = 0.05 + 0.13 * distance + min(max(puddle * 2.2, 0), 1) * (0.22 + 0.2 * distance)
                let isProp = dry.owners[y * dry.width + x] != 0
                wetten(x, y, to: 0.66, shine: isProp ? 0 : shine * lies, mirrored: mirrored)
            }
        }
    }

    /// Darkens a pixel, and mixes in a share of `mirrored` and else of the sky by `shine`.
    private func wetten(_ x: Int, _ y: Int, to dark: Float, shine: Float, mirrored: (row: Int, share: Float)) {
        let sky = SIMD3<Float>(150, 158, 168) * 64
        for channel in 0..<3 {
            let index = (y * dry.width + x) * 3 + channel
            let own = Float(dry.samples[index]) * dark
            let image = Float(dry.samples[(mirrored.row * dry.width + x) * 3 + channel])
            let reflected = sky[channel] + (image - sky[channel]) * mirrored.share
            wet.samples[index] = Int16(min(max(own + (reflected - own) * shine, 0), 16_383))
        }
    }

    /// Water evens out what differs in warmth, and cools it.
    private func cool(_ place: Backdrop) {
        for index in 0..<dry.sampleCount {
            let heat = Float(dry.samples[index]) - place.ambientHeat
            wet.samples[index] = Int16(min(max(place.ambientHeat + heat * 0.55 - 40, 0), 16_383))
        }
    }
}
