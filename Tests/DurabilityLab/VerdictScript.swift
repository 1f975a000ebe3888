internal import Alerting
package import Analysis
internal import Basics
internal import FoundationEssentials
internal import Imaging

/// Verdicts of one camera on a busy day, drawn by a seed: things that come, wander, flicker and go, short and long.
package struct VerdictScript: Sendable {
    package let camera: String
    package let seed: UInt64
    package let frames: Int
    /// Between two verdicts, in milliseconds of stream time.
    package let spacingMs: Int
    /// When the first verdict happened, Unix milliseconds UTC.
    package let startMs: Int64
    /// One verdict in this many comes after a pause of seven seconds; 0 for none.
    package let pauses: Int

    package init(camera: String, seed: UInt64, frames: Int, spacingMs: Int, startMs: Int64, pauses: Int = 0) {
        self.camera = camera
        self.seed = seed
        self.frames = frames
        self.spacingMs = spacingMs
        self.startMs = startMs
        self.pauses = pauses
    }

    private struct Thing {
        var centre: (x: Double, y: Double)
        let speed: (x: Double, y: Double)
        let side: Double
        let surprise: Double
        let isObject: Bool
        let isRegion: Bool
        var framesLeft: Int
    }

    package static let width = 640
    package static let height = 360

    package func verdicts() -> [Verdict] {
        var random = SeededGenerator(seed: seed)
        var things: [Thing] = []
        var conditions: Set<PictureCondition> = []
        var timeMs = 0
        return (0..<frames).map { index in
            if things.count < 5, random.index(below: 10) == 0 { things.append(Self.thing(&random)) }
            for index in things.indices {
                things[index].centre.x += things[index].speed.x
                things[index].centre.y += things[index].speed.y
                things[index].framesLeft -= 1
            }
            things.removeAll { $0.framesLeft < 0 }
            if random.index(below: 60) == 0 { conditions = Self.other(conditions, &random) }
            defer { timeMs += pauses > 0 && random.index(below: pauses) == 0 ? 7000 : spacingMs }
            return verdict(UInt64(index), at: timeMs, things, conditions, &random)
        }
    }

    /// Writes the log as the daemon records it; returns the verdicts, which read back as they are.
    package func write(to path: String) throws -> [Verdict] {
        let verdicts = verdicts()
        try? FileManager.default.removeItem(atPath: path)
        let writer = try VerdictLogWriter(path: path)
        for verdict in verdicts { try writer.append(verdict) }
        return verdicts
    }

    private static func thing(_ random: inout SeededGenerator) -> Thing {
        let detector = random.index(below: 3)
        return Thing(
            centre: (random.uniform(in: 20..<Double(width - 20)), random.uniform(in: 20..<Double(height - 20))),
            speed: (random.uniform(in: -3..<3), random.uniform(in: -2..<2)), side: random.uniform(in: 12..<60),
            surprise: random.uniform(in: 2..<7), isObject: detector != 1, isRegion: detector != 0,
            framesLeft: random.index(below: 4) == 0 ? 60 + random.index(below: 200) : 3 + random.index(below: 25))
    }

    private static func other(
        _ conditions: Set<PictureCondition>, _ random: inout SeededGenerator
    ) -> Set<PictureCondition> {
        guard conditions.isEmpty else { return [] }
        return [PictureCondition.allCases[random.index(below: PictureCondition.allCases.count)]]
    }

    private func verdict(
        _ sequence: UInt64, at timeMs: Int, _ things: [Thing], _ conditions: Set<PictureCondition>,
        _ random: inout SeededGenerator
    ) -> Verdict {
        var objects: [ScoredObject] = []
        var regions: [AnomalousRegion] = []
        for thing in things {
            let surprise = max(0, Float(thing.surprise + random.uniform(in: -0.8..<0.8)))
            let half = thing.side / 2 + random.uniform(in: -1..<1)
            let box = Box(
                x1: Float(thing.centre.x - half), y1: Float(thing.centre.y - half), x2: Float(thing.centre.x + half),
                y2: Float(thing.centre.y + half))
            if thing.isObject, random.index(below: 5) > 0 {
                objects.append(
                    ScoredObject(
                        box: box, objectness: Float(random.uniform()), anomaly: Float(random.uniform()),
                        surprise: surprise))
            }
            if thing.isRegion, random.index(below: 4) > 0 {
                regions.append(
                    AnomalousRegion(
                        box: box, cells: 1 + random.index(below: 30), score: Float(random.uniform()),
                        surprise: surprise))
            }
        }
        return Verdict(
            camera: camera, sequence: sequence, presentationTime: .milliseconds(timeMs),
            arrival: MonotonicTime(nanoseconds: Int64(timeMs) * 1_000_000), wallTimeMs: startMs + Int64(timeMs),
            width: Self.width, height: Self.height, light: .steady(.day), conditions: conditions,
            objects: objects.sorted { $0.surprise > $1.surprise },
            regions: regions.sorted { $0.surprise > $1.surprise }, map: .none, timings: StageTimings())
    }
}
