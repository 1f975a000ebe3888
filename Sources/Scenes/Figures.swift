internal import Basics

/// The looks of one thing, fixed for its whole life in the scene.
struct Style {
    var main: SIMD3<Float>
    var other: SIMD3<Float>
    var skin: SIMD3<Float>
    var hair: SIMD3<Float>
    /// Relative size.
    var size: Float
    var pattern: Paint.Pattern
    /// Thermal counts of the surface.
    var heat: Float
    var hasBackpack: Bool
    /// Corners of a blob, metres.
    var outline: [SIMD2<Float>]
    var ambientHeat: Float

    init(kind: ThingKind, generator: inout SeededGenerator, ambientHeat: Float) {
        self.ambientHeat = ambientHeat
        func colour(_ low: Double, _ high: Double) -> SIMD3<Float> {
            SIMD3((0..<3).map { _ in Float(generator.uniform(in: low..<high)) })
        }
        let muted: [SIMD3<Float>] = [
            SIMD3(52, 58, 72), SIMD3(86, 82, 74), SIMD3(120, 40, 38), SIMD3(44, 70, 104), SIMD3(150, 146, 138),
            SIMD3(62, 84, 58), SIMD3(34, 34, 36), SIMD3(186, 176, 160), SIMD3(112, 92, 66), SIMD3(200, 204, 208),
        ]
        let isPerson = kind == .person || kind == .cyclist
        main =
            isPerson
            ? muted[generator.index(below: muted.count)] + colour(-12, 12)
            : colour(30, 225) * 0.65 + Float(generator.uniform(in: 10..<75))
        let legs: [SIMD3<Float>] = [SIMD3(38, 42, 58), SIMD3(58, 56, 54), SIMD3(30, 30, 32), SIMD3(104, 96, 82)]
        other = isPerson ? legs[generator.index(below: legs.count)] + colour(-8, 8) : colour(20, 225)
        let skins: [SIMD3<Float>] = [SIMD3(222, 184, 160), SIMD3(196, 150, 120), SIMD3(128, 88, 64), SIMD3(84, 58, 44)]
        skin = skins[generator.index(below: skins.count)]
        let hairs: [SIMD3<Float>] = [SIMD3(30, 24, 20), SIMD3(78, 56, 36), SIMD3(150, 124, 84), SIMD3(120, 118, 116)]
        hair = hairs[generator.index(below: hairs.count)]
        size = Float(isPerson ? generator.uniform(in: 0.92..<1.07) : generator.uniform(in: 0.8..<1.3))
        switch generator.index(below: isPerson ? 9 : 4) {
        case 0: pattern = .stripes(period: isPerson ? 0.09 : 0.16)
        case 1: pattern = .checks(period: 0.18)
        case 2: pattern = .speckle(size: 0.07)
        default: pattern = .plain
        }
        hasBackpack = generator.index(below: 4) == 0
        heat = ambientHeat + Float(generator.uniform(in: isPerson ? 420..<620 : 180..<900))
        let corners = 5 + generator.index(below: 4)
        outline = (0..<corners).map { corner in
            let angle = 2 * Double.pi * (Double(corner) + generator.uniform(in: 0..<0.5)) / Double(corners)
            let radius = Float(generator.uniform(in: 0.42..<0.6))
            return SIMD2(Turn.cosine(Float(angle)) * radius * 1.3, 0.62 + Turn.sine(Float(angle)) * radius)
        }
    }
}

/// The parts of things in metres: x along the direction of travel, y up from the ground, back to front.
enum Figures {
    /// `phase` in radians of the walking or rolling cycle.
    static func parts(_ kind: ThingKind, style: Style, phase: Float) -> [Part] {
        let parts =
            switch kind {
            case .person: person(style, phase, hipHeight: 0.9)
            case .cyclist: cyclist(style, phase)
            case .dog: dog(style, phase)
            case .cart: cart(style, phase)
            case .car: car(style)
            case .van: van(style)
            case .robot: robot(style)
            default: still(kind, style)
            }
        guard style.size != 1 else { return parts }
        return parts.map { part in
            Part(part.outline.mapped(radius: SIMD2(style.size, style.size)) { $0 * style.size }, part.paint)
        }
    }

