import Alerting
import Analysis
import Basics
import Imaging
import TestSupport
import Testing

/// Pictures of the main stream take the place of the analysed frame's when they come, and only then.
@Suite struct MainStreamPictureTests {
    /// A main stream that is asked and answers on command.
    private final class Camera: Sendable {
        typealias Answer = @Sendable (Still?) -> Void

        private let requests = Locked<[(time: MonotonicTime, answer: Answer)]>([])

        var provider: EventRecorder.StillProvider {
            { @Sendable time, answer in self.requests.withLock { $0.append((time, answer)) } }
        }

        var asked: [MonotonicTime] { requests.withLock { $0.map(\.time) } }

        /// Answers a request with a gray picture three times as large as the verdict's frame, 40 ms later; or with none.
        func answer(_ number: Int, isThere: Bool = true) {
            let request = requests.withLock { $0[number] }
            let pixels = PixelBuffer(width: 1920, height: 1080, format: .rgb24)
            pixels.mutableBytes.initializeMemory(as: UInt8.self, repeating: 90)
            request.answer(isThere ? Still(pixels: pixels, arrival: request.time + .milliseconds(40)) : nil)
        }
    }

    private struct Site {
        let folder = TemporaryFolder()
        let camera = Camera()
        let writer: EventWriter
        var recorder: EventRecorder
        var frames = 0

        init() throws {
            writer = try EventWriter(path: folder.file("events.sqlite"))
            recorder = EventRecorder(machine: Script().machine, writer: writer, mainStream: camera.provider)
        }

        /// Frames 200 ms apart that show something at (100, 100).
        mutating func watch(_ count: Int, _ surprise: Float) {
            for _ in 0..<count {
                let verdict = Script.verdict(
                    UInt64(frames), at: .milliseconds(200 * frames), objects: [object(100, 100, surprise)])
                let pixels = PixelBuffer(width: 640, height: 360, format: .rgb24)
                pixels.mutableBytes.initializeMemory(as: UInt8.self, repeating: 30)
                recorder.ingest(
                    Frame(
                        camera: "yard", sequence: verdict.sequence, presentationTime: verdict.presentationTime,
                        arrival: verdict.arrival, wallTimeMs: verdict.wallTimeMs, pixels: pixels), verdict)
                frames += 1
            }
            writer.flush()
        }

        func snapshot(_ kind: EventSnapshot.Kind = .clean) throws -> EventSnapshot {
            let reader = try EventReader(path: folder.file("events.sqlite"))
            let event = try #require(try reader.events().events.first)
            return try #require(try reader.snapshot(event.id, kind))
        }
    }

    @Test func `the frame's picture is stored at once and gives way to the main stream's`() throws {
        var site = try Site()
        site.watch(5, 4)
        let before = try site.snapshot()
        #expect(before.stream == .detect)
        #expect(try JPEG.decode(before.jpeg).width == 640)
        #expect(
            site.camera.asked == [MonotonicTime(nanoseconds: 1_000_000_000_000 + 200_000_000 * Int64(before.sequence))])
        site.camera.answer(0)
        site.writer.flush()
        let after = try site.snapshot()
        #expect(after.stream == .main && after.sequence == before.sequence && after.timeMs == before.timeMs + 40)
        #expect(try JPEG.decode(after.jpeg).width == 1920)
        let annotated = try JPEG.decode(try site.snapshot(.annotated).jpeg)
        // The box around (100, 100), 40 wide and 60 high, lies at three times its numbers.
        func colour(_ x: Int, _ y: Int) -> (Int, Int) {
            let place = 3 * (y * annotated.width + x)
            return (Int(annotated.bytes[place]), Int(annotated.bytes[place + 2]))
        }
        for (x, y) in [(300, 386), (243, 300), (356, 300)] {
            let (red, blue) = colour(x, y)
            #expect(red > 150 && blue < 120, "\(x), \(y): \(red), \(blue)")
        }
        #expect(abs(colour(300, 300).0 - 90) < 12)
        #expect(try EventReader(path: site.folder.file("events.sqlite")).problems() == [])
    }

    @Test func `without an answer, or with none to give, the frame's picture stays`() throws {
        var site = try Site()
        site.watch(5, 4)
        site.camera.answer(0, isThere: false)
        site.writer.flush()
        #expect(try site.snapshot().stream == .detect)
        try site.writer.finish()
    }

    @Test func `an answer that is overtaken by a more surprising frame is left out`() throws {
        var site = try Site()
        site.watch(5, 4)
        let first = try site.snapshot().sequence
        // Pictures are taken a second apart at least.
        site.watch(4, 4)
        site.watch(1, 6)
        try #require(site.camera.asked.count == 2)
        let second = try site.snapshot()
        #expect(second.sequence > first)
        site.camera.answer(0)
        site.writer.flush()
        #expect(try site.snapshot() == second)
        site.camera.answer(1)
        site.writer.flush()
        let third = try site.snapshot()
        #expect(third.stream == .main && third.sequence == second.sequence)
    }

    @Test func `an answer that comes after the event's end still counts, and one in the same moment, too`() throws {
        var site = try Site()
        site.watch(5, 4)
        site.recorder.stop(.endOfStream)
        site.writer.flush()
        site.camera.answer(0)
        site.writer.flush()
        #expect(try site.snapshot().stream == .main)
        #expect(try EventReader(path: site.folder.file("events.sqlite")).events().events.first?.state == .closed)

        // Nothing is written between the frame's picture and the answer.
        let folder = TemporaryFolder()
        let writer = try EventWriter(path: folder.file("events.sqlite"))
        var script = Script()
        script.frames(3, objects: [object(100, 100, 4)])
        let event = try #require(script.opened.first)
        func picture(_ stream: EventSnapshot.Stream) -> EventSnapshot {
            EventSnapshot(kind: .clean, stream: stream, timeMs: 1, sequence: 7, jpeg: [1, 2])
        }
        writer.improve(event.id, with: [picture(.main)])
        writer.submit(.open(event), snapshots: [picture(.detect)])
        writer.improve(event.id, with: [picture(.main)])
        try writer.finish()
        #expect(try EventReader(path: folder.file("events.sqlite")).snapshot(event.id, .clean) == picture(.main))
    }
}
