import Basics
import Capture
import Foundation
import Imaging
import Streams
import Testing

@Suite struct CaptureSessionTests {
    @Test func `a file as a camera hands out its frames at their times`() throws {
        let folder = try TestFolder()
        let clocks = ManualClocks()
        let start = clocks.monotonic()
        let log = EventLog()
        let session = CaptureSession(
            camera: "yard", source: try source(try folder.video("v.mp4", frames: 20), pace: .realtime), clocks: clocks,
            capacity: 32, onEvent: log.append)
        session.start()
        let frames = drain(session.mailbox)
        #expect(frames.count == 20)
        for (index, frame) in frames.enumerated() {
            #expect(abs((frame.arrival - start - .milliseconds(100 * index)).milliseconds) <= 1)
            #expect(abs(frame.wallTimeMs - frames[0].wallTimeMs - Int64(100 * index)) <= 1)
        }
        #expect(clocks.monotonic() - start >= .milliseconds(1899))
        #expect(log.events.count == 2 && log.connections == 1 && log.events.last == .ended)
        #expect(session.stop())
    }

    @Test func `maximum pace waits for the consumer and loses nothing`() throws {
        let folder = try TestFolder()
        let session = CaptureSession(
            camera: "yard", source: try source(try folder.video("v.mp4", frames: 60, rate: 30)), clocks: SystemClocks(),
            onEvent: { _ in })
        session.start()
        let frames = drain(session.mailbox) { _ in usleep(2000) }
        #expect(frames.map(\.sequence) == Array(0..<60))
        #expect(session.counters.arrived == 60 && session.counters.taken == 60)
        #expect(session.stop())
    }

    @Test func `under a slow consumer every frame ends in exactly one counter`() throws {
        let folder = try TestFolder()
        // Sleeping on manual clocks takes no time, so the producer races ahead.
        let session = CaptureSession(
            camera: "yard", source: try source(try folder.video("v.mp4", frames: 120), pace: .realtime, loops: true),
            clocks: ManualClocks(), onEvent: { _ in })
        session.start()
        var last: UInt64?
        let frames = drain(session.mailbox, limit: 40) { frame in
            if let last { #expect(frame.sequence > last) }
            last = frame.sequence
            usleep(3000)
            let counters = session.counters
            #expect(counters.waiting <= 2)
        }
        #expect(session.stop())
        let counters = session.counters
        #expect(frames.count == 40 && counters.taken == 40)
        #expect(counters.droppedSuperseded > 0)
        #expect(counters.waiting == 0)
        #expect(counters.arrived == counters.taken + counters.droppedSuperseded + counters.droppedStopped)
        #expect(counters.arrived > 40)
    }

    @Test func `a looping file goes on with growing times`() throws {
        let folder = try TestFolder()
        let log = EventLog()
        let session = CaptureSession(
            camera: "yard", source: try source(try folder.video("v.mp4", frames: 5), loops: true),
            clocks: SystemClocks(),
            onEvent: log.append)
        session.start()
        let frames = drain(session.mailbox, limit: 17)
        #expect(session.stop())
        #expect(frames.map(\.sequence) == Array(0..<17))
        for (index, frame) in frames.enumerated() {
            #expect(abs((frame.presentationTime - .milliseconds(100 * index)).milliseconds) <= 2)
        }
        #expect(!log.events.contains(.ended))
    }

    @Test func `stopping is prompt while frames flow, while the consumer is away and before the start`() throws {
        let folder = try TestFolder()
        let video = try folder.video("v.mp4", frames: 30, rate: 2)
        for pace in [SourceDescription.Pace.realtime, .maximum] {
            let session = CaptureSession(
                camera: "yard", source: try source(video, pace: pace, loops: true), clocks: SystemClocks(),
                onEvent: { _ in })
            session.start()
            usleep(150_000)
            #expect(elapsed { session.stop() } < .milliseconds(300))
            #expect(session.stop())
            #expect(session.counters.waiting == 0)
            guard case .ended = session.mailbox.take(timeout: .zero) else {
                Issue.record("a stopped session must end its mailbox")
                continue
            }
        }
        let idle = CaptureSession(camera: "idle", source: try source(video), clocks: SystemClocks(), onEvent: { _ in })
        #expect(idle.stop())
    }

    /// Sets the wall clock by an hour after some sleeps, as an operator or NTP would.
    private final class SteppingClocks: Clocks {
        private let base = ManualClocks()
        private let sleeps = Locked(0)

        func monotonic() -> MonotonicTime { base.monotonic() }

        func wallTimeMs() -> Int64 { base.wallTimeMs() }

        func sleep(for duration: Duration) {
            base.sleep(for: duration)
            let count = sleeps.withLock { count -> Int in
                count += 1
                return count
            }
            if count == 30 { base.stepWall(byMs: 3_600_000) }
        }
    }

    @Test func `when the clock is set, wall time follows and stream time does not`() throws {
        let folder = try TestFolder()
        let session = CaptureSession(
            camera: "yard", source: try source(try folder.video("v.mp4", frames: 40), pace: .realtime),
            clocks: SteppingClocks(), capacity: 64, onEvent: { _ in })
        session.start()
        let frames = drain(session.mailbox)
        #expect(frames.count == 40)
        for (frame, next) in zip(frames, frames.dropFirst()) {
            #expect(abs((next.presentationTime - frame.presentationTime - .milliseconds(100)).milliseconds) <= 1)
        }
        let steps = zip(frames, frames.dropFirst()).map { $1.wallTimeMs - $0.wallTimeMs }
        #expect(steps.filter { $0 > 3_590_000 }.count == 1)
        #expect(steps.filter { abs($0 - 100) <= 1 }.count == 38)
        #expect(session.counters.wallReanchors == 1)
        #expect(session.stop())
    }

    @Test func `stopping from inside an event does not hang`() throws {
        let folder = try TestFolder()
        let box = Locked<CaptureSession?>(nil)
        let session = CaptureSession(
            camera: "yard", source: try source(try folder.video("v.mp4", frames: 5)), clocks: SystemClocks()
        ) { _ in
            _ = box.withLock { $0 }?.stop(timeout: .zero)
        }
        box.withLock { $0 = session }
        session.start()
        #expect(elapsed { _ = drain(session.mailbox) } < .seconds(2))
        box.withLock { $0 = nil }
    }
}
