import Basics
import Capture
import FaultLab
import Foundation
import Imaging
import Streams
import TestSupport
import Testing

@Suite(.serialized, .enabled(if: CameraServer.isInstalled, "GStreamer's RTSP server is not installed"))
struct RTSPCaptureTests {
    @Test func `a killed and restarted camera gives frames again`() async throws {
        let clocks = SystemClocks()
        let log = EventLog()
        let first = try await CameraServer()
        let session = CaptureSession(
            camera: "gate", source: try source("rtsp://127.0.0.1:\(first.port)/cam"), clocks: clocks, capacity: 4,
            onEvent: log.append)
        session.start()
        let before = drain(session.mailbox, limit: 60, seconds: 10)
        #expect(before.count == 60)
        for (frame, next) in zip(before, before.dropFirst()) { #expect(number(next) > number(frame)) }
        let span = try #require(before.last).presentationTime - before[0].presentationTime
        let numbers = number(try #require(before.last)) - number(before[0])
        #expect(abs((span - .milliseconds(50 * numbers)).milliseconds) < 20)
        first.kill()
        _ = drain(session.mailbox, seconds: 2)
        usleep(1_000_000)
        #expect(log.connections == 1 && log.firstLoss != nil)
        let second = try await CameraServer(port: first.port)
        let back = clocks.monotonic()
        let after = drain(session.mailbox, limit: 20, seconds: 10)
        #expect(after.count == 20)
        let delay = try #require(after.first).arrival - back
        #expect(delay < .seconds(6), "back after \(delay)")
        #expect(log.connections == 2)
        #expect(after[0].presentationTime > before[59].presentationTime + .seconds(2))
        #expect(after[0].sequence > before[59].sequence)
        #expect(abs(after[19].wallTimeMs - clocks.wallTimeMs()) < 3000)
        #expect(elapsed { session.stop() } < .milliseconds(300))
        #expect(session.stop())
        let counters = session.counters
        #expect(
            counters.arrived
                == counters.taken + counters.droppedSuperseded + counters.droppedStopped + counters.droppedDamaged)
        #expect(session.ledger.counts.addsUp && session.ledger.counts.arrived == counters.arrived)
        #expect(counters.connections == 2 && counters.failures >= 1)
        second.kill()
    }

    @Test func `a frozen camera is noticed by the stall deadline and comes back when it thaws`() async throws {
        let clocks = SystemClocks()
        let log = EventLog()
        let server = try await CameraServer()
        let session = CaptureSession(
            camera: "gate", source: try source("rtsp://127.0.0.1:\(server.port)/cam"), clocks: clocks,
            onEvent: log.append)
        session.start()
        #expect(drain(session.mailbox, limit: 20, seconds: 10).count == 20)
        server.signal(SIGSTOP)
        let frozen = clocks.monotonic()
        while log.firstLoss == nil && clocks.monotonic() - frozen < .seconds(8) { usleep(20_000) }
        let noticed = clocks.monotonic() - frozen
        #expect(log.firstLoss?.code == .stalled)
        #expect(noticed > .seconds(1.5) && noticed < .seconds(3.5), "noticed after \(noticed)")
        server.signal(SIGCONT)
        #expect(drain(session.mailbox, limit: 20, seconds: 10).count == 20)
        #expect(session.stop())
    }

    @Test func `a wrong password and a wrong path are told apart, and the password is never shown`() async throws {
        let server = try await CameraServer(arguments: ["--password", "s3:cr@t"])
        func open(_ address: String) throws -> StreamError? {
            let description = try source(address)
            return captureError { _ = try FrameReader(description) }
        }
        let wrong = try open("rtsp://viewer:Wr0ng@127.0.0.1:\(server.port)/cam")
        #expect(wrong?.code == .authenticationRefused)
        #expect(wrong?.message.contains("Wr0ng") == false)
        #expect(try open("rtsp://127.0.0.1:\(server.port)/cam")?.code == .authenticationRefused)
        #expect(try open("rtsp://viewer:s3:cr@t@127.0.0.1:\(server.port)/other")?.code == .noSuchStream)
        let reader = try FrameReader(try source("rtsp://viewer:s3:cr@t@127.0.0.1:\(server.port)/cam"))
        #expect(try reader.read()?.pixels.width == 320)
        server.kill()
    }

    @Test func `a served recording that starts again and again goes on with growing times`() async throws {
        let folder = try TestFolder()
        let file = try folder.video("v.ts", frames: 20, rate: 20, container: "mpegts")
        let server = try await CameraServer(arguments: ["--file", file])
        let session = CaptureSession(
            camera: "gate", source: try source("rtsp://127.0.0.1:\(server.port)/cam"), clocks: SystemClocks(),
            capacity: 64,
            onEvent: { _ in })
        session.start()
        let frames = drain(session.mailbox, limit: 50, seconds: 10)
        #expect(frames.count == 50)
        for (frame, next) in zip(frames, frames.dropFirst()) { #expect(next.presentationTime > frame.presentationTime) }
        #expect(session.stop())
        server.kill()
    }
}