    private static func limb(_ a: SIMD2<Float>, _ ra: Float, _ b: SIMD2<Float>, _ rb: Float, _ paint: Paint) -> Part {
        Part(.capsule(a: a, ra: ra, b: b, rb: rb), paint)
    }

    private static func box(_ x1: Float, _ y1: Float, _ x2: Float, _ y2: Float, _ paint: Paint) -> Part {
        Part(.polygon([SIMD2(x1, y1), SIMD2(x2, y1), SIMD2(x2, y2), SIMD2(x1, y2)]), paint)
    }

    private static func wheel(_ x: Float, _ radius: Float, _ style: Style) -> [Part] {
        [
            Part(
                .ellipse(centre: SIMD2(x, radius), radii: SIMD2(radius, radius)),
                Paint(SIMD3(26, 26, 28), heat: style.ambientHeat + 160)),
            Part(
                .ellipse(centre: SIMD2(x, radius), radii: SIMD2(radius, radius) * 0.5),
                Paint(SIMD3(140, 142, 146), heat: style.ambientHeat + 220)),
        ]
    }

    /// A walking adult of 1.75 m.
    private static func person(_ style: Style, _ phase: Float, hipHeight: Float) -> [Part] {
        let trousers = Paint(style.other, heat: style.heat - 120)
        let shoe = Paint(SIMD3(28, 26, 25), heat: style.heat - 260)
        let coat = Paint(style.main, heat: style.heat - 60, pattern: style.pattern)
        let skin = Paint(style.skin, heat: style.heat + 170)
        let bounce = 0.02 * Turn.cosine(2 * phase)
        let hip = SIMD2<Float>(0, hipHeight + bounce)
        let neck = SIMD2<Float>(0.05, hipHeight + 0.56 + bounce)
        func leg(_ swing: Float, _ shaded: Float) -> [Part] {
            let thigh = 0.46 * Turn.sine(swing)
            let bend = 0.25 + 0.5 * max(0, Turn.cosine(swing))
            let knee = hip + SIMD2(Turn.sine(thigh), -Turn.cosine(thigh)) * 0.44
            let shin = thigh - bend * 0.8
            let ankle = knee + SIMD2(Turn.sine(shin), -Turn.cosine(shin)) * 0.42
            var cloth = trousers
            cloth.colour *= shaded
            return [
                limb(ankle, 0.05, ankle + SIMD2(0.15, -0.02), 0.035, shoe), limb(knee, 0.068, ankle, 0.05, cloth),
                limb(hip, 0.1, knee, 0.072, cloth),
            ]
        }
        func arm(_ swing: Float, _ shaded: Float) -> [Part] {
            let upper = 0.4 * Turn.sine(swing)
            let shoulder = neck + SIMD2(-0.02, -0.06)
            let elbow = shoulder + SIMD2(Turn.sine(upper), -Turn.cosine(upper)) * 0.29
            let fore = upper + 0.35
            let hand = elbow + SIMD2(Turn.sine(fore), -Turn.cosine(fore)) * 0.26
            var cloth = coat
            cloth.colour *= shaded
            return [
                limb(elbow, 0.046, hand, 0.036, cloth),
                Part(.ellipse(centre: hand, radii: SIMD2(0.045, 0.05)), skin),
                limb(shoulder, 0.062, elbow, 0.05, cloth),
            ]
        }
        let head = neck + SIMD2(0.03, 0.19)
        var parts = arm(phase, 0.72) + leg(phase + .pi, 0.72) + leg(phase, 1)
        parts += [
            limb(neck, 0.055, head, 0.05, skin),
            limb(hip + SIMD2(0, 0.04), 0.125, neck + SIMD2(-0.01, -0.1), 0.155, coat),
            Part(.ellipse(centre: head, radii: SIMD2(0.095, 0.12)), skin),
            Part(
                .ellipse(centre: head + SIMD2(-0.03, 0.05), radii: SIMD2(0.095, 0.085)),
                Paint(style.hair, heat: style.heat + 20)),
        ]
        if style.hasBackpack {
            let pack = Paint(style.main * 0.5 + SIMD3(30, 20, 10), heat: style.ambientHeat + 120)
            parts.append(limb(neck + SIMD2(-0.19, -0.12), 0.09, neck + SIMD2(-0.18, -0.36), 0.11, pack))
        }
        return parts + arm(phase + .pi, 1)
    }

