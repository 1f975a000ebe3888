import Alerting
import Analysis
import Basics
import FoundationEssentials
import Imaging
import Testing

/// Random scenes with the properties that hold for all of them.
@Suite struct EventMachinePropertyTests {
    /// Walkers that come and go, noise that flickers, frames that are missing.
    static func script(seed: UInt64, frames: Int = 300) -> [Verdict] {
        var random = SeededGenerator(seed: seed)
        var time: Duration = .zero
        var walkers: [(x: Float, y: Float, dx: Float, dy: Float, surprise: Float)] = []
        return (0..<frames).map { index in
            if random.index(below: 12) == 0 && walkers.count < 6 {
                let (x, y) = (Float(random.uniform(in: 0..<640)), Float(random.uniform(in: 0..<360)))
                let (dx, dy) = (Float(random.uniform(in: -12..<12)), Float(random.uniform(in: -6..<6)))
                walkers.append((x, y, dx, dy, Float(random.uniform(in: 1..<7))))
            }
            if random.index(below: 15) == 0 && !walkers.isEmpty {
                walkers.remove(at: random.index(below: walkers.count))
            }
            for walker in walkers.indices {
                walkers[walker].x += walkers[walker].dx
                walkers[walker].y += walkers[walker].dy
            }
            var objects: [ScoredObject] = []
            var regions: [AnomalousRegion] = []
            for walker in walkers {
                let surprise = walker.surprise + Float(random.uniform(in: -1..<1))
                if random.index(below: 5) > 0 { objects.append(object(walker.x, walker.y, surprise)) }
                if random.index(below: 3) > 0 { regions.append(region(walker.x, walker.y + 10, surprise, 30, 30)) }
            }
            if random.index(below: 4) == 0 {
                let (x, y) = (Float(random.uniform(in: 0..<640)), Float(random.uniform(in: 0..<360)))
                regions.append(region(x, y, Float(random.uniform(in: 2..<8)), 20, 20))
            }
            time += .milliseconds(random.index(below: 40) == 0 ? 7000 : 150 + random.index(below: 200))
            let regime: Regime = index / 100 % 2 == 0 ? .day : .infraredNight
            return Script.verdict(UInt64(index), at: time, objects: objects, regions: regions, regime: regime)
        }
    }

    static func run(_ verdicts: [Verdict], seed: UInt64 = 9) -> [[EventAction]] {
        var rules = Script.rules
        rules.maximumDuration = .seconds(30)
        rules.maximumOpen = 4
        var machine = EventMachine(
            camera: "yard", rules: rules, provenance: Provenance(model: "m", profile: "p"),
            ids: EventIDGenerator(seed: seed))
        return verdicts.map { machine.ingest($0) } + [machine.stop(.endOfStream)]
    }

    @Test(arguments: 1...40)
    func everyEventOpensOnceIsUpdatedAndClosesOnce(seed: Int) {
        var life: [EventID: Int] = [:]
        for action in Self.run(Self.script(seed: UInt64(seed))).joined() {
            switch action {
            case .open(let event):
                #expect(life[event.id] == nil)
                #expect(event.state == .open && event.reason == nil && event.endMs == nil)
                life[event.id] = 1
            case .update(let event):
                #expect(life[event.id] == 1)
                #expect(event.state == .open)
            case .close(let event):
                #expect(life[event.id] == 1)
                #expect(event.state == .closed && event.reason != nil)
                #expect((event.endMs ?? 0) >= event.lastSeenMs && event.lastSeenMs >= event.startMs)
                life[event.id] = 2
            }
        }
        #expect(!life.isEmpty)
        #expect(life.values.allSatisfy { $0 == 2 })
    }

    @Test(arguments: 1...40)
    func eventsOfOneFrameNeverOverlap(seed: Int) {
        for actions in Self.run(Self.script(seed: UInt64(seed))) {
            var boxes: [Box] = []
            for case .update(let event) in actions { boxes.append(event.box) }
            for case .open(let event) in actions { boxes.append(event.box) }
            for (index, box) in boxes.enumerated() {
                for other in boxes[(index + 1)...] { #expect(box.intersection(with: other).area == 0) }
            }
        }
    }

    @Test(arguments: 1...40)
    func everyEventWasConfirmed(seed: Int) {
        let verdicts = Self.script(seed: UInt64(seed))
        let rules = Script.rules
        for (index, actions) in Self.run(verdicts).enumerated() {
            for case .open(let event) in actions {
                #expect(event.surprise >= min(rules.objects.enter, rules.pixels.enter))
                #expect(event.frames >= rules.confirmFrames)
                let strong = verdicts[max(0, index - rules.confirmWindow + 1)...index].count {
                    $0.objectSurprise >= rules.objects.enter || $0.pixelSurprise >= rules.pixels.enter
                }
                #expect(strong >= rules.confirmFrames)
            }
        }
    }

    @Test(arguments: 1...40)
    func noEventOutlivesItsQuietTime(seed: Int) {
        let verdicts = Self.script(seed: UInt64(seed))
        var open: [EventID: Event] = [:]
        for (index, actions) in Self.run(verdicts).dropLast().enumerated() {
            for action in actions {
                open[action.event.id] = action.event.state == .open ? action.event : nil
            }
            #expect(open.count <= 4)
            let now = verdicts[index].presentationTime.milliseconds
            #expect(open.values.allSatisfy { now - $0.lastSeenStreamMs < 5000 })
            #expect(open.values.allSatisfy { now - $0.startStreamMs < 30_000 })
        }
    }

    @Test(arguments: 1...20)
    func aReplayGivesTheSameBytes(seed: Int) throws {
        let verdicts = Self.script(seed: UInt64(seed))
        let logged = try verdicts.map { try VerdictLog.decode(try VerdictLog.encode($0), at: "log") }
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        func bytes(_ verdicts: [Verdict]) throws -> [Data] {
            try Self.run(verdicts).joined().map { try encoder.encode($0.event) }
        }
        let first = try bytes(verdicts)
        #expect(!first.isEmpty)
        #expect(try bytes(verdicts) == first)
        #expect(try bytes(logged) == first)
        // The seed is all that ids depend on besides time.
        #expect(Self.run(verdicts, seed: 10).joined().first?.event.id != Self.run(verdicts).joined().first?.event.id)
    }

    @Test func eventIDsGrow() {
        var ids = EventIDGenerator(seed: 3)
        var random = SeededGenerator(seed: 4)
        var last = ids.next(wallTimeMs: 1000)
        for _ in 0..<10_000 {
            let next = ids.next(wallTimeMs: Int64(random.index(below: 3000)))
            #expect(next > last)
            #expect(next.description > last.description)
            last = next
        }
        var restarted = EventIDGenerator(seed: 5, after: last)
        #expect(restarted.next(wallTimeMs: 0) > last)
    }

    @Test func eventIDsAreUUIDsOfVersionSeven() throws {
        var ids = EventIDGenerator(seed: 3)
        let id = ids.next(wallTimeMs: 0x0123_4567_89AB)
        let text = id.description
        #expect(text.hasPrefix("01234567-89ab-7000-"))
        #expect("89ab".contains(Array(text)[19]))
        #expect(EventID(text) == id)
        #expect(EventID(text.uppercased()) == id)
        #expect(id.timeMs == 0x0123_4567_89AB)
        #expect(EventID("not an id") == nil)
        #expect(EventID(String(text.dropLast()) + "g") == nil)
        #expect(try JSONDecoder().decode(EventID.self, from: JSONEncoder().encode(id)) == id)
    }
}
