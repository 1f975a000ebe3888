import Basics
import Capture
import Dispatch
import FaultLab
import Foundation
import Imaging
import Streams
import TestSupport
import Testing

/// A camera's sharper stream beside the analysed one, both of a real server that paints the same numbers into both.
@Suite(.serialized, .enabled(if: CameraServer.isInstalled, "GStreamer's RTSP server is not installed"))
struct MainStreamTests {
    private static let place = DecodingPlace.process(executable: BuiltPrograms.path("monitor-decoder"))
    private let clocks = SystemClocks()
    private let camera = "main-\(UInt32.random(in: 0 ... .max))"

    private func stream(
        _ server: CameraServer, _ place: DecodingPlace = Self.place, _ log: EventLog = EventLog(), path: String = "main"
    ) throws -> MainStream {
        MainStream(
            camera: camera, source: try source("rtsp://127.0.0.1:\(server.port)/\(path)"), clocks: clocks,
            decoding: place,
            onEvent: log.append)
    }

    private func ask(_ main: MainStream, _ time: MonotonicTime) -> StillAnswer? {
        let answer = Locked<StillAnswer?>(nil)
        let isThere = DispatchSemaphore(value: 0)
        main.still(at: time) { found in
            answer.withLock { $0 = found }
            isThere.signal()
        }
        guard isThere.wait(timeout: .now() + 6) == .success else { return nil }
        return answer.withLock { $0 }
    }

    private func refusal(_ answer: StillAnswer?) -> String? {
        guard case .missing(let reason) = answer else { return nil }
        return reason
    }

    /// Asks for the present until there is a picture.
    private func waitForStill(_ main: MainStream, seconds: Int = 15) throws -> Still {
        let end = clocks.monotonic() + .seconds(seconds)
        while clocks.monotonic() < end {
            if case .still(let still) = ask(main, clocks.monotonic()) { return still }
            usleep(50_000)
        }
        throw StreamError(.timedOut, "no picture came")
    }

    /// The number that the server painted.
    private func number(_ pixels: PixelBuffer) -> Int {
        let row = pixels.height / 2 * pixels.bytesPerRow
        let bar = pixels.width / 16
        return (0..<16).reduce(0) { $0 | (pixels.bytes[row + ($1 * bar + bar / 2) * 3] > 127 ? 1 << $1 : 0) }
    }

    private func reader() throws -> Int32? {
        try FileManager.default.contentsOfDirectory(atPath: "/proc").compactMap { Int32($0) }.first { process in
            let line = try? String(contentsOfFile: "/proc/\(process)/cmdline", encoding: .utf8)
            return line == "monitor-decoder\0\(camera)/main\0"
        }
    }

    /// Processor time of a process so far.
    private func processorTime(_ process: Int32) throws -> Duration {
        let fields = try String(contentsOfFile: "/proc/\(process)/stat", encoding: .utf8).split(separator: ")").last?
            .split(separator: " ")
        let ticks = try #require(fields.flatMap { Int($0[11]) }) + (try #require(fields.flatMap { Int($0[12]) }))
        return .milliseconds(1000 * ticks / sysconf(Int32(_SC_CLK_TCK)))
    }

    @Test(arguments: [place, .here])
    func `the main stream's picture shows what the analysed frame showed`(_ place: DecodingPlace) async throws {
        let server = try await CameraServer(arguments: ["--size", "1280x768", "--group", "40"])
        defer { server.kill() }
        let main = try stream(server, place)
        main.start()
        let session = CaptureSession(
            camera: camera, source: try source("rtsp://127.0.0.1:\(server.port)/cam"), clocks: clocks, decoding: place,
            onEvent: { _ in })
        session.start()
        let first = try waitForStill(main)
        #expect(first.pixels.width == 1280 && first.pixels.height == 768)
        // A connection begins with a burst, in which pictures arrive faster than they were taken.
        _ = drain(session.mailbox, limit: 40, seconds: 10)
        var distances: [Int] = []
        for round in 0..<12 {
            let frame = try #require(drain(session.mailbox, limit: 8, seconds: 10).last)
            // Judging takes its time.
            usleep(UInt32(round % 4) * 150_000)
            guard case .still(let still) = ask(main, frame.arrival) else {
                Issue.record("no picture in round \(round)")
                continue
            }
            distances.append(number(still.pixels) - number(frame.pixels))
            #expect(abs((still.arrival - frame.arrival).milliseconds) < 200)
        }
        #expect(distances.allSatisfy { abs($0) <= 2 }, "\(distances)")
        #expect(elapsed { main.stop() } < .milliseconds(700))
        session.stop()
    }