    private static func cyclist(_ style: Style, _ phase: Float) -> [Part] {
        let tyre = Paint(SIMD3(30, 30, 32), heat: style.ambientHeat + 60, roundness: 0)
        let frame = Paint(style.skin * 0.3 + style.main * 0.5, heat: style.ambientHeat + 80)
        let coat = Paint(style.main, heat: style.heat - 60, pattern: style.pattern)
        let trousers = Paint(style.other, heat: style.heat - 100)
        let skin = Paint(style.skin, heat: style.heat + 170)
        let crank = SIMD2<Float>(0.02, 0.3)
        let saddle = SIMD2<Float>(-0.16, 0.92)
        let bar = SIMD2<Float>(0.42, 1.02)
        let rear = SIMD2<Float>(-0.5, 0.34)
        let front = SIMD2<Float>(0.55, 0.34)
        var parts = [
            Part(.ring(centre: rear, radius: 0.32, width: 0.05), tyre),
            Part(.ring(centre: front, radius: 0.32, width: 0.05), tyre),
            limb(rear, 0.02, crank, 0.02, frame), limb(crank, 0.02, saddle, 0.02, frame),
            limb(crank, 0.02, bar - SIMD2(0.05, 0.12), 0.02, frame), limb(bar, 0.02, front, 0.02, frame),
            limb(saddle - SIMD2(0.1, 0), 0.03, saddle + SIMD2(0.1, 0), 0.02, tyre),
        ]
        let hip = saddle + SIMD2(0.02, 0.1)
        let neck = SIMD2<Float>(0.2, 1.46)
        for (angle, shaded) in [(phase + .pi, Float(0.75)), (phase, 1)] {
            let pedal = crank + SIMD2(Turn.cosine(angle), -Turn.sine(angle)) * 0.16
            let middle = (hip + pedal) / 2 + SIMD2(0.2, 0.06)
            var cloth = trousers
            cloth.colour *= shaded
            parts += [limb(middle, 0.065, pedal, 0.05, cloth), limb(hip, 0.1, middle, 0.07, cloth)]
        }
        return parts + [
            limb(hip, 0.13, neck - SIMD2(0.02, 0.08), 0.14, coat), limb(neck - SIMD2(0, 0.08), 0.05, bar, 0.04, coat),
            Part(.ellipse(centre: neck + SIMD2(0.08, 0.16), radii: SIMD2(0.1, 0.12)), skin),
            Part(
                .ellipse(centre: neck + SIMD2(0.06, 0.22), radii: SIMD2(0.12, 0.08)),
                Paint(style.hair + SIMD3(60, 60, 60), heat: style.heat - 120)),
        ]
    }

