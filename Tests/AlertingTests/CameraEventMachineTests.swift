import Alerting
import Analysis
import Basics
import Testing

/// A camera whose troubles are told second by second.
struct TroubledCamera {
    private(set) var machine = CameraEventMachine(camera: "yard", ids: EventIDGenerator(seed: 5))
    private(set) var actions: [CameraEventAction] = []
    private(set) var time = Duration.zero
    static let wallStart: Int64 = 1_760_000_000_000

    var now: CameraEventMachine.Instant {
        CameraEventMachine.Instant(
            MonotonicTime(nanoseconds: 77) + time, wallMs: Self.wallStart + time.milliseconds)
    }

    mutating func wait(_ seconds: Double) { time += .seconds(1) * seconds }
    mutating func trouble(_ kind: CameraEventKind, _ detail: String = "gone", isFinal: Bool = false) {
        actions += machine.troubled(kind, detail: detail, isFinal: isFinal, at: now)
    }
    mutating func frames(_ count: Int, every seconds: Double = 0.2) {
        for _ in 0..<count {
            actions += machine.sawFrame(at: now)
            wait(seconds)
        }
    }
    mutating func tick(_ count: Int) {
        for _ in 0..<count {
            wait(1)
            actions += machine.tick(now)
        }
    }
    mutating func note(_ condition: PictureCondition, _ step: PictureChange.Step, age: Double = 0) {
        actions += machine.note(PictureChange(condition, step, age: .seconds(1) * age), at: now)
    }
    mutating func stop(_ reason: CloseReason) { actions += machine.stop(reason, at: now) }

    /// Such as "open lost", "close lost restored".
    var course: [String] {
        actions.compactMap { action in
            switch action {
            case .open(let event): "open \(event.kind.rawValue)"
            case .update: nil
            case .close(let event): "close \(event.kind.rawValue) \(event.reason?.rawValue ?? "")"
            }
        }
    }
}

@Suite struct CameraEventMachineTests {
    @Test func `a blip is no event`() {
        var camera = TroubledCamera()
        camera.frames(10)
        camera.trouble(.lost)
        camera.tick(1)
        camera.frames(10)
        camera.trouble(.lost)
        camera.wait(0.5)
        camera.frames(1)
        camera.tick(5)
        #expect(camera.actions.isEmpty)
    }

    @Test func `an outage opens after two seconds, from its beginning, and closes with the first good frames`() throws {
        var camera = TroubledCamera()
        camera.frames(10)
        let began = camera.now.wallMs
        camera.trouble(.lost, "no answer from 192.0.2.1")
        camera.tick(1)
        #expect(camera.actions.isEmpty)
        camera.tick(19)
        camera.trouble(.lost, "still no answer")
        camera.frames(2)
        #expect(camera.course == ["open lost"])
        camera.frames(1)
        #expect(camera.course == ["open lost", "close lost restored"])
        let closed = try #require(camera.actions.last?.event)
        #expect(closed.state == .closed && closed.detail == "no answer from 192.0.2.1")
        #expect(closed.startMs == began && closed.lastSeenMs == began + 20_000 && closed.endMs == began + 20_400)
        // Its last sight was stored every five seconds.
        #expect(camera.actions.count { if case .update = $0 { true } else { false } } == 3)
    }

    @Test func `an outage that turns out to be something else is replaced when that lasts`() {
        var camera = TroubledCamera()
        camera.trouble(.lost)
        camera.tick(3)
        camera.trouble(.refused)
        camera.trouble(.lost)
        camera.tick(5)
        #expect(camera.course == ["open lost"])
        camera.trouble(.refused)
        camera.tick(3)
        camera.frames(3)
        #expect(camera.course == ["open lost", "close lost replaced", "open refused", "close refused restored"])
    }

    @Test func `what fails for good opens at once and is interrupted by the end`() throws {
        var camera = TroubledCamera()
        camera.trouble(.noVideo, isFinal: true)
        camera.tick(10)
        camera.stop(.shutdown)
        #expect(camera.course == ["open no-video", "close no-video shutdown"])
        let last = try #require(camera.actions.last?.event)
        #expect(last.state == .interrupted && last.endMs == nil && last.lastSeenMs == last.startMs + 10_000)
    }

    @Test func `a picture's condition begins when it was first seen and is not seen while the stream is away`() throws {
        var camera = TroubledCamera()
        camera.frames(100)
        camera.note(.obstructed, .begins, age: 10)
        camera.note(.obstructed, .begins, age: 10)
        camera.frames(10)
        let seen = camera.now.wallMs - 200
        camera.trouble(.lost)
        camera.tick(60)
        camera.stop(.shutdown)
        #expect(camera.course == ["open obstructed", "open lost", "close obstructed shutdown", "close lost shutdown"])
        let covered = try #require(camera.actions.first { $0.event.reason == .shutdown }?.event)
        #expect(covered.kind == .obstructed && covered.startMs == TroubledCamera.wallStart + 10_000)
        #expect(covered.lastSeenMs == seen)
    }

    @Test func `conditions end as restored or accepted, and a recording's end closes them`() {
        var camera = TroubledCamera()
        camera.frames(1)
        camera.note(.dark, .begins)
        camera.note(.dark, .restored)
        camera.note(.sceneChanged, .begins)
        camera.note(.frozen, .begins)
        camera.note(.sceneChanged, .accepted)
        camera.stop(.endOfStream)
        #expect(
            camera.course == [
                "open dark", "close dark restored", "open scene-changed", "open frozen", "close scene-changed accepted",
                "close frozen end-of-stream",
            ])
    }

    @Test(arguments: 0..<60 as Range<UInt64>)
    func `whatever happens, events of a kind never overlap, every one ends, and a replay is identical`(_ seed: UInt64) {
        func run() -> [CameraEventAction] {
            var random = SeededGenerator(seed: seed)
            var camera = TroubledCamera()
            for _ in 0..<400 {
                switch random.index(below: 7) {
                case 0, 1: camera.frames(random.index(below: 6))
                case 2: camera.tick(random.index(below: 6))
                case 3, 4:
                    let kinds = CameraEventKind.allCases.filter(\.isOfStream)
                    camera.trouble(kinds[random.index(below: kinds.count)])
                case 5:
                    let condition = PictureCondition.allCases[random.index(below: PictureCondition.allCases.count)]
                    camera.note(
                        condition, [.begins, .restored, .accepted][random.index(below: 3)],
                        age: Double(random.index(below: 30)))
                default: camera.wait(Double(random.index(below: 40)) / 10)
                }
            }
            camera.stop(.shutdown)
            return camera.actions
        }
        let actions = run()
        #expect(actions == run())
        var open: [CameraEventKind: CameraEvent] = [:]
        var seen: Set<EventID> = []
        for action in actions {
            let event = action.event
            #expect(event.lastSeenMs >= event.startMs && (event.endMs.map { $0 >= event.lastSeenMs } ?? true))
            switch action {
            case .open:
                #expect(open[event.kind] == nil && seen.insert(event.id).inserted)
                #expect(!event.kind.isOfStream || !open.keys.contains(where: \.isOfStream))
                open[event.kind] = event
            case .update:
                #expect(open[event.kind]?.id == event.id && event.state == .open)
                #expect(event.lastSeenMs >= open[event.kind]?.lastSeenMs ?? .max)
                open[event.kind] = event
            case .close:
                #expect(open[event.kind]?.id == event.id && event.state != .open && event.reason != nil)
                #expect((event.endMs == nil) == (event.state == .interrupted))
                open[event.kind] = nil
            }
        }
        #expect(open.isEmpty)
    }
}
