internal import Basics
internal import Imaging

/// Where something was seen last and how it moves, to find it again in the next frame.
struct Motion {
    private(set) var box: Box
    /// Stream time elapsed when it was there.
    private(set) var lastSeen: Duration
    /// Pixels per second.
    private var velocity: (x: Float, y: Float) = (0, 0)

    init(_ box: Box, at elapsed: Duration) {
        self.box = box
        lastSeen = elapsed
    }

    mutating func follow(_ seen: Box, at elapsed: Duration) {
        let seconds = Float((elapsed - lastSeen).milliseconds) / 1000
        if seconds > 0 {
            let step = (x: seen.centre.x - box.centre.x, y: seen.centre.y - box.centre.y)
            velocity.x = (velocity.x + step.x / seconds) / 2
            velocity.y = (velocity.y + step.y / seconds) / 2
        }
        box = seen
        lastSeen = elapsed
    }

    /// Time in which the picture could not be judged.
    mutating func pause(for duration: Duration) { lastSeen += duration }

    /// The pictures have another size from now on.
    mutating func scale(x: Float, y: Float) {
        box = box.scaled(x: x, y: y)
        velocity = (velocity.x * x, velocity.y * y)
    }

    /// Where it may be found at a time.
    func forecast(at elapsed: Duration) -> Forecast {
        // No further than one second: a lost thing does not fly on.
        let seconds = min(1, Float((elapsed - lastSeen).milliseconds) / 1000)
        return Forecast(last: box, predicted: box.moved(x: velocity.x * seconds, y: velocity.y * seconds))
    }

    struct Forecast {
        fileprivate let last: Box
        fileprivate let predicted: Box

        /// How well a box fits as the continuation: above 1 when it overlaps the last or the predicted place, between 0 and
        /// 1 when only its centre is near enough, nil when it is somewhere else.
        ///
        /// - Parameter allowsParts: whether a small piece of it continues it.
        func affinity(_ seen: Box, allowsParts: Bool) -> Float? {
            let areas = (smaller: min(last.area, seen.area), larger: max(last.area, seen.area))
            let isAlike = areas.larger <= 4 * areas.smaller
            guard isAlike || allowsParts else { return nil }
            let iou = max(last.iou(with: seen), predicted.iou(with: seen))
            let overlap = max(last.overlap(with: seen), predicted.overlap(with: seen))
            if iou >= 0.1 || overlap >= 0.3 { return 1 + iou + overlap / 2 }

            guard isAlike else { return nil }
            let reach = 0.75 * max(max(last.width, last.height), max(seen.width, seen.height))
            let distance = min(last.centreDistance(to: seen), predicted.centreDistance(to: seen))
            return distance < reach ? 1 - distance / reach : nil
        }
    }
}

extension Box {
    fileprivate func centreDistance(to other: Box) -> Float {
        let (dx, dy) = (centre.x - other.centre.x, centre.y - other.centre.y)
        return (dx * dx + dy * dy).squareRoot()
    }
}