    private static func dog(_ style: Style, _ phase: Float) -> [Part] {
        let fur = Paint(
            style.hair + SIMD3(20, 14, 6), heat: style.ambientHeat + 620, pattern: style.pattern, second: style.skin)
        var far = fur
        far.colour *= 0.7
        func leg(_ x: Float, _ swing: Float, _ paint: Paint) -> Part {
            limb(
                SIMD2(x, 0.42), 0.07, SIMD2(x + 0.2 * Turn.sine(swing), 0.03 + 0.05 * max(0, Turn.cosine(swing))), 0.03,
                paint)
        }
        return [
            leg(-0.3, phase, far), leg(0.28, phase + .pi, far), leg(-0.34, phase + .pi, fur), leg(0.24, phase, fur),
            limb(SIMD2(-0.36, 0.52), 0.13, SIMD2(0.28, 0.54), 0.16, fur),
            limb(SIMD2(-0.42, 0.58), 0.03, SIMD2(-0.64, 0.78 + 0.04 * Turn.sine(2 * phase)), 0.02, fur),
            limb(SIMD2(0.34, 0.62), 0.1, SIMD2(0.48, 0.76), 0.08, fur),
            Part(.ellipse(centre: SIMD2(0.52, 0.8), radii: SIMD2(0.12, 0.1)), fur),
            limb(SIMD2(0.58, 0.78), 0.06, SIMD2(0.7, 0.75), 0.045, fur),
            limb(SIMD2(0.46, 0.86), 0.03, SIMD2(0.42, 0.72), 0.04, far),
        ]
    }

    private static func cart(_ style: Style, _ phase: Float) -> [Part] {
        let side = Paint(style.main, heat: style.heat, pattern: style.pattern, second: style.other, roundness: 0.15)
        let metal = Paint(SIMD3(120, 122, 126), heat: style.ambientHeat + 100)
        return [
            limb(SIMD2(-0.6, 0.7), 0.025, SIMD2(-1.05, 1.05), 0.025, metal),
            box(-0.75, 0.38, 0.8, 1.05, side), box(-0.75, 1.05, 0.8, 1.14, metal),
            Part(
                .polygon([SIMD2(-0.6, 1.14), SIMD2(0.55, 1.14), SIMD2(0.35, 1.5), SIMD2(-0.45, 1.46)]),
                Paint(style.other, heat: style.heat + 60, pattern: .speckle(size: 0.12), second: style.main)),
        ] + wheel(-0.45, 0.28, style) + wheel(0.5, 0.28, style)
    }

    private static func car(_ style: Style) -> [Part] {
        let body = Paint(style.main, heat: style.ambientHeat + 150, roundness: 0.25)
        let glass = Paint(
            SIMD3(46, 54, 62), heat: style.ambientHeat - 120, pattern: .stripes(period: 0.5), roundness: 0.1)
        return [
            Part(
                .polygon([SIMD2(-1.35, 0.85), SIMD2(1.15, 0.85), SIMD2(0.55, 1.45), SIMD2(-0.95, 1.45)]), body),
            Part(
                .polygon([SIMD2(-1.15, 0.9), SIMD2(0.98, 0.9), SIMD2(0.5, 1.37), SIMD2(-0.88, 1.37)]), glass),
            box(-0.2, 0.85, -0.12, 1.42, body),
            Part(
                .polygon([
                    SIMD2(-2.1, 0.4), SIMD2(2.1, 0.35), SIMD2(2.12, 0.66), SIMD2(1.2, 0.92), SIMD2(-1.5, 0.95),
                    SIMD2(-2.1, 0.85),
                ]), body),
            limb(SIMD2(-2, 0.36), 0.06, SIMD2(2, 0.34), 0.06, Paint(SIMD3(40, 40, 42), heat: style.ambientHeat + 260)),
            Part(
                .ellipse(centre: SIMD2(2, 0.68), radii: SIMD2(0.1, 0.07)), Paint(SIMD3(250, 246, 220), heat: style.heat)
            ),
            Part(
                .ellipse(centre: SIMD2(-2.03, 0.74), radii: SIMD2(0.07, 0.08)),
                Paint(SIMD3(190, 30, 26), heat: style.heat)),
        ] + wheel(-1.3, 0.34, style) + wheel(1.3, 0.34, style)
    }

