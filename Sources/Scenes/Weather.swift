/// A spell of rain in a scene.
public struct RainSpell: Sendable, Codable, Hashable {
    /// When the first drops fall, in seconds.
    public var second: Double
    /// Until the last drops, in seconds.
    public var duration: Double
    /// 0 (none) to 1 (a downpour).
    public var strength: Double

    public init(second: Double, duration: Double, strength: Double) {
        self.second = second
        self.duration = duration
        self.strength = strength
    }
}

/// The rain of a scene at any time, and how wet it has left the ground.
struct Weather {
    let spells: [RainSpell]

    /// Seconds until the ground is as wet as it gets, and until it is dry again.
    private static let wetting = 20.0
    private static let drying = 90.0

    /// How hard it rains, 0...1: each spell begins and ends within a quarter of its time, at most 10 s.
    func rain(at second: Double) -> Double {
        spells.reduce(0) { most, spell in
            let ramp = max(min(10, spell.duration / 4), 1e-3)
            let into = min(second - spell.second, spell.second + spell.duration - second)
            return max(most, spell.strength * min(max(into / ramp, 0), 1))
        }
    }

    /// How wet the ground is, 0...1.
    func wetness(at second: Double) -> Double {
        spells.reduce(0) { most, spell in
            let full = min(1, 0.4 + spell.strength)
            let reached = full * min(max((min(second - spell.second, spell.duration)) / Self.wetting, 0), 1)
            return max(most, reached - max(0, second - spell.second - spell.duration) / Self.drying)
        }
    }
}
