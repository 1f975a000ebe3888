internal import Basics

/// One thing's walk across the view: from one edge to the other at a constant distance band, perhaps with a halt.
struct Passage {
    let kind: ThingKind
    let style: Style
    let isAnomaly: Bool
    /// Index in the script.
    let anomaly: Int?
    /// Second at which it is at `startX`.
    let start: Double
    let startX: Float
    let endX: Float
    /// Distance from the camera at the start and at the end, in metres.
    let startZ: Float
    let endZ: Float
    /// Metres per second.
    let speed: Float
    /// Where it halts, as a share of the way, and for how long in seconds.
    let halt: (share: Float, seconds: Float)?
    let sway: Float

    /// Where it is at `second`, or nil before and after its walk.
    func place(at second: Double) -> (x: Float, z: Float, walked: Float)? {
        let elapsed = Float(second - start)
        guard elapsed >= 0 else { return nil }
        let length = abs(endX - startX)
        var walked = elapsed * speed
        if let halt {
            let before = halt.share * length
            if walked > before { walked = max(before, walked - halt.seconds * speed) }
        }
        guard walked <= length else { return nil }
        let share = walked / length
        let wander = 0.12 * Turn.sine(walked * 0.7 + sway)
        return (startX + (endX - startX) * share, startZ + (endZ - startZ) * share + wander, walked)
    }

    /// Seconds from start to end.
    var duration: Double { Double(abs(endX - startX) / speed + (halt?.seconds ?? 0)) }

    var facing: Float { endX > startX ? 1 : -1 }

    /// Radians of the walking cycle after `walked` metres.
    func phase(walked: Float) -> Float { walked * (kind == .dog ? 9 : kind == .cyclist ? 3 : 4.4) + sway }
}

extension Passage {
    /// A walk through the whole view that begins at `start`.
    static func across(
        _ kind: ThingKind, start: Double, place: Backdrop, isAnomaly: Bool, anomaly: Int?,
        random: inout SeededGenerator
    ) -> Passage {
        let style = Style(kind: kind, generator: &random, ambientHeat: place.ambientHeat)
        let near = Double(place.walkway.lowerBound)
        let far = Double(place.walkway.upperBound)
        let startZ = Float(random.uniform(in: near..<far))
        let endZ = Float(min(max(Double(startZ) + random.uniform(in: -3..<3), near), far))
        let edge = place.camera.halfWidth(depth: max(startZ, endZ)) + 2.6
        let direction: Float = random.index(below: 2) == 0 ? 1 : -1
        return Passage(
            kind: kind, style: style, isAnomaly: isAnomaly, anomaly: anomaly, start: start, startX: -edge * direction,
            endX: edge * direction, startZ: startZ, endZ: endZ,
            speed: kind.speed * Float(random.uniform(in: 0.85..<1.15)), halt: nil,
            sway: Float(random.uniform(in: 0..<6)))
    }

    /// A person who is at (`x`, `z`) at `second`, halts there and walks on.
    static func carrier(
        x: Float, z: Float, second: Double, place: Backdrop, anomaly: Int, random: inout SeededGenerator
    ) -> Passage {
        let style = Style(kind: .person, generator: &random, ambientHeat: place.ambientHeat)
        let edge = place.camera.halfWidth(depth: z) + 1.5
        let direction: Float = random.index(below: 2) == 0 ? 1 : -1
        let speed = Float(1.3)
        let before = edge + x * direction
        return Passage(
            kind: .person, style: style, isAnomaly: false, anomaly: anomaly, start: second - Double(before / speed),
            startX: -edge * direction, endX: edge * direction, startZ: z, endZ: z, speed: speed,
            halt: (before / (2 * edge), 1.2), sway: 0)
    }
}
