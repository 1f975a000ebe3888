import Alerting
import Analysis
import Basics
import Imaging
import Testing

/// Where things count, and what events say of it.
@Suite struct ZoneTests {
    /// In shares of the picture.
    static func zone(_ name: String, _ kind: Zone.Kind, _ x1: Double, _ y1: Double, _ x2: Double, _ y2: Double) -> Zone
    {
        let points = [(x1, y1), (x2, y1), (x2, y2), (x1, y2)].map { Polygon.Point($0.0, $0.1) }
        guard let polygon = try? Polygon(points) else { fatalError("not a zone") }
        return Zone(name: name, kind: kind, polygon: polygon)
    }

    private func script(_ zones: [Zone], change: (inout EventRules) -> Void = { _ in }) -> Script {
        Script {
            $0.zones = ZoneMap(zones)
            change(&$0)
        }
    }

    @Test func withoutZonesEverythingCounts() {
        #expect(ZoneMap.everywhere.counts(box(10, 10), width: 640, height: 360))
        var script = script([])
        script.frames(3, objects: [object(100, 100, 4)])
        #expect(script.opened.map(\.zones) == [[]])
    }

    @Test func whoStandsInAnIncludeZoneCountsWhereverTheHeadIs() {
        // The lower half of a picture of 640 x 360.
        let map = ZoneMap([Self.zone("yard", .include, 0, 0.5, 1, 1)])
        #expect(map.counts(box(100, 140, 40, 100), width: 640, height: 360))
        #expect(!map.counts(box(100, 120, 40, 100), width: 640, height: 360))
        // A thing without feet counts by its larger part, and so does one that the picture's edge cuts off.
        let door = ZoneMap([Self.zone("door", .include, 0, 0, 1, 0.5)])
        #expect(door.counts(box(100, 150, 40, 100), width: 640, height: 360))
        #expect(map.counts(box(100, 340, 40, 100), width: 640, height: 360))
        #expect(map.counts(Box(x1: -30, y1: 300, x2: 20, y2: 400), width: 640, height: 360))
    }

    @Test func onlyWhatLiesInAnIncludeZoneOpens() {
        var script = script([Self.zone("left", .include, 0, 0, 0.4, 1), Self.zone("far", .include, 0, 0, 1, 0.3)])
        script.frames(10, objects: [object(500, 300, 6)])
        #expect(script.actions.isEmpty)
        script.frames(3, objects: [object(500, 300, 6), object(100, 300, 4)])
        #expect(script.opened.map(\.zones) == [["left"]])
        // Both zones, in the order of the settings.
        script.frames(3, objects: [object(500, 60, 5)])
        #expect(script.opened.last?.zones == ["far"])
        script.frames(3, objects: [object(100, 60, 5)])
        #expect(script.opened.last?.zones == ["left", "far"])
    }

    @Test func anEventCollectsTheZonesThatItCrosses() {
        let zones = [
            Self.zone("c", .include, 0.6, 0, 1, 1), Self.zone("a", .include, 0, 0, 0.3, 1),
            Self.zone("b", .include, 0.3, 0, 0.6, 1),
        ]
        var script = script(zones)
        for x in stride(from: Float(60), to: 600, by: 20) { script.frame(objects: [object(x, 200, 5)]) }
        #expect(script.opened.map(\.zones) == [["a"]])
        #expect(script.updated.last?.zones == ["c", "a", "b"])
        #expect(script.updated.last?.tracks == [1])
    }

    @Test func whatLiesMostlyInIgnoreZonesDoesNotCount() {
        let road = [
            Self.zone("road", .ignore, 0, 0, 0.5, 1), Self.zone("verge", .ignore, 0.4, 0, 0.55, 1),
            Self.zone("yard", .include, 0, 0, 1, 1),
        ]
        let map = ZoneMap(road)
        #expect(!map.counts(box(300, 100), width: 640, height: 360))
        // Half in the one and the rest in the other is in both together, and what both cover counts once.
        #expect(!map.counts(box(336, 100, 64, 64), width: 640, height: 360))
        #expect(map.counts(box(362, 100, 64, 64), width: 640, height: 360))
        var script = script(road)
        script.frames(20, objects: [object(100, 100, 6)], regions: [region(200, 100, 8)])
        #expect(script.actions.isEmpty)
        script.frames(3, objects: [object(100, 100, 6), object(500, 100, 4)])
        #expect(script.opened.map(\.surprise) == [4])
    }

