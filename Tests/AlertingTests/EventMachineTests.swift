import Alerting
import Analysis
import Basics
import FoundationEssentials
import Imaging
import Testing

@Suite struct EventMachineTests {
    @Test func anUnknownObjectOpensUpdatesAndCloses() {
        var script = Script()
        script.frames(5)
        script.frames(2, objects: [object(100, 100, 3.5)])
        #expect(script.actions.isEmpty)
        script.frame(objects: [object(102, 100, 4.2)])
        #expect(script.opened.count == 1)
        script.frames(7, objects: [object(104, 100, 3.1)])
        #expect(script.updated.count == 7)
        script.frames(24)
        #expect(script.closed.isEmpty)
        script.frame()
        #expect(script.closed.count == 1)

        let event = script.closed[0]
        #expect(event.id == script.opened[0].id)
        #expect(event.kind == .object)
        #expect(event.state == .closed)
        #expect(event.reason == .quiet)
        #expect(event.startMs == Script.wallStart + 1000)
        #expect(event.lastSeenMs == Script.wallStart + 2800)
        #expect(event.endMs == Script.wallStart + 7800)
        #expect(event.startStreamMs == 1000)
        #expect(event.lastSeenStreamMs == 2800)
        #expect(event.frames == 10)
        #expect(event.surprise == 4.2)
        #expect(event.peak.sequence == 7)
        #expect(event.objectPeak == ObjectScores(objectness: 0.8, anomaly: 0.9, surprise: 4.2))
        #expect(event.pixelPeak == nil)
        #expect(event.provenance == Provenance(model: "m1", profile: "p1"))
        #expect(event.track.first?.sequence == 5)
        // 1.8 s at two points per second.
        #expect(event.track.count == 4)
        #expect(event.id.timeMs == Script.wallStart + 1400)
    }

    @Test func evidenceOfBothDetectorsAtOnePlaceIsOneEvent() {
        var script = Script()
        script.frames(6, objects: [object(100, 100, 4)], regions: [region(110, 90, 5, 30, 30)])
        #expect(script.opened.count == 1)
        #expect(script.updated.last?.kind == .both)
        #expect(script.updated.last?.pixelPeak?.surprise == 5)
        #expect(script.updated.last?.box == box(100, 100).union(with: box(110, 90, 30, 30)))
    }

    @Test func pixelsAloneAreAPixelEvent() {
        var script = Script()
        script.frames(4, regions: [region(100, 100, 4.5)])
        #expect(script.opened.first?.kind == .pixel)
    }

    @Test func detectorsConfirmTogether() {
        var script = Script()
        script.frame(objects: [object(100, 100, 4)])
        script.frame(regions: [region(100, 100, 5)])
        script.frame(objects: [object(100, 100, 4)])
        #expect(script.opened.count == 1)
    }

    @Test func belowTheEnterThresholdNothingOpens() {
        var script = Script()
        script.frames(100, objects: [object(100, 100, 2.9)], regions: [region(100, 100, 3.9)])
        #expect(script.actions.isEmpty)
    }

    @Test func betweenTheThresholdsAnOpenEventLivesOn() {
        var script = Script()
        script.frames(3, objects: [object(100, 100, 3.1)])
        script.frames(100, objects: [object(100, 100, 2.1)])
        #expect(script.closed.isEmpty)
        script.frames(26, objects: [object(100, 100, 1.9)])
        #expect(script.closed.count == 1)
        #expect(script.closed[0].lastSeenStreamMs == 20400)
    }

    @Test func flickerAtDifferentPlacesDoesNotAddUp() {
        var script = Script()
        for index in 0..<60 {
            script.frame(objects: [object(40 + Float(index % 6) * 110, 60 + Float(index % 3) * 110, 5)])
        }
        #expect(script.actions.isEmpty)
    }

    @Test func twoOfFiveFramesAreNotEnough() {
        var script = Script()
        for index in 0..<100 { script.frame(objects: index % 5 < 2 ? [object(100, 100, 5)] : []) }
        #expect(script.actions.isEmpty)
    }

    @Test func threeOfFiveFramesNeedNotFollowEachOther() {
        var script = Script()
        for isSeen in [true, false, true, false, true] { script.frame(objects: isSeen ? [object(100, 100, 5)] : []) }
        #expect(script.opened.count == 1)
        #expect(script.opened[0].frames == 3)
    }

