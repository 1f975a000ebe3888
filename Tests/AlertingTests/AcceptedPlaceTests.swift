import Alerting
import Analysis
import Imaging
import Testing

/// What stays, what the operator accepts, and what happens while the light switches.
@Suite struct AcceptedPlaceTests {
    private let object = ScoredObject(
        box: Box(x1: 100, y1: 100, x2: 150, y2: 150), objectness: 0.8, anomaly: 0.9, surprise: 5)

    @Test func `a thing left for an hour is reported and stays one story`() {
        var script = Script { $0.maximumDuration = .seconds(600) }
        script.frames(50)
        script.frames(5 * 3600, objects: [object])
        // Reported at once; the place is known after the maximum duration, and nothing new opens for the rest of the hour.
        #expect(script.opened.count == 1)
        #expect(script.closed.map(\.reason) == [.rollover])
        // It is gone, and comes back later: that is news.
        script.frames(5 * 700)
        script.frames(50, objects: [object])
        #expect(script.opened.count == 2)
    }

    @Test func `what the operator called a false alarm is normal at its place until it changes`() {
        var script = Script()
        script.frames(20, objects: [object])
        script.frames(40)
        let event = script.closed[0]
        script.machine.accept([event])
        script.frames(100, objects: [object])
        #expect(script.opened.count == 1)
        var changed = object
        changed = ScoredObject(box: object.box, objectness: 0.8, anomaly: 0.99, surprise: 8)
        script.frames(20, objects: [changed])
        #expect(script.opened.count == 2)
    }

    @Test func `taking the label back makes the place count again`() {
        var script = Script()
        script.frames(20, objects: [object])
        script.frames(40)
        script.machine.accept(script.closed)
        script.frames(50, objects: [object])
        #expect(script.opened.count == 1)
        script.machine.accept([])
        script.frames(20, objects: [object])
        #expect(script.opened.count == 2)
    }

    @Test func `an accepted place outlasts the night in which nothing can be seen of it`() {
        var script = Script()
        script.frames(20, objects: [object])
        script.frames(40)
        script.machine.accept(script.closed)
        script.frames(5 * 3600, regime: .infraredNight)
        script.frames(50, objects: [object])
        #expect(script.opened.count == 1)
    }

    @Test func `an open event is closed when the operator calls it a false alarm`() {
        var script = Script()
        script.frames(20, objects: [object])
        script.machine.accept(script.opened)
        script.frames(40, objects: [object])
        #expect(script.closed.map(\.reason) == [.quiet])
        #expect(script.opened.count == 1)
    }

    @Test func `nothing opens and nothing closes while the light switches`() {
        var script = Script()
        script.frames(10, objects: [object])
        #expect(script.opened.count == 1)
        for index in 0..<40 {
            let verdict = Script.verdict(
                UInt64(1000 + index), at: .milliseconds(2000 + 200 * index), objects: [object],
                light: .switching(from: .day, to: .day))
            #expect(script.machine.ingest(verdict).isEmpty)
        }
        #expect(script.machine.openEvents.count == 1)
    }

    @Test func `a level is the threshold at which the event would still have opened`() {
        func opens(at enter: Float, _ surprises: [Float]) -> Bool {
            var script = Script { $0.objects = .init(enter: enter, exit: 0.5) }
            for surprise in surprises {
                script.frame(
                    objects: [ScoredObject(box: object.box, objectness: 0.8, anomaly: 0.9, surprise: surprise)])
            }
            script.frames(40)
            return !script.opened.isEmpty
        }
        let surprises: [Float] = [2, 3.5, 4, 1, 3.2, 6, 2.5, 1]
        var script = Script { $0.objects = .init(enter: 1, exit: 0.5) }
        for surprise in surprises {
            script.frame(objects: [ScoredObject(box: object.box, objectness: 0.8, anomaly: 0.9, surprise: surprise)])
        }
        script.frames(40)
        let level = script.closed[0].objectLevel
        #expect(level == 3.5)
        #expect(opens(at: level, surprises) && !opens(at: level + 0.01, surprises))
    }
}
