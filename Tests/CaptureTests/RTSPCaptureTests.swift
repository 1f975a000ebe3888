import Basics
import Capture
import Foundation
import Imaging
import Streams
import TestSupport
import Testing

/// GStreamer's RTSP server as a camera.
final class CameraServer {
    private let process = Process()
    let port: Int

    static let isInstalled: Bool = {
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/python3")
        process.arguments = [
            "-c", "import gi; gi.require_version('GstRtspServer', '1.0'); from gi.repository import GstRtspServer",
        ]
        process.standardError = FileHandle.nullDevice
        guard (try? process.run()) != nil else { return false }
        process.waitUntilExit()
        return process.terminationStatus == 0
    }()

    /// Returns when the server accepts connections.
    init(port: Int, _ arguments: [String] = []) throws {
        self.port = port
        process.executableURL = URL(filePath: "/usr/bin/python3")
        process.arguments =
            [SharedData.packageRoot + "/Tests/EndToEndTests/Support/rtsp_server.py", "--port", "\(port)"] + arguments
        let output = Pipe()
        process.standardOutput = output
        process.standardError = FileHandle.nullDevice
        try process.run()
        _ = output.fileHandleForReading.availableData
    }

    func signal(_ number: Int32) { _ = Glibc.kill(process.processIdentifier, number) }

    func kill() {
        signal(SIGKILL)
        process.waitUntilExit()
    }

    deinit { if process.isRunning { kill() } }
}

@Suite(.serialized, .enabled(if: CameraServer.isInstalled, "GStreamer's RTSP server is not installed"))
struct RTSPCaptureTests {
    /// Tests of other checkouts may run at the same time.
    private let port = 20_000 + Int(getpid()) % 20_000

    /// The number that the server painted into the frame.
    private func number(_ frame: Frame) -> Int {
        let pixels = frame.pixels
        let row = pixels.height / 2 * pixels.bytesPerRow
        return (0..<16).reduce(0) { $0 | (pixels.bytes[row + ($1 * 20 + 10) * 3] > 127 ? 1 << $1 : 0) }
    }

    @Test func `a killed and restarted camera gives frames again`() throws {
        let clocks = SystemClocks()
        let log = EventLog()
        let first = try CameraServer(port: port)
        let session = CaptureSession(
            camera: "gate", source: try source("rtsp://127.0.0.1:\(port)/cam"), clocks: clocks, capacity: 4,
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
        let second = try CameraServer(port: port)
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

    @Test func `a frozen camera is noticed by the stall deadline and comes back when it thaws`() throws {
        let clocks = SystemClocks()
        let log = EventLog()
        let server = try CameraServer(port: port + 1)
        let session = CaptureSession(
            camera: "gate", source: try source("rtsp://127.0.0.1:\(port + 1)/cam"), clocks: clocks, onEvent: log.append)
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

    @Test func `a wrong password and a wrong path are told apart, and the password is never shown`() throws {
        let server = try CameraServer(port: port + 2, ["--password", "s3:cr@t"])
        func open(_ address: String) throws -> StreamError? {
            let description = try source(address)
            return captureError { _ = try FrameReader(description) }
        }
        let wrong = try open("rtsp://viewer:Wr0ng@127.0.0.1:\(port + 2)/cam")
        #expect(wrong?.code == .authenticationRefused)
        #expect(wrong?.message.contains("Wr0ng") == false)
        #expect(try open("rtsp://127.0.0.1:\(port + 2)/cam")?.code == .authenticationRefused)
        #expect(try open("rtsp://viewer:s3:cr@t@127.0.0.1:\(port + 2)/other")?.code == .noSuchStream)
        let reader = try FrameReader(try source("rtsp://viewer:s3:cr@t@127.0.0.1:\(port + 2)/cam"))
        #expect(try reader.read()?.pixels.width == 320)
        server.kill()
    }

    @Test func `a served recording that starts again and again goes on with growing times`() throws {
        let folder = try TestFolder()
        let file = try folder.video("v.ts", frames: 20, rate: 20, container: "mpegts")
        let server = try CameraServer(port: port + 3, ["--file", file])
        let session = CaptureSession(
            camera: "gate", source: try source("rtsp://127.0.0.1:\(port + 3)/cam"), clocks: SystemClocks(),
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
