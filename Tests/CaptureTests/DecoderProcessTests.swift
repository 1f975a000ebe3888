import Basics
import Capture
import FaultLab
import Foundation
import Imaging
import Scenes
import Streams
import TestSupport
import Testing

/// The confined decoder process, driven through sessions and readers as the daemon does.
@Suite(.serialized) struct DecoderProcessTests {
    private let place = DecodingPlace.process(executable: BuiltPrograms.path("monitor-decoder"))

    private func session(
        _ source: SourceDescription, camera: String = "cage", _ log: EventLog = EventLog()
    ) -> CaptureSession {
        CaptureSession(
            camera: camera, source: source, clocks: SystemClocks(), capacity: 4, decoding: place, onEvent: log.append)
    }

    /// Process numbers of the decoders of a camera.
    private func decoders(of camera: String) throws -> [Int32] {
        try FileManager.default.contentsOfDirectory(atPath: "/proc").compactMap { Int32($0) }.filter { process in
            let line = try? String(contentsOfFile: "/proc/\(process)/cmdline", encoding: .utf8)
            return line == "monitor-decoder\0\(camera)\0"
        }
    }

    @Test(arguments: ["v.mkv", "v.ts"])
    func `a process gives the same frames as reading here`(_ name: String) throws {
        let folder = try TestFolder()
        let description = try source(try folder.video(name, frames: 30, width: 150))
        let here = try FrameReader(description, framesInUse: 64)
        let there = try FrameReader(description, decoding: place, framesInUse: 64)
        #expect(there.info == here.info)
        var count = 0
        while let expected = try here.read() {
            let frame = try #require(try there.read())
            #expect(frame.presentationTime == expected.presentationTime)
            #expect(frame.pixels.bytes.elementsEqual(expected.pixels.bytes))
            count += 1
        }
        #expect(count == 30)
        #expect(try there.read() == nil)
    }

    @Test func `thermal values cross the wall bit for bit`() throws {
        let folder = try TestFolder()
        let description = try source(try folder.video("t.mkv", frames: 8, spectrum: .thermal))
        let here = try FrameReader(description)
        let there = try FrameReader(description, decoding: place)
        while let expected = try here.read() {
            let frame = try #require(try there.read())
            #expect(frame.pixels.format == .gray16 && frame.pixels.samples16.elementsEqual(expected.pixels.samples16))
        }
    }

    @Test func `errors cross the wall with their code`() throws {
        let missing = try source("/nowhere/at-all.mp4")
        #expect(captureError { _ = try FrameReader(missing, decoding: place) }?.code == .missingFile)
        let folder = try TestFolder()
        let junk = try source(try folder.write([UInt8](repeating: 7, count: 5000), "junk.mp4"))
        #expect(captureError { _ = try FrameReader(junk, decoding: place) }?.code == .notVideo)
        let program = DecodingPlace.process(executable: "/nowhere/monitor-decoder")
        let error = captureError { _ = try FrameReader(junk, decoding: program) }
        #expect(error?.code == .decoderMissing && error?.message.contains("/nowhere/monitor-decoder") == true)
        // A program that is no decoder.
        let other = DecodingPlace.process(executable: "/bin/true")
        #expect(captureError { _ = try FrameReader(junk, decoding: other) }?.code == .decoderFailed)
    }

    @Test(arguments: [SIGKILL, SIGSEGV, SIGSTOP])
    func `a decoder that dies or hangs costs a reconnection and nothing else`(_ signal: Int32) async throws {
        let folder = try TestFolder()
        let server = try await CameraServer()
        defer { server.kill() }
        let camera = "victim-\(folder.path.suffix(8))"
        let log = EventLog()
        let session = session(try source("rtsp://127.0.0.1:\(server.port)/cam"), camera: camera, log)
        session.start()
        #expect(drain(session.mailbox, limit: 20, seconds: 10).count == 20)
        let victims = try decoders(of: camera)
        #expect(victims.count == 1)
        for victim in victims { kill(victim, signal) }
        let after = drain(session.mailbox, limit: 60, seconds: 10)
        #expect(after.count == 60 && log.connections == 2)
        #expect(log.firstLoss?.code == (signal == SIGSTOP ? .stalled : .decoderFailed))
        #expect(try decoders(of: camera).first != victims.first)
        #expect(elapsed { session.stop() } < .milliseconds(500))
        #expect(try decoders(of: camera).isEmpty)
    }

    @Test func `a decoder has no rights worth having`() throws {
        let folder = try TestFolder()
        let camera = "jail-\(folder.path.suffix(8))"
        let file = try folder.video("v.mkv", frames: 30)
        let session = session(try source(file, pace: .realtime, loops: true), camera: camera)
        session.start()
        #expect(drain(session.mailbox, limit: 3, seconds: 10).count == 3)
        let process = try #require(try decoders(of: camera).first)
        let status = try String(contentsOfFile: "/proc/\(process)/status", encoding: .utf8)
        #expect(status.contains("Seccomp:\t2") && status.contains("NoNewPrivs:\t1"))
        let rights = try #require(status.split(separator: "\n").first { $0.hasPrefix("CapEff:") })
        #expect(["0000000000000000", "0000000000000004"].contains(rights.split(separator: "\t").last))
        let names = try FileManager.default.contentsOfDirectory(atPath: "/proc/\(process)/fd").compactMap {
            try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/\(process)/fd/\($0)")
        }
        #expect(
            names.allSatisfy {
                $0 == "/dev/null" || $0.contains("socket:") || $0.contains("memfd:") || $0 == file
                    || $0.contains("pipe:") || $0.hasPrefix("/dev/") || $0.hasPrefix("/tmp")
            }, "\(names)")
        session.stop()
    }

    @Test func `the address with its password is in no process list and no environment`() async throws {
        let folder = try TestFolder()
        let server = try await CameraServer(arguments: ["--password", "S3cr3t-Zq7"])
        defer { server.kill() }
        let camera = "secret-\(folder.path.suffix(8))"
        let session = session(
            try source("rtsp://viewer:S3cr3t-Zq7@127.0.0.1:\(server.port)/cam"), camera: camera)
        session.start()
        #expect(drain(session.mailbox, limit: 3, seconds: 10).count == 3)
        let process = try #require(try decoders(of: camera).first)
        for file in ["cmdline", "environ", "comm", "maps", "stat", "status"] {
            let data = FileManager.default.contents(atPath: "/proc/\(process)/\(file)") ?? Data()
            #expect(data.range(of: Data("Zq7".utf8)) == nil, "\(file)")
        }
        session.stop()
    }

    @Test func `sender reports give frames the camera's time`() async throws {
        let server = try await CameraServer()
        defer { server.kill() }
        let session = session(try source("rtsp://127.0.0.1:\(server.port)/cam"))
        session.start()
        var offsets: [Int64] = []
        let clocks = SystemClocks()
        let end = clocks.monotonic() + .seconds(20)
        while session.counters.senderTimes < 20, clocks.monotonic() < end {
            for frame in drain(session.mailbox, limit: 5, seconds: 5) where session.counters.senderTimes > 0 {
                offsets.append(clocks.wallTimeMs() - frame.wallTimeMs)
            }
        }
        #expect(session.counters.senderTimes >= 20)
        // Taken before it arrived, and not long before.
        #expect(offsets.dropFirst(5).allSatisfy { (-50...2000).contains($0) }, "\(offsets)")
        session.stop()
    }
}
