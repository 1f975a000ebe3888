import Basics
import Capture
import Forgeries
import Foundation
import Imaging
import Streams
import TestSupport
import Testing

/// A Python program that serves until its owner goes.
private final class Server {
    private let process = Process()
    let port: Int

    /// Returns when the program has printed a line, its port.
    init(_ script: String, _ arguments: [String], port known: Int? = nil) throws {
        process.executableURL = URL(filePath: "/usr/bin/python3")
        process.arguments = [SharedData.packageRoot + "/Tests/" + script] + arguments
        let output = Pipe()
        process.standardOutput = output
        process.standardError = FileHandle.nullDevice
        try process.run()
        let line = String(decoding: output.fileHandleForReading.availableData, as: UTF8.self)
        port = known ?? Int(line.trimmingCharacters(in: .whitespacesAndNewlines)) ?? 0
    }

    deinit {
        kill(process.processIdentifier, SIGKILL)
        process.waitUntilExit()
    }

    static let hasRTSP =
        (try? Tool.run(
            "/usr/bin/python3",
            ["-c", "import gi; gi.require_version('GstRtspServer', '1.0'); from gi.repository import GstRtspServer"]))
        != nil
}

@Suite(.serialized, .enabled(if: Tool.hasFFmpeg, "ffmpeg is not installed"))
struct NetworkSourceTests {
    private let folder = TemporaryFolder()

    private func web(_ arguments: [String] = []) throws -> Server {
        try Server("StreamsTests/http_camera.py", [folder.path] + arguments)
    }

    /// Ten pictures as JPEGs in jpg/; the last two are larger.
    private func makeJPEGs() throws {
        try FileManager.default.createDirectory(atPath: folder.file("jpg"), withIntermediateDirectories: false)
        for (count, width, start) in [(8, 160, 0), (2, 320, 8)] {
            try Media.encode(
                Media.squares(width: width, height: 96), width: width, height: 96, count: count,
                ["-pix_fmt", "yuvj444p", "-q:v", "2", "-start_number", "\(start)"], to: folder.file("jpg/%02d.jpg"),
                in: folder)
        }
    }

    private func makeTS(_ name: String, seconds: Int = 3, _ arguments: [String] = []) throws {
        try Media.encode(
            Media.squares(width: 160, height: 96), width: 160, height: 96, count: 20 * seconds, rate: 20,
            ["-c:v", "libx264", "-preset", "ultrafast", "-g", "10", "-bf", "0"] + arguments, to: folder.file(name),
            in: folder)
    }

    private func certificate(_ name: String) throws -> String {
        let (key, file) = (folder.file("key.pem"), folder.file("cert.pem"))
        try Tool.run(
            "/usr/bin/openssl",
            [
                "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=\(name)", "-addext",
                "subjectAltName=DNS:\(name)", "-keyout", key, "-out", file,
            ])
        let both = try Data(contentsOf: URL(filePath: key)) + Data(contentsOf: URL(filePath: file))
        return try folder.write(both, "both.pem")
    }

    private func opening(_ source: SourceDescription) -> StreamError? { Media.error { _ = try FrameReader(source) } }