    @Test func `what is too far away, or asked of a stopped stream, is refused with a reason`() async throws {
        let server = try await CameraServer(arguments: ["--size", "640x384"])
        defer { server.kill() }
        let main = try stream(server)
        #expect(refusal(ask(main, clocks.monotonic()))?.contains("not connected yet") == true)
        main.start()
        let still = try waitForStill(main)
        #expect(refusal(ask(main, still.arrival + .seconds(-30)))?.contains("ms away") == true)
        main.stop()
        #expect(refusal(ask(main, clocks.monotonic()))?.contains("stopped") == true)
        #expect(try reader() == nil)
    }

    @Test(arguments: [SIGKILL, SIGSTOP])
    func `a reader that dies or hangs is replaced, and whoever asked is told`(_ signal: Int32) async throws {
        let server = try await CameraServer(arguments: ["--size", "640x384"])
        defer { server.kill() }
        let log = EventLog()
        let main = try stream(server, Self.place, log)
        main.start()
        _ = try waitForStill(main)
        let victim = try #require(try reader())
        kill(victim, signal)
        let reason = refusal(ask(main, clocks.monotonic()))
        #expect(reason?.contains("main stream is away") == true, "\(reason ?? "none")")
        _ = try waitForStill(main)
        #expect(try reader() != victim && log.connections == 2)
        #expect(log.firstLoss?.code == (signal == SIGSTOP ? .stalled : .decoderFailed))
        main.stop()
    }

    @Test func `a camera that dies and comes back gives pictures again`() async throws {
        let log = EventLog()
        let first = try await CameraServer(arguments: ["--size", "640x384"])
        let main = try stream(first, Self.place, log)
        main.start()
        _ = try waitForStill(main)
        first.kill()
        let end = clocks.monotonic() + .seconds(6)
        while log.firstLoss == nil, clocks.monotonic() < end { usleep(20_000) }
        #expect(log.firstLoss != nil)
        #expect(refusal(ask(main, clocks.monotonic()))?.contains("main stream is away") == true)
        let second = try await CameraServer(port: first.port, arguments: ["--size", "640x384"])
        defer { second.kill() }
        let back = clocks.monotonic()
        _ = try waitForStill(main)
        #expect(clocks.monotonic() - back < .seconds(6))
        main.stop()
    }

    @Test func `a stream that is only kept costs a fraction of one that is decoded`() async throws {
        let folder = try TestFolder()
        let file = try folder.video("v.ts", frames: 40, rate: 20, width: 1280, height: 720, container: "mpegts")
        let server = try await CameraServer(arguments: ["--file", file])
        defer { server.kill() }
        let main = try stream(server, path: "cam")
        main.start()
        _ = try waitForStill(main)
        let decoded = camera + "-whole"
        let session = CaptureSession(
            camera: decoded, source: try source("rtsp://127.0.0.1:\(server.port)/cam"), clocks: clocks,
            decoding: Self.place, onEvent: { _ in })
        session.start()
        #expect(drain(session.mailbox, limit: 20, seconds: 10).count == 20)
        let whole = try #require(
            try FileManager.default.contentsOfDirectory(atPath: "/proc").compactMap { Int32($0) }.first { process in
                let line = try? String(contentsOfFile: "/proc/\(process)/cmdline", encoding: .utf8)
                return line == "monitor-decoder\0\(decoded)\0"
            })
        let kept = try #require(try reader())
        let before = (try processorTime(kept), try processorTime(whole))
        #expect(drain(session.mailbox, limit: 160, seconds: 10).count == 160)
        let spent = (try processorTime(kept) - before.0, try processorTime(whole) - before.1)
        print("160 pictures 1280x720: kept \(spent.0.milliseconds) ms, decoded \(spent.1.milliseconds) ms")
        #expect(spent.0 * 4 < spent.1, "\(spent)")
        session.stop()
        main.stop()
    }
}
