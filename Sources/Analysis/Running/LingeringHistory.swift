/// Remembers the last score maps of one camera, to tell what stays from what passes by.
///
/// A cell's lingering surprise is its least surprise over the last seconds. People who walk through raise every cell for a
/// moment only, so something much less conspicuous than they are stands out once it does not move.
package struct LingeringHistory: Sendable {
    /// Time over which a cell must stay surprising.
    package static let window: Duration = .seconds(3)
    /// Maps closer together than this add nothing.
    private static let spacing: Duration = .milliseconds(180)
    /// A longer gap breaks the history: what happened in between was not seen.
    private static let longestGap: Duration = .seconds(3)

    /// Fewer maps say nothing: at a rate below the usual, the history grows longer instead.
    package var fewestMaps = leastMaps {
        didSet { fewestMaps = max(Self.leastMaps, fewestMaps) }
    }
    private static let leastMaps = 2

    private var maps: [(time: Duration, surprise: [Float])] = []

    package init() {}

    /// Maps in the window of a camera that is judged at this rate.
    package static func usualMaps(framesPerSecond: Double) -> Int {
        max(leastMaps, Int(min(framesPerSecond * (window / .seconds(1)), window / spacing)) + 1)
    }

    /// Adds a map and returns the least surprise of each cell over the window; nil while less than the window is known.
    package mutating func add(_ surprise: [Float], at time: Duration) -> [Float]? {
        if let last = maps.last {
            let gap = time - last.time
            if gap < .zero || gap > Self.longestGap || last.surprise.count != surprise.count { maps.removeAll() }
        }
        if let last = maps.last, time - last.time < Self.spacing {
            return least(with: surprise, at: time)
        }
        maps.append((time, surprise))
        // One map older than the window stays, to know that the window is full.
        while maps.count > fewestMaps, time - maps[1].time >= Self.window { maps.removeFirst() }
        return least(with: surprise, at: time)
    }

    private func least(with surprise: [Float], at time: Duration) -> [Float]? {
        guard let first = maps.first, time - first.time >= Self.window, maps.count >= fewestMaps else { return nil }
        var result = surprise
        for map in maps {
            for index in result.indices where map.surprise[index] < result[index] {
                result[index] = map.surprise[index]
            }
        }
        return result
    }
}
