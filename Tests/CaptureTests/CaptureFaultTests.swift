import Basics
import Capture
import FoundationEssentials
import Imaging
import Scenes
import Streams
import TestSupport
import Testing

@Suite struct CaptureFaultTests {
    private func openingCode(_ path: String) throws -> StreamError.Code? {
        let description = try source(path)
        return captureError { _ = try FrameReader(description) }?.code
    }

    @Test func `every kind of wrong file has its own error`() throws {
        let folder = try TestFolder()
        var random = SeededGenerator(seed: 1)
        let noise = (0..<50_000).map { _ in UInt8(truncatingIfNeeded: random.next()) }
        #expect(try openingCode(folder.path + "/none.mp4") == .missingFile)
        #expect(try openingCode(try folder.write([], "empty.mp4")) == .notVideo)
        #expect(try openingCode(try folder.write(Array("hello, this is no video\n".utf8), "text.mp4")) == .notVideo)
        let noiseCode = try openingCode(try folder.write(noise, "noise.mp4"))
        #expect(noiseCode == .notVideo || noiseCode == .noVideoStream)
        #expect(try openingCode(folder.path) == .notVideo)
        #expect(try openingCode(try folder.write(Self.sound, "sound.wav")) == .noVideoStream)
    }

    @Test func `an unknown codec is named as such`() throws {
        let folder = try TestFolder()
        let encoder = try VideoEncoder(
            path: folder.path + "/m.avi", width: 64, height: 48, format: .rgb24, framesPerSecond: 5, codec: .mpeg4)
        let picture = SceneRenderer(SceneDescription(width: 64, height: 48, seconds: 1, seed: 1)).render(0).pixels
        for _ in 0..<5 { try encoder.write(picture) }
        try encoder.finish()
        var bytes = try folder.read(folder.path + "/m.avi")
        for index in 0..<bytes.count - 4 where bytes[index..<index + 4].elementsEqual("FMP4".utf8) {
            bytes.replaceSubrange(index..<index + 4, with: "ZQZQ".utf8)
        }
        #expect(try openingCode(try folder.write(bytes, "z.avi")) == .unsupportedCodec)
    }

    @Test(arguments: ["v.mp4", "v.mkv", "v.ts"], [0.02, 0.1, 0.3, 0.5, 0.8, 0.97])
    func `a truncated file gives its good frames and then an end or a clear error`(_ name: String, _ share: Double)
        throws
    {
        let folder = try TestFolder()
        let whole = try folder.read(try folder.video(name, frames: 40))
        let path = try folder.write(Array(whole.prefix(Int(Double(whole.count) * share))), "cut-" + name)
        let log = EventLog()
        let session = CaptureSession(
            camera: "cut", source: try source(path), clocks: SystemClocks(), onEvent: log.append)
        session.start()
        let frames = drain(session.mailbox)
        #expect(session.stop())
        #expect(frames.count <= 40)
        let last = try #require(log.events.last)
        switch last {
        case .ended: #expect(!frames.isEmpty)
        case .failed(let error):
            #expect([.notVideo, .damaged, .noVideoStream, .stalled].contains(error.code), "\(error)")
        default: Issue.record("ended with \(last)")
        }
        #expect(session.counters.arrived == session.counters.taken + session.counters.droppedDamaged)
        #expect(session.ledger.counts.addsUp && session.ledger.counts.waiting == 0)
        if share >= 0.5 && name != "v.mp4" { #expect(frames.count >= 10) }
    }

    @Test func `random damage inside a stream never crashes and is counted`() throws {
        let folder = try TestFolder()
        let whole = try folder.read(try folder.video("v.ts", frames: 60, container: "mpegts"))
        for seed in 0..<12 {
            var random = SeededGenerator(seed: UInt64(seed))
            var bytes = whole
            for _ in 0..<200 { bytes[2000 + random.index(below: bytes.count - 2000)] = UInt8(random.index(below: 256)) }
            let reader = try? FrameReader(try source(try folder.write(bytes, "d\(seed).ts")), framesInUse: 2)
            guard let reader else { continue }
            var previous = Duration.seconds(-1)
            while let frame = reader.next() {
                #expect(frame.presentationTime > previous)
                previous = frame.presentationTime
            }
            let counters = reader.counters
            #expect(counters.arrived == counters.taken + counters.droppedDamaged)
        }
    }

    @Test func `a missing file fails a session at once and is not tried again`() throws {
        let log = EventLog()
        let session = CaptureSession(
            camera: "x", source: try source("/nowhere/none.mp4"), clocks: SystemClocks(), onEvent: log.append)
        session.start()
        #expect(drain(session.mailbox).isEmpty)
        session.stop()
        #expect(log.events.count == 1)
        #expect(log.failure?.code == .missingFile)
        #expect(log.failure?.message.contains("/nowhere/none.mp4") == true)
    }

    @Test func `libav's own messages reach the sink without credentials and in limited number`() throws {
        let folder = try TestFolder()
        let lines = Locked<[String]>([])
        LibAVLog.route(clocks: ManualClocks()) { _, line in lines.withLock { $0.append(line) } }
        defer { LibAVLog.route(clocks: SystemClocks(), to: nil) }
        let whole = try folder.read(try folder.video("v.mp4", frames: 20))
        for index in 0..<20 { _ = try openingCode(try folder.write(Array(whole.prefix(300 + index)), "c\(index).mp4")) }
        let seen = lines.withLock { $0 }
        #expect(!seen.isEmpty && seen.count <= 6)
        #expect(seen.allSatisfy { !$0.hasSuffix("\n") })
    }

    /// One second of silence as a WAV file.
    private static var sound: [UInt8] {
        func little(_ value: Int, _ count: Int) -> [UInt8] { (0..<count).map { UInt8((value >> (8 * $0)) & 255) } }
        let samples = [UInt8](repeating: 0, count: 16_000)
        return Array("RIFF".utf8) + little(36 + samples.count, 4) + Array("WAVEfmt ".utf8) + little(16, 4)
            + little(1, 2)
            + little(1, 2) + little(8000, 4) + little(16_000, 4) + little(2, 2) + little(16, 2) + Array("data".utf8)
            + little(samples.count, 4) + samples
    }
}
