internal import Basics

/// Seven compressed days of one place: day and infrared night, rain, people at all hours but fewer at night, and unknown
/// things under every circumstance.
///
/// Every hour is shorter than a real one by the same factor; people walk and things stand at their real pace. The first
/// `calmDays` are without anything unknown, to learn from, and have some rain already.
public struct SceneWeek: Sendable {
    /// Under what circumstances something unknown comes.
    public enum Circumstance: String, Sendable, Codable, CaseIterable {
        case day
        case night
        case rain
        /// While the infrared lamp goes on or off.
        case lightSwitch
    }

    /// One unknown thing of the script.
    public struct Occasion: Sendable, Hashable {
        public let circumstance: Circumstance
        /// 0-based.
        public let day: Int
        /// What `SceneDescription.anomalies` has at the same index.
        public let anomaly: ScriptedAnomaly
    }

    public static let days = 7
    /// Days at the beginning without anything unknown.
    public static let calmDays = 2
    /// Hours of the day at which the infrared lamp goes off and on.
    public static let dawn = 6.0
    public static let dusk = 19.5

    public let secondsPerDay: Double
    /// The whole week, beginning at midnight of the first day.
    public let description: SceneDescription
    /// Its unknown things, in the order of `description.anomalies`.
    public let occasions: [Occasion]

    /// - Parameters:
    ///   - secondsPerDay: seconds of footage per day, at least 480, so that everything unknown is over before its
    ///     circumstances change.
    ///   - hasAnomalies: false leaves out everything unknown; all else is the same to the pixel.
    public init(
        seed: UInt64 = 1, secondsPerDay: Double = 1440, width: Int = 640, height: Int = 360,
        framesPerSecond: Double = 2, hasAnomalies: Bool = true
    ) {
        precondition(secondsPerDay >= 480)
        self.secondsPerDay = secondsPerDay
        let calendar = Calendar(secondsPerDay: secondsPerDay)
        var random = SeededGenerator(seed: seed ^ 0x3E3C_0D71)
        let rain = calendar.rain()
        let light = calendar.light(&random)
        occasions = hasAnomalies ? calendar.occasions() : []
        description = SceneDescription(
            width: width, height: height, framesPerSecond: framesPerSecond,
            seconds: secondsPerDay * Double(Self.days), seed: seed, agentsPerMinute: 2, activity: calendar.activity(),
            anomalies: occasions.map(\.anomaly), lightChanges: light, rain: rain,
            sun: SunPath(secondsPerDay: secondsPerDay, sunrise: 5.5 / 24, sunset: 20.0 / 24))
    }

    /// When an hour of a day (0-based) comes, in seconds of the scene.
    public func second(day: Int, hour: Double) -> Double {
        Calendar(secondsPerDay: secondsPerDay).second(day: day, hour: hour)
    }

    /// Seconds at which the infrared lamp goes on or off.
    public var lightSwitches: [Double] {
        (0..<Self.days).flatMap { [second(day: $0, hour: Self.dawn), second(day: $0, hour: Self.dusk)] }
    }
}

/// What happens when.
private struct Calendar {
    let secondsPerDay: Double

    /// Day, hour, length in hours, strength: two while the monitor learns, one of them at night.
    private static let spells: [(day: Int, hour: Double, hours: Double, strength: Double)] = [
        (0, 14, 2.5, 0.6), (1, 1.5, 2.5, 0.8), (1, 10, 3, 1), (3, 11, 4, 0.8), (4, 22, 3, 0.7), (5, 8, 5, 1),
        (6, 14.5, 2, 0.5),
    ]

    func second(day: Int, hour: Double) -> Double { (Double(day) + hour / 24) * secondsPerDay }

    func rain() -> [RainSpell] {
        Self.spells.map { spell in
            RainSpell(
                second: second(day: spell.day, hour: spell.hour), duration: spell.hours / 24 * secondsPerDay,
                strength: spell.strength)
        }
    }

    /// Each day the lamp goes off in the twilight, the light grows, drifts and fades again, and the lamp goes on.
    func light(_ random: inout SeededGenerator) -> [LightChange] {
        var changes = [LightChange(second: 0, duration: 0, gain: 1, infrared: true)]
        for day in 0..<SceneWeek.days {
            func change(_ hour: Double, hours: Double, gain: Double, infrared: Bool = false) {
                changes.append(
                    LightChange(
                        second: second(day: day, hour: hour), duration: hours / 24 * secondsPerDay, gain: gain,
                        infrared: infrared))
            }
            change(SceneWeek.dawn, hours: 0, gain: 0.42)
            change(SceneWeek.dawn, hours: 2, gain: random.uniform(in: 0.85..<0.98))
            change(10, hours: 2.5, gain: random.uniform(in: 0.92..<1.08))
            change(14, hours: 2.5, gain: random.uniform(in: 0.82..<1))
            change(17.3, hours: SceneWeek.dusk - 17.3, gain: 0.42)
            change(SceneWeek.dusk, hours: 0, gain: 1, infrared: true)
        }
        return changes
    }

    func activity() -> [ActivityChange] {
        (0..<SceneWeek.days).flatMap { day in
            [(6.5, 6.0), (9, 12), (17, 15), (20, 5), (23, 2)].map { hour, rate in
                ActivityChange(second: second(day: day, hour: hour), agentsPerMinute: rate)
            }
        }
    }

    func occasions() -> [SceneWeek.Occasion] {
        var occasions: [SceneWeek.Occasion] = []
        func add(
            _ circumstance: SceneWeek.Circumstance, _ day: Int, _ hour: Double, early: Double = 0,
            _ form: ScriptedAnomaly.Form, _ kind: ThingKind, stays: Double? = nil
        ) {
            let start = second(day: day, hour: hour) - early
            occasions.append(
                SceneWeek.Occasion(
                    circumstance: circumstance, day: day,
                    anomaly: ScriptedAnomaly(
                        form, kind, second: start, untilSecond: stays.map { start + $0 },
                        seed: UInt64(occasions.count) + 1)))
        }
        add(.day, 2, 9.5, .crossing, .van)
        add(.day, 2, 15, .leftBehind, .suitcase, stays: 45)
        add(.night, 2, 22, .crossing, .robot)
        add(.night, 3, 3, .leftBehind, .box, stays: 40)
        add(.rain, 3, 12.5, .crossing, .van)
        // The lamp goes on while it is in the middle of the view.
        add(.lightSwitch, 3, SceneWeek.dusk, early: 4, .crossing, .cart)
        add(.day, 4, 11, .surfaceChange, .hatch, stays: 45)
        add(.night, 4, 23.5, .crossing, .van)
        add(.rain, 5, 10.5, .leftBehind, .suitcase, stays: 40)
        add(.night, 5, 21.5, .surfaceChange, .hatch, stays: 40)
        add(.lightSwitch, 6, SceneWeek.dawn, early: 10, .leftBehind, .suitcase, stays: 40)
        add(.day, 6, 12, .crossing, .robot)
        add(.rain, 6, 15.5, .crossing, .cart)
        return occasions
    }
}