    @Test func whereNothingCanBeSeenNothingCounts() {
        let map = ZoneMap([Self.zone("window", .privacy, 0.2, 0.2, 0.4, 0.4)])
        #expect(!map.counts(Box(x1: 130, y1: 80, x2: 250, y2: 140), width: 640, height: 360))
        #expect(map.counts(Box(x1: 0, y1: 0, x2: 640, y2: 360), width: 640, height: 360))
    }

    @Test func piecesThatDoNotCountCrowdNothingOut() {
        var script = script([Self.zone("tree", .ignore, 0, 0, 0.5, 1)])
        let leaves = (0..<100).map { region(10 + Float($0 % 20) * 14, 10 + Float($0 / 20) * 60, 9, 8, 8) }
        script.frames(3, regions: leaves + [region(500, 100, 5)])
        #expect(script.opened.map(\.surprise) == [5])
        let branches = (0..<100).map { object(10 + Float($0 % 20) * 14, 10 + Float($0 / 20) * 60, 9, 8, 8) }
        script.frames(3, objects: branches + [object(500, 300, 5)])
        #expect(script.opened.map(\.surprise) == [5, 5])
    }

    @Test func newZonesEndWhatDoesNotCountAnyMoreAndKeepWhatWasSaid() {
        var script = script([Self.zone("left", .include, 0, 0, 0.5, 1)])
        script.frames(5, objects: [object(100, 100, 5)])
        var rules = script.machine.rules
        rules.zones = ZoneMap([Self.zone("near", .include, 0, 0, 0.3, 1)])
        script.machine.use(rules)
        script.frames(2, objects: [object(100, 100, 5)])
        #expect(script.updated.last?.zones == ["near", "left"])
        rules.zones = ZoneMap([Self.zone("left", .ignore, 0, 0, 0.5, 1)])
        script.machine.use(rules)
        script.frames(30, objects: [object(100, 100, 5)])
        #expect(script.closed.map(\.reason) == [.quiet])
        #expect(script.closed[0].lastSeenStreamMs == 1200)
    }

    @Test func theBudgetLooksAtTheZonesOfNowAndTheMeterAtNone() {
        var evidence = BudgetEvidence()
        func sample(_ x: Float, size: [Int]? = [640, 360]) -> IncidentSample {
            IncidentSample(regime: .day, startMs: 0, lastMs: 1, box: box(x, 100), size: size, object: 3, pixels: 3)
        }
        for sample in [sample(100), sample(500), sample(100, size: nil)] { evidence.add(sample) }
        let left = ZoneMap([Self.zone("tree", .ignore, 0, 0, 0.5, 1)])
        #expect(evidence.counting(in: left).incidents == [sample(500), sample(100, size: nil)])
        #expect(evidence.counting(in: .everywhere) == evidence)
    }

    /// A random zone map and box: what is said of it agrees with what counting points says.
    @Test(arguments: 0..<200 as Range<UInt64>)
    func sharesAgreeWithPoints(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        var polygons: [Polygon] = []
        while polygons.count < 3 {
            let points = (0..<(3 + random.index(below: 5))).map { _ in Polygon.Point(random.uniform(), random.uniform())
            }
            if let polygon = try? Polygon(points) { polygons.append(polygon) }
        }
        let (x, y) = (Float(random.uniform(in: 0..<0.7)), Float(random.uniform(in: 0..<0.7)))
        let box = Box(
            x1: x, y1: y, x2: x + Float(random.uniform(in: 0.05..<0.3)), y2: y + Float(random.uniform(in: 0.05..<0.3)))
        var inside = 0
        let count = 20_000
        for _ in 0..<count {
            let point = (
                random.uniform(in: Double(box.x1)..<Double(box.x2)), random.uniform(in: Double(box.y1)..<Double(box.y2))
            )
            if polygons.contains(where: { $0.contains(point.0, point.1) }) { inside += 1 }
        }
        let share = polygons.share(of: box)
        #expect((0...1.000001).contains(share))
        #expect(abs(share - Double(inside) / Double(count)) < 0.05)
        // Zones that nobody can miss count alike on pictures of any size.
        let map = ZoneMap(polygons.enumerated().map { Zone(name: "z\($0)", kind: .ignore, polygon: $1) })
        if abs(share - 0.5) > 0.01 {
            for (width, height) in [(640, 360), (1920, 1080), (320, 240)] {
                let place = box.scaled(x: Float(width), y: Float(height))
                #expect(map.counts(place, width: width, height: height) == (share < 0.5))
            }
        }
    }
}