    @Test(arguments: [2, 8, 20, 35])
    func aMovingObjectKeepsItsEvent(pixelsPerFrame: Int) {
        var script = Script()
        for index in 0..<(600 / pixelsPerFrame) {
            script.frame(objects: [object(20 + Float(index * pixelsPerFrame), 200, 4)])
        }
        #expect(script.opened.count == 1)
        #expect(script.closed.isEmpty)
        #expect(script.updated.last.map { $0.box.x1 > 500 } == true)
    }

    @Test func eventsAtDifferentPlacesAreSeparate() {
        var script = Script()
        script.frames(5, objects: [object(100, 100, 4), object(400, 200, 5)])
        #expect(script.opened.count == 2)
        #expect(Set(script.opened.map(\.id)).count == 2)
        #expect(script.machine.openEvents.count == 2)
    }

    @Test func whatTouchesIsOneEvent() {
        var script = Script()
        script.frames(5, objects: [object(100, 100, 4), object(146, 100, 5)])
        #expect(script.opened.count == 1)
    }

    @Test func noMoreEventsThanAllowedAreOpenAtATime() {
        var script = Script { $0.maximumOpen = 2 }
        let things = [object(100, 100, 4), object(300, 100, 5), object(500, 100, 6)]
        script.frames(10, objects: things)
        #expect(script.opened.count == 2)
        #expect(script.machine.delayed > 0)
        #expect(Set(script.opened.map(\.surprise)) == [5, 6])
        // A place becomes free.
        script.frames(30, objects: Array(things[..<2]))
        script.frames(3, objects: things)
        #expect(script.machine.openEvents.count == 2)
        #expect(script.opened.count == 3)
    }

    @Test func aStreamThatStopsClosesItsEventsAtTheirLastSight() {
        var script = Script()
        script.frames(5, objects: [object(100, 100, 4)])
        #expect(script.tick(at: .milliseconds(5700)).isEmpty)
        let closed = script.tick(at: .milliseconds(5800))
        #expect(closed.count == 1)
        let event = closed[0].event
        #expect(event.reason == .streamStopped)
        #expect(event.lastSeenStreamMs == 800)
        #expect(event.lastSeenMs == Script.wallStart + 800)
        #expect(event.endMs == Script.wallStart + 5800)
        #expect(script.tick(at: .seconds(60)).isEmpty)
    }

    @Test func aGapInTheStreamClosesToo() {
        var script = Script()
        script.frames(5, objects: [object(100, 100, 4)])
        script.pause(.seconds(60))
        let actions = script.frame(objects: [object(100, 100, 4)])
        #expect(actions.count == 1)
        #expect(actions.first?.event.reason == .streamStopped)
        #expect(actions.first?.event.endMs == Script.wallStart + 800)
        script.frames(2, objects: [object(100, 100, 4)])
        #expect(script.opened.count == 2)
    }

    @Test(arguments: [CloseReason.cameraLost, .endOfStream, .shutdown])
    func stoppingEndsAtTheLastSight(reason: CloseReason) {
        var script = Script()
        script.frames(5, objects: [object(100, 100, 4)])
        script.frames(5)
        let event = script.stop(reason).first?.event
        #expect(event?.lastSeenStreamMs == 800)
        #expect(event?.state == (reason == .shutdown ? .interrupted : .closed))
        #expect(event?.reason == reason)
        #expect((event?.endMs == nil) == (reason == .shutdown))
        #expect(script.stop(reason).isEmpty)
    }

    @Test func aLongEventRollsOverAndItsPlaceIsAccepted() {
        var script = Script { $0.maximumDuration = .seconds(20) }
        script.frames(1000, objects: [object(100, 100, 4)])
        #expect(script.opened.count == 1)
        #expect(script.closed.map(\.reason) == [.rollover])
        #expect(script.closed[0].duration == .seconds(20))
        // Something else at another place is news.
        script.frames(3, objects: [object(100, 100, 4), object(400, 100, 4)])
        #expect(script.opened.count == 2)
    }

