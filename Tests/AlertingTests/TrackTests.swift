import Alerting
import Analysis
import Basics
import Imaging
import Testing

/// Objects are told apart from frame to frame, and a rollover does not break the story.
@Suite struct TrackTests {
    @Test func twoObjectsThatPassEachOtherKeepTheirNumbers() {
        var script = Script()
        for step in 0..<50 {
            let shift = Float(step) * 10
            script.frame(objects: [object(60 + shift, 100, 4), object(580 - shift, 180, 5)])
        }
        #expect(script.opened.count == 2)
        // The more surprising one is numbered first.
        for event in script.machine.openEvents {
            #expect(event.tracks == [event.surprise == 5 ? 1 : 2])
        }
    }

    @Test func aShortAbsenceKeepsTheNumberAndALongOneDoesNot() {
        var script = Script()
        script.frames(5, objects: [object(100, 100, 5)])
        script.frames(10)
        script.frames(5, objects: [object(100, 100, 5)])
        #expect(script.machine.openEvents.map(\.tracks) == [[1]])
        script.frames(40)
        script.frames(5, objects: [object(100, 100, 5)])
        #expect(script.machine.openEvents.map(\.tracks) == [[2]])
    }

    @Test func pixelsHaveNoTrackAndFusedObjectsHaveTheirs() {
        var script = Script()
        script.frames(5, regions: [region(100, 100, 6)])
        #expect(script.machine.openEvents.map(\.tracks) == [[]])
        #expect(script.machine.openEvents[0].peak.track == nil)
        // Two that touch are one event, which knows both; the first frame of each is a point.
        var pair = Script()
        pair.frames(10, objects: [object(100, 100, 5), object(142, 100, 4)])
        pair.frame(objects: [object(100, 100, 4), object(142, 100, 5)])
        pair.frames(10, objects: [object(100, 100, 5), object(142, 100, 4)])
        #expect(pair.machine.openEvents.map(\.tracks) == [[1, 2]])
    }

    @Test func aThingInFrontOfALargeOneDoesNotTakeItsNumber() {
        var script = Script()
        script.frames(5, objects: [object(200, 150, 5, 200, 200)])
        script.frames(3, objects: [object(200, 150, 5, 200, 200), object(200, 150, 6, 30, 60)])
        script.frames(2, objects: [object(200, 150, 6, 30, 60)])
        #expect(script.machine.openEvents.map(\.tracks) == [[1, 2]])
    }

    @Test func aCrowdIsBounded() {
        var script = Script()
        for step in 0..<30 {
            let crowd = (0..<90).map { index in
                object(10 + Float((index * 37 + step * 53) % 620), 10 + Float((index * 61 + step * 31) % 340), 5, 8, 8)
            }
            script.frame(objects: crowd)
        }
        // Two points a second, and one for each of the first 16 objects.
        #expect(script.machine.openEvents.allSatisfy { $0.track.count <= 13 + 16 })
    }

    @Test func whatRolledOverAndChangedContinuesTheEvent() {
        var script = Script { $0.maximumDuration = .seconds(20) }
        script.frames(200, objects: [object(100, 100, 4)])
        script.frames(5, objects: [object(100, 100, 5.5)])
        #expect(script.opened.map(\.continues) == [nil, script.opened[0].id])
        #expect(script.opened[1].tracks == script.opened[0].tracks)
        // Again, and the chain goes on.
        script.frames(200, objects: [object(100, 100, 5.5)])
        script.frames(5, objects: [object(100, 100, 8)])
        #expect(script.opened.last?.continues == script.opened[1].id)
        // Something else is a story of its own.
        script.frames(5, objects: [object(400, 100, 8)])
        #expect(script.opened.count == 4 && script.opened[3].continues == nil)
    }

    @Test(arguments: [true, false])
    func aThingThatNeverStopsMovingIsOneChain(isObject: Bool) {
        var script = Script { $0.maximumDuration = .seconds(20) }
        for step in 0..<600 {
            // Round and round.
            let angle = Float(step) / 40
            let (x, y) = (320 + 200 * Self.cosine(angle), 180 + 100 * Self.sine(angle))
            script.frame(objects: isObject ? [object(x, y, 4)] : [], regions: isObject ? [] : [region(x, y, 6)])
        }
        #expect(script.opened.count >= 5)
        #expect(script.opened.map(\.continues) == [nil] + script.opened.dropLast().map(\.id))
        if isObject { #expect(script.opened.allSatisfy { $0.tracks == [1] }) }
    }

    @Test func whoeverPassesAnAcceptedThingDoesNotWakeIt() {
        var script = Script { $0.maximumDuration = .seconds(20) }
        let car = object(300, 200, 5, 200, 120)
        script.frames(200, objects: [car])
        for step in 0..<60 { script.frame(objects: [car, object(20 + Float(step) * 10, 240, 7, 30, 70)]) }
        script.frames(100, objects: [car])
        #expect(script.opened.count == 2)
        #expect(script.closed.map(\.reason) == [.rollover, .quiet])
        #expect(script.opened[1].continues == nil)
    }

    @Test func anAcceptedPlaceIsForgottenOnlyAfterTheMaximumDurationOfQuiet() {
        func opened(afterQuietFrames quiet: Int) -> Int {
            var script = Script { $0.maximumDuration = .seconds(20) }
            script.frames(150, objects: [object(100, 100, 4)])
            for _ in 0..<3 {
                script.frames(quiet)
                script.frames(5, objects: [object(100, 100, 4)])
            }
            return script.opened.count
        }
        #expect(opened(afterQuietFrames: 98) == 1)
        #expect(opened(afterQuietFrames: 101) > 1)
    }

    @Test func aStreamThatChangesItsSizeGoesOn() {
        var machine = Script { $0.maximumDuration = .seconds(10) }.machine
        var actions: [EventAction] = []
        for index in 0..<120 {
            let isLarge = index / 10 % 2 == 1
            let scale: Float = isLarge ? 2 : 1
            let verdict = Verdict(
                camera: "yard", sequence: UInt64(index), presentationTime: .milliseconds(200 * index),
                arrival: MonotonicTime(nanoseconds: Int64(index) * 200_000_000), wallTimeMs: Script.wallStart,
                width: isLarge ? 1280 : 640, height: isLarge ? 720 : 360, light: .steady(.day),
                objects: [object(100 * scale, 100 * scale, 5, 40 * scale, 60 * scale)], regions: [], map: .none,
                timings: StageTimings())
            actions += machine.ingest(verdict)
        }
        #expect(actions.count { if case .open = $0 { true } else { false } } == 1)
        let last = actions.last?.event
        #expect(last?.reason == .rollover && last?.tracks == [1])
        #expect(
            last?.width == 640 && last?.box == box(100, 100)
                && last?.track.allSatisfy { $0.box == box(100, 100) } == true)
    }

    private static func sine(_ angle: Float) -> Float {
        // Good enough for going round.
        let turn = angle - 2 * .pi * (angle / (2 * .pi)).rounded()
        return 4 / .pi * turn - 4 / (.pi * .pi) * turn * abs(turn)
    }
    private static func cosine(_ angle: Float) -> Float { sine(angle + .pi / 2) }
}
