internal import Basics

/// Notices when a stream's frame rate is another than it announced, or changes.
struct RateMeter {
    private var last: Duration?
    private var steps: [Duration] = []
    private static let window = 9
    /// Rates closer to each other than this factor count as the same.
    private static let tolerance = 1.4

    /// The rate of the last pictures when it clearly differs from `known`; nil otherwise.
    mutating func note(_ time: Duration?, known: Double?) -> Double? {
        guard let time else { return nil }
        defer { last = time }
        guard let last, time > last, time - last < .seconds(60) else { return nil }
        steps.append((time - last))
        guard steps.count == Self.window else { return nil }
        let median = steps.sorted()[Self.window / 2]
        let (shortest, longest) = (steps.min() ?? median, steps.max() ?? median)
        steps.removeAll(keepingCapacity: true)
        let rate = 1e9 / Double(median.nanoseconds)
        // Pictures that come in bursts say nothing.
        guard longest < shortest * 3, (0.02...240).contains(rate) else { return nil }
        guard let known else { return rate }
        return max(rate / known, known / rate) > Self.tolerance ? rate : nil
    }
}