    @Test func anAcceptedPlaceAlertsAgainWhenItChanges() {
        var script = Script { $0.maximumDuration = .seconds(20) }
        script.frames(200, objects: [object(100, 100, 4)])
        #expect(script.opened.count == 1)
        script.frames(5, objects: [object(100, 100, 5.5)])
        #expect(script.opened.count == 2)

        var moved = Script { $0.maximumDuration = .seconds(20) }
        moved.frames(200, objects: [object(100, 100, 4)])
        moved.frames(5, objects: [object(180, 100, 4)])
        #expect(moved.opened.count == 2)

        var grown = Script { $0.maximumDuration = .seconds(20) }
        grown.frames(200, objects: [object(100, 100, 4)])
        grown.frames(5, objects: [object(100, 100, 4, 120, 120)])
        #expect(grown.opened.count == 2)
    }

    @Test func anAcceptedPlaceIsForgottenAfterTheMaximumDuration() {
        var script = Script { $0.maximumDuration = .seconds(20) }
        script.frames(200, objects: [object(100, 100, 4)])
        script.frames(101)
        script.frames(5, objects: [object(100, 100, 4)])
        #expect(script.opened.count == 2)
    }

    @Test func aChangeOfLightDelaysAndDoesNotDiscard() {
        var script = Script()
        script.frames(10)
        script.frames(5, objects: [object(100, 100, 4)], regime: .infraredNight)
        #expect(script.opened.isEmpty)
        script.frames(10, objects: [object(100, 100, 4)], regime: .infraredNight)
        #expect(script.opened.count == 1)
        #expect(script.opened[0].regime == .infraredNight)
        // Its start is the true one, before the light had settled.
        #expect(script.opened[0].startStreamMs == 2000)
    }

    @Test func aSteppedWallClockGivesNoNegativeTimes() {
        var script = Script()
        for index in 0..<20 {
            let step: Int64 = index > 6 ? -3_600_000 : 0
            script.frame(
                objects: [object(100, 100, 4)], wallTimeMs: Script.wallStart + script.now.milliseconds + step)
        }
        script.frames(30)
        #expect(script.closed[0].duration == .milliseconds(3800))
    }

    @Test func timestampsThatGoBackCountAsArrivalTime() {
        var machine = Script().machine
        var opened = 0
        for index in 0..<40 {
            let time = Duration.milliseconds(200 * index)
            let back = index < 20 ? time : time - .seconds(3600)
            let verdict = Verdict(
                camera: "yard", sequence: UInt64(index), presentationTime: back,
                arrival: MonotonicTime(nanoseconds: time.nanoseconds), wallTimeMs: Script.wallStart + time.milliseconds,
                width: 640, height: 360, light: .steady(.day), objects: [object(100, 100, 4)], regions: [],
                map: ScoreMap(width: 0, height: 0, surprise: []), timings: StageTimings())
            opened += machine.ingest(verdict).count { if case .open = $0 { true } else { false } }
        }
        #expect(opened == 1)
        #expect(machine.openEvents.first?.duration == .milliseconds(7800))
    }

    @Test func aTornObjectIsStillOneEvent() {
        var script = Script()
        script.frames(5, objects: [object(100, 100, 4, 100, 60)])
        script.frames(20, objects: [object(65, 100, 4, 30, 60), object(135, 100, 4, 30, 60)])
        #expect(script.opened.count == 1)
    }

    @Test func scoresThatAreNotNumbersAreNoEvidence() {
        var script = Script()
        script.frames(10, objects: [object(100, 100, .nan)], regions: [region(100, 100, .nan)])
        #expect(script.actions.isEmpty)
        script.frames(10, objects: [object(.nan, 100, 5), object(100, .infinity, 5)])
        #expect(script.actions.isEmpty)
        script.frames(10, objects: [object(100, 100, .infinity)])
        #expect(script.opened.count == 1)
        #expect(script.opened[0].surprise == 300)
    }

    @Test func longTracksAreThinned() {
        var script = Script(framesPerSecond: 10) { $0.maximumDuration = .seconds(3600) }
        script.frames(10_000, objects: [object(100, 100, 4)])
        let track = script.machine.openEvents[0].track
        #expect(track.count <= 1201)
        #expect(zip(track, track.dropFirst()).allSatisfy { $1.timeMs - $0.timeMs >= 500 })
    }
}
