import Alerting
import Analysis
import Basics
import Imaging
import TestSupport
import Testing

@Suite struct EventRecorderTests {
    private static func frame(_ verdict: Verdict) -> Frame {
        let pixels = PixelBuffer(width: 64, height: 36, format: .rgb24)
        pixels.mutableBytes.initializeMemory(as: UInt8.self, repeating: UInt8(verdict.sequence % 250))
        return Frame(
            camera: verdict.camera, sequence: verdict.sequence, presentationTime: verdict.presentationTime,
            arrival: verdict.arrival, wallTimeMs: verdict.wallTimeMs, pixels: pixels)
    }

    @Test func anIncidentEndsInTheHistoryWithItsBestPicture() throws {
        let folder = TemporaryFolder()
        let path = folder.file("events.sqlite")
        let reports = Reports()
        let writer = try EventWriter(path: path) { reports.add($0) }
        var recorder = EventRecorder(machine: Script().machine, writer: writer)
        for index in 0..<60 {
            let time = Duration.milliseconds(200 * index)
            // Rarer and rarer until frame 20, gone after frame 25.
            let surprise = 3 + 0.2 * Float(min(index, 20))
            let objects = index <= 25 ? [object(100, 100, surprise)] : []
            let verdict = Script.verdict(UInt64(index), at: time, objects: objects)
            recorder.ingest(Self.frame(verdict), verdict)
        }
        writer.flush()
        #expect(recorder.snapshotFailures == 0)
        let reader = try EventReader(path: path)
        let event = try #require(try reader.events().events.first)
        #expect(reports.all == ["opened \(event.id)", "closed \(event.id)"])
        #expect(event.state == .closed && event.frames == 26)
        let picture = try #require(try reader.snapshot(event.id, .clean))
        // Taken at the opening and then once a second while the event became more surprising.
        #expect(picture.sequence >= 15 && picture.sequence <= event.peak.sequence)
        #expect(try JPEG.decode(picture.jpeg).width == 64)
        #expect(try reader.snapshot(event.id, .annotated)?.sequence == picture.sequence)
    }

    @Test func stoppingWritesTheEnd() throws {
        let folder = TemporaryFolder()
        let path = folder.file("events.sqlite")
        let writer = try EventWriter(path: path)
        var recorder = EventRecorder(machine: Script().machine, writer: writer)
        recorder.use(Provenance(model: "m2", profile: "p2"))
        for index in 0..<5 {
            let time = Duration.milliseconds(200 * index)
            let verdict = Script.verdict(UInt64(index), at: time, objects: [object(100, 100, 4)])
            recorder.ingest(Self.frame(verdict), verdict)
        }
        recorder.stop(.shutdown)
        try writer.finish()
        let event = try #require(try EventReader(path: path).events().events.first)
        #expect(event.state == .interrupted && event.reason == .shutdown && event.endMs == nil)
        #expect(event.provenance == Provenance(model: "m2", profile: "p2"))
    }

    @Test(arguments: [
        // What passed by in an earlier run is news when it comes again; what stood there may still stand there.
        (frames: 20, isEarlierRun: true, opens: true), (frames: 20, isEarlierRun: false, opens: false),
        (frames: 320, isEarlierRun: true, opens: false),
    ])
    func `a false alarm of an earlier run blinds no place unless it stayed there`(
        frames: Int, isEarlierRun: Bool, opens: Bool
    ) throws {
        let folder = TemporaryFolder()
        let path = folder.file("events.sqlite")
        let writer = try EventWriter(path: path)
        func watch(_ recorder: inout EventRecorder, _ frames: Int, from start: Int = 0) {
            for index in start..<start + frames {
                let verdict = Script.verdict(
                    UInt64(index), at: .milliseconds(200 * index), objects: [object(100, 100, 4)])
                recorder.ingest(Self.frame(verdict), verdict)
            }
        }
        var first = EventRecorder(machine: Script().machine, writer: writer)
        watch(&first, frames)
        first.stop(.endOfStream)
        writer.flush()
        let reader = try EventReader(path: path)
        let event = try #require(try reader.events().events.first)
        _ = try writer.carryOut(AckRequest(event: event.id.description, label: .falseAlarm))
        let labels = try reader.labels(camera: "yard", since: 0)
        #expect(labels.count == 1)

        var second = EventRecorder(machine: Script(seed: 2).machine, writer: writer)
        second.accept(labels, since: isEarlierRun ? event.lastSeenMs + 1 : event.lastSeenMs)
        watch(&second, 20, from: 1000)
        #expect(second.machine.openEvents.isEmpty == !opens)
        try writer.finish()
    }
}
