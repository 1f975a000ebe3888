/// How the sun goes round: shadows of what moves turn from one side to the other and fade at night.
///
/// Brightness is left to `SceneDescription.lightChanges`, because cameras even most of it out.
public struct SunPath: Sendable, Codable, Hashable {
    /// Length of a day in seconds; the scene begins at midnight.
    public var secondsPerDay: Double
    /// Share of the day, 0...1, `sunrise` before `sunset`.
    public var sunrise: Double
    public var sunset: Double

    public init(secondsPerDay: Double, sunrise: Double, sunset: Double) {
        self.secondsPerDay = secondsPerDay
        self.sunrise = sunrise
        self.sunset = sunset
    }

    /// Side that shadows fall to, from 1 at sunrise to −1 at sunset, and their strength 0...1.
    func shadow(at second: Double) -> (side: Float, strength: Float) {
        let day = second / secondsPerDay
        let share = (day - day.rounded(.down) - sunrise) / (sunset - sunrise)
        guard share > 0 && share < 1 else { return (1, 0) }
        return (Float(1 - 2 * share), Float(min(1, 6 * min(share, 1 - share))))
    }
}