    private static func van(_ style: Style) -> [Part] {
        let body = Paint(
            style.main, heat: style.ambientHeat + 130, pattern: style.pattern, second: style.main * 0.85,
            roundness: 0.15)
        let glass = Paint(SIMD3(44, 50, 58), heat: style.ambientHeat - 120, roundness: 0.1)
        return [
            box(-2.3, 0.42, 1.4, 2.2, body),
            Part(
                .polygon([
                    SIMD2(1.35, 0.42), SIMD2(2.35, 0.42), SIMD2(2.4, 1), SIMD2(1.95, 1.3), SIMD2(1.55, 2.15),
                    SIMD2(1.35, 2.2),
                ]), body),
            Part(.polygon([SIMD2(1.2, 1.3), SIMD2(1.85, 1.3), SIMD2(1.5, 2), SIMD2(1.2, 2)]), glass),
            box(-2.1, 1.05, 0.9, 1.35, Paint(style.other, heat: style.ambientHeat + 140, roundness: 0)),
            box(0.98, 0.5, 1.02, 2.1, Paint(style.main * 0.6, heat: style.ambientHeat + 90, roundness: 0)),
        ] + wheel(-1.5, 0.36, style) + wheel(1.55, 0.36, style)
    }

    private static func robot(_ style: Style) -> [Part] {
        let shell = Paint(style.main, heat: style.heat, roundness: 0.5)
        let dark = Paint(SIMD3(30, 32, 36), heat: style.ambientHeat + 260)
        return [
            limb(SIMD2(-0.25, 0.9), 0.012, SIMD2(-0.3, 1.5), 0.012, dark),
            Part(
                .polygon([SIMD2(-0.31, 1.5), SIMD2(-0.08, 1.43), SIMD2(-0.3, 1.34)]),
                Paint(SIMD3(240, 110, 30), heat: style.heat)),
            limb(SIMD2(-0.28, 0.36), 0.2, SIMD2(0.28, 0.36), 0.2, shell),
            limb(
                SIMD2(-0.22, 0.62), 0.2, SIMD2(0.2, 0.6), 0.18,
                Paint(style.other, heat: style.heat + 80, pattern: style.pattern)),
            Part(.ellipse(centre: SIMD2(0.34, 0.6), radii: SIMD2(0.09, 0.07)), dark),
        ] + wheel(-0.34, 0.15, style) + wheel(0, 0.15, style) + wheel(0.34, 0.15, style)
    }

