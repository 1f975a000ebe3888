internal import Analysis
internal import Basics
internal import Imaging

/// Follows a camera's unknown objects from frame to frame and numbers them, so that one object can be told from another
/// within an event, over a rollover and across zones.
///
/// Each frame's objects go to the tracks that they fit best, the best fit first, and then to the older track and the more
/// surprising object; what is left starts a track. Numbers count from 1 and are never used again.
struct ObjectTracker {
    private struct Track {
        let number: Int
        var motion: Motion
    }

    /// Objects followed at once; the one that was not seen for longest goes first.
    private static let limit = Evidence.limit

    /// By number.
    private var tracks: [Track] = []
    private var count = 0

    /// The numbers of one frame's objects, at most `limit` of them, in their order.
    /// - Parameter patience: an object that was not seen for this long is another one when it comes back.
    mutating func follow(_ objects: [Box], at elapsed: Duration, patience: Duration) -> [Int] {
        tracks.removeAll { elapsed - $0.motion.lastSeen >= patience }
        var numbers = [Int?](repeating: nil, count: objects.count)
        var pairs: [(track: Int, object: Int, affinity: Float)] = []
        for track in tracks.indices {
            let forecast = tracks[track].motion.forecast(at: elapsed)
            for (object, box) in objects.enumerated() {
                guard let affinity = forecast.affinity(box, allowsParts: false) else { continue }
                pairs.append((track, object, affinity))
            }
        }
        pairs.sort { left, right in
            left.affinity != right.affinity
                ? left.affinity > right.affinity : (left.track, left.object) < (right.track, right.object)
        }
        var isTaken = [Bool](repeating: false, count: tracks.count)
        for pair in pairs where numbers[pair.object] == nil && !isTaken[pair.track] {
            isTaken[pair.track] = true
            numbers[pair.object] = tracks[pair.track].number
            tracks[pair.track].motion.follow(objects[pair.object], at: elapsed)
        }
        return objects.indices.map { numbers[$0] ?? begin(objects[$0], at: elapsed) }
    }

    private mutating func begin(_ box: Box, at elapsed: Duration) -> Int {
        if tracks.count == Self.limit,
            let oldest = tracks.indices.min(by: { tracks[$0].motion.lastSeen < tracks[$1].motion.lastSeen })
        {
            tracks.remove(at: oldest)
        }
        count += 1
        tracks.append(Track(number: count, motion: Motion(box, at: elapsed)))
        return count
    }

    /// Time in which the picture could not be judged.
    mutating func pause(for duration: Duration) {
        for index in tracks.indices { tracks[index].motion.pause(for: duration) }
    }

    /// The pictures have another size from now on.
    mutating func scale(x: Float, y: Float) {
        for index in tracks.indices { tracks[index].motion.scale(x: x, y: y) }
    }
}