    @Test(arguments: ["plain", "quoted", "nodashes", "newlines", "bare", "nolength"])
    func `motion JPEG is read whatever stands between the pictures`(_ kind: String) throws {
        try makeJPEGs()
        let server = try web()
        let reader = try Media.reader("http://127.0.0.1:\(server.port)/mjpeg/\(kind)", framesInUse: 40)
        var frames: [Frame] = []
        while frames.count < 20, let frame = try reader.read() { frames.append(frame) }
        #expect(frames.map(\.pixels.width) == (0..<20).map { $0 % 10 < 8 ? 160 : 320 })
        let expected = Media.colours(try #require(try Media.reader(folder.file("jpg/00.jpg")).read()).pixels)
        #expect(Media.distance(Media.colours(frames[0].pixels), expected) <= 2)
        // Their time is when they came: one every 50 ms.
        let span = try #require(frames.last).presentationTime - frames[0].presentationTime
        #expect(span > .milliseconds(700) && span < .milliseconds(2500), "\(span)")
        #expect(reader.info.codec == "mjpeg" && reader.counters.decodeErrors == 0)
        #expect(abs((reader.info.framesPerSecond ?? 0) - 20) < 8, "\(reader.info.framesPerSecond ?? 0)")
    }

    @Test func `pictures that were cut off are counted and left out, and the end is a loss`() throws {
        try makeJPEGs()
        let server = try web()
        let reader = try Media.reader("http://127.0.0.1:\(server.port)/mjpeg/broken")
        for _ in 0..<12 { _ = try reader.read() }
        #expect(reader.counters.decodeErrors >= 4)
        let short = try Media.reader("http://127.0.0.1:\(server.port)/mjpeg/ends")
        var count = 0
        let error = Media.error { while try short.read() != nil { count += 1 } }
        #expect(count == 20 && error?.code == .connectionLost, "\(count) \(String(describing: error))")
    }

    @Test func `a camera that falls silent is noticed`() throws {
        let server = try web()
        var source = try Media.source("http://127.0.0.1:\(server.port)/mute")
        source.stallTimeout = .milliseconds(500)
        let reader = try FrameReader(source)
        let start = SystemClocks().monotonic()
        #expect(Media.error { _ = try reader.read() }?.code == .stalled)
        #expect(SystemClocks().monotonic() - start < .seconds(14))
    }

    @Test func `user and password are sent both ways, and refusal is told from everything else`() throws {
        try makeJPEGs()
        let server = try web()
        let place = "127.0.0.1:\(server.port)"
        for way in ["auth", "auth/digest"] {
            let reader = try Media.reader("http://viewer:s3cret@\(place)/\(way)/mjpeg/plain")
            #expect(try reader.read() != nil)
            for user in ["", "viewer:wrong@"] {
                let error = opening(try Media.source("http://\(user)\(place)/\(way)/mjpeg/plain"))
                #expect(error?.code == .authenticationRefused && error?.message.contains("wrong") == false)
            }
        }
        #expect(opening(try Media.source("http://\(place)/nothing"))?.code == .noSuchStream)
        #expect(opening(try Media.source("http://\(place)/text"))?.code == .notVideo)
        #expect(opening(try Media.source("http://127.0.0.1:1/x"))?.code == .unreachable)
    }

    @Test func `a transport stream is read to its end, which is a loss`() throws {
        try makeTS("live.ts")
        let server = try web()
        let reader = try Media.reader("http://127.0.0.1:\(server.port)/ts")
        var count = 0
        let error = Media.error { while try reader.read() != nil { count += 1 } }
        #expect(count >= 58 && error?.code == .connectionLost, "\(count)")
        #expect(reader.info.codec == "h264")
    }

    @Test func `a live playlist that grows is followed at the pace at which it was taken`() throws {
        try makeTS(
            "seg%03d.ts", seconds: 8, ["-f", "segment", "-segment_time", "0.5", "-break_non_keyframes", "0"])
        let server = try web()
        let reader = try Media.reader("http://127.0.0.1:\(server.port)/growing.m3u8", framesInUse: 2)
        let start = SystemClocks().monotonic()
        var first: Duration?
        for _ in 0..<90 {
            let frame = try #require(try reader.read())
            if first == nil { first = frame.presentationTime }
        }
        let taken = SystemClocks().monotonic() - start
        #expect(taken > .seconds(3.5) && taken < .seconds(8), "\(taken)")
        #expect(reader.info.isSegmented && reader.info.codec == "h264")
    }

    @Test func `no server leads to a file of this machine`() throws {
        try makeTS("live.ts")
        let server = try web()
        let place = "http://127.0.0.1:\(server.port)"
        let file = folder.file("live.ts")
        for target in [
            "file://\(file)", file, "concat:\(file)", "subfile:,,start,0,end,0,,:\(file)", "ftp://127.0.0.1/a",
        ] {
            #expect(opening(try Media.source("\(place)/to?\(target)")) != nil, "\(target)")
            let lines = ["#EXTM3U", "#EXT-X-TARGETDURATION:1", "#EXTINF:1,", target, "#EXT-X-ENDLIST", ""]
            try folder.write(Data(lines.joined(separator: "\n").utf8), "list.m3u8")
            #expect(opening(try Media.source("\(place)/files/list.m3u8")) != nil, "\(target)")
        }
        // The same list of what may be reached is.
        let lines = ["#EXTM3U", "#EXT-X-TARGETDURATION:3", "#EXTINF:3,", "live.ts", "#EXT-X-ENDLIST", ""]
        try folder.write(Data(lines.joined(separator: "\n").utf8), "list.m3u8")
        #expect(try Media.reader("\(place)/files/list.m3u8").read() != nil)
    }

    @Test func `certificates are checked unless the operator says otherwise`() throws {
        try makeJPEGs()
        try makeTS("live.ts")
        let server = try web(["--certificate", try certificate("localhost")])
        let list = ["#EXTM3U", "#EXT-X-TARGETDURATION:3", "#EXTINF:3,", "live.ts", "#EXT-X-ENDLIST", ""]
        try folder.write(Data(list.joined(separator: "\n").utf8), "list.m3u8")
        for path in ["mjpeg/plain", "ts", "files/list.m3u8"] {
            var source = try Media.source("https://localhost:\(server.port)/\(path)")
            #expect(opening(source)?.code == .unreachable, "\(path)")
            source.authorities = folder.file("cert.pem")
            #expect(try FrameReader(source).read() != nil, "\(path)")
            // Valid, but for another name.
            var other = try Media.source("https://127.0.0.1:\(server.port)/\(path)")
            other.authorities = source.authorities
            #expect(opening(other) != nil, "\(path)")
            other.verifiesCertificate = false
            #expect(try FrameReader(other).read() != nil, "\(path)")
        }
    }

    @Test(.enabled(if: Server.hasRTSP, "GStreamer's RTSP server is not installed"))
    func `RTSP works over UDP, and by itself where a camera refuses TCP`() throws {
        for transport in SourceDescription.Transport.allCases {
            let port = 41_000 + Int(getpid()) % 9_000
            let server = try Server("FaultLab/rtsp_server.py", ["--port", "\(port)", "--udp"], port: port)
            var source = try Media.source("rtsp://127.0.0.1:\(server.port)/cam")
            source.transport = transport
            guard transport != .tcp else {
                #expect(opening(source)?.message.contains("transport") == true)
                continue
            }
            let reader = try FrameReader(source)
            for _ in 0..<20 { #expect(try reader.read()?.pixels.width == 320) }
        }
    }

    @Test(.enabled(if: Server.hasRTSP, "GStreamer's RTSP server is not installed"))
    func `RTSPS is encrypted, and refused as long as its certificate cannot be checked`() throws {
        let port = 31_000 + Int(getpid()) % 9_000
        let server = try Server("FaultLab/rtsp_server.py", ["--port", "\(port)"], port: port)
        let front = try web(["--certificate", try certificate("localhost"), "--forward", "\(server.port)"])
        var source = try Media.source("rtsps://localhost:\(front.port)/cam")
        let error = opening(source)
        #expect(error?.code == .unsupportedSource && error?.message.contains("tls_verify") == true)
        source.verifiesCertificate = false
        let reader = try FrameReader(source)
        for _ in 0..<20 { #expect(try reader.read()?.pixels.width == 320) }
    }

    @Test func `a confined process reads network cameras and recordings alike`() throws {
        try makeJPEGs()
        try makeTS("live.ts")
        let server = try web(["--certificate", try certificate("localhost")])
        let list = ["#EXTM3U", "#EXT-X-TARGETDURATION:3", "#EXTINF:3,", "live.ts", "#EXT-X-ENDLIST", ""]
        try folder.write(Data(list.joined(separator: "\n").utf8), "list.m3u8")
        var forgery = CPTVForgery()
        forgery.pictures = [(0, .init(repeating: 3000, count: 20)), (111, .init(repeating: 3001, count: 20))]
        try folder.write(Data(forgery.file), "a.cptv")
        let place = DecodingPlace.process(executable: BuiltPrograms.path("monitor-decoder"))
        let web = "https://localhost:\(server.port)"
        for (text, codec) in [
            ("\(web)/mjpeg/plain", "mjpeg"), ("\(web)/ts", "h264"), ("\(web)/files/list.m3u8", "h264"),
            (folder.file("a.cptv"), "cptv"),
        ] {
            var source = try Media.source(text)
            source.authorities = folder.file("cert.pem")
            let reader = try FrameReader(source, decoding: place)
            for _ in 0..<2 { #expect(try reader.read() != nil, "\(text)") }
            #expect(reader.info.codec == codec && reader.info.isSegmented == text.hasSuffix("m3u8"))
        }
        let missing = try Media.source("/dev/v4l/by-id/not-there")
        #expect(Media.error { _ = try FrameReader(missing, decoding: place) }?.code == .unreachable)
        // A device that is none, in a process that may use nothing else.
        let null = try Media.source("v4l2:/dev/null")
        #expect(Media.error { _ = try FrameReader(null, decoding: place) }?.code == .noVideoStream)
    }
}