    /// Things that do not move by themselves.
    private static func still(_ kind: ThingKind, _ style: Style) -> [Part] {
        let main = Paint(style.main, heat: style.heat, pattern: style.pattern, second: style.other)
        let flat = Paint(style.main * 0.8, heat: style.heat, roundness: 0.1)
        let dark = Paint(style.main * 0.45, heat: style.heat - 90)
        switch kind {
        case .box:
            let card = Paint(SIMD3(168, 128, 84) * 0.6 + style.main * 0.4, heat: style.heat, roundness: 0.12)
            var top = card
            top.colour *= 1.22
            return [
                box(-0.38, 0, 0.38, 0.55, card),
                Part(.polygon([SIMD2(-0.38, 0.55), SIMD2(0.38, 0.55), SIMD2(0.5, 0.72), SIMD2(-0.24, 0.72)]), top),
                Part(.polygon([SIMD2(0.38, 0), SIMD2(0.5, 0.16), SIMD2(0.5, 0.72), SIMD2(0.38, 0.55)]), dark),
                box(-0.05, 0, 0.05, 0.55, Paint(card.colour * 0.75, heat: style.heat + 20, roundness: 0)),
            ]
        case .bag:
            return [
                Part(.ring(centre: SIMD2(0, 0.4), radius: 0.16, width: 0.04), dark),
                limb(SIMD2(-0.2, 0.17), 0.17, SIMD2(0.2, 0.17), 0.17, main),
                limb(SIMD2(-0.24, 0.28), 0.02, SIMD2(0.24, 0.28), 0.02, dark),
            ]
        case .suitcase:
            return [
                limb(SIMD2(-0.12, 0.7), 0.018, SIMD2(-0.12, 0.98), 0.018, dark),
                limb(SIMD2(0.12, 0.7), 0.018, SIMD2(0.12, 0.98), 0.018, dark),
                limb(SIMD2(-0.12, 0.98), 0.022, SIMD2(0.12, 0.98), 0.022, dark), box(-0.24, 0.05, 0.24, 0.72, main),
                box(-0.24, 0.34, 0.24, 0.38, dark),
                Part(.ellipse(centre: SIMD2(-0.18, 0.04), radii: SIMD2(0.045, 0.045)), dark),
                Part(.ellipse(centre: SIMD2(0.18, 0.04), radii: SIMD2(0.045, 0.045)), dark),
            ]
        case .barrel:
            return [
                box(-0.3, 0.06, 0.3, 0.88, Paint(style.main, heat: style.heat, roundness: 0.8)),
                Part(.ellipse(centre: SIMD2(0, 0.06), radii: SIMD2(0.3, 0.06)), dark),
                Part(.ellipse(centre: SIMD2(0, 0.88), radii: SIMD2(0.3, 0.08)), flat),
                box(-0.31, 0.3, 0.31, 0.35, dark), box(-0.31, 0.6, 0.31, 0.65, dark),
            ]
        case .cone:
            let orange = Paint(SIMD3(226, 92, 30), heat: style.heat, roundness: 0.5)
            return [
                box(-0.28, 0, 0.28, 0.06, orange),
                Part(.polygon([SIMD2(-0.2, 0.05), SIMD2(0.2, 0.05), SIMD2(0.04, 0.75), SIMD2(-0.04, 0.75)]), orange),
                Part(
                    .polygon([SIMD2(-0.13, 0.3), SIMD2(0.13, 0.3), SIMD2(0.085, 0.48), SIMD2(-0.085, 0.48)]),
                    Paint(SIMD3(236, 236, 232), heat: style.heat - 30)),
            ]
        case .ball:
            return [Part(.ellipse(centre: SIMD2(0, 0.3), radii: SIMD2(0.3, 0.3)), main)]
        case .chair:
            return [
                limb(SIMD2(-0.2, 0.45), 0.025, SIMD2(-0.24, 0.02), 0.022, dark),
                limb(SIMD2(0.22, 0.45), 0.025, SIMD2(0.26, 0.02), 0.022, dark),
                limb(SIMD2(0.12, 0.5), 0.02, SIMD2(0.14, 0.12), 0.02, dark), box(-0.25, 0.42, 0.27, 0.5, flat),
                Part(.polygon([SIMD2(-0.25, 0.5), SIMD2(-0.17, 0.5), SIMD2(-0.25, 1), SIMD2(-0.34, 1)]), main),
            ]
        case .ladder:
            let rail = Paint(SIMD3(176, 178, 180) * 0.7 + style.main * 0.3, heat: style.heat)
            return [
                limb(SIMD2(-0.3, 0.02), 0.035, SIMD2(-0.08, 2), 0.035, rail),
                limb(SIMD2(0.3, 0.02), 0.035, SIMD2(0.12, 2), 0.035, rail),
            ]
                + (1...6).map { step in
                    let share = Float(step) / 7
                    let left = SIMD2<Float>(-0.3 + 0.22 * share, 1.98 * share)
                    return limb(left, 0.025, SIMD2(0.3 - 0.18 * share, 1.98 * share), 0.025, rail)
                }
        default:
            return [
                Part(.polygon(style.outline), main),
                Part(.ellipse(centre: style.outline[0] * 0.6 + SIMD2(0, 0.25), radii: SIMD2(0.2, 0.15)), flat),
            ]
        }
    }
}
