import Basics
import Capture
import Foundation
import Imaging
import Scenes
import Streams
import TestSupport
import Testing

@Suite struct FrameReaderTests {
    @Test(arguments: ["a.mp4", "a.mkv", "a.ts", "a.avi"])
    func `H264 comes back with every frame, its time and good quality`(_ name: String) throws {
        let folder = try TestFolder()
        let scene = SceneDescription(width: 320, height: 180, framesPerSecond: 12.5, seconds: 4, seed: 8)
        var options = VideoEncoder.Options()
        options.rateFactor = 20
        try SceneVideo.write(scene, to: folder.path + "/" + name, options: options)
        let reader = try FrameReader(try source(folder.path + "/" + name), camera: "yard")
        let renderer = SceneRenderer(scene)
        var count = 0
        var worst = Double.infinity
        while let frame = try reader.read() {
            #expect(frame.camera == "yard" && frame.sequence == UInt64(count))
            #expect(abs((frame.presentationTime - .milliseconds(80 * count)).milliseconds) <= 1)
            let original = renderer.render(count).pixels
            #expect(frame.pixels.format == .rgb24)
            var squares = 0.0
            for index in 0..<original.byteCount {
                let difference = Double(original.bytes[index]) - Double(frame.pixels.bytes[index])
                squares += difference * difference
            }
            worst = min(worst, 10 * log10(255 * 255 * Double(original.byteCount) / max(squares, 1)))
            count += 1
        }
        #expect(count == 50)
        #expect(worst > 30, "PSNR \(worst) dB")
        #expect(reader.info.width == 320 && reader.info.codec == (name == "a.avi" ? "h264" : "h264"))
        #expect(abs((reader.info.framesPerSecond ?? 0) - 12.5) < 0.2)
        #expect(reader.counters.arrived == 50 && reader.counters.taken == 50 && reader.counters.decodeErrors == 0)
        #expect(reader.counters.reanchoredTimestamps == 0)
    }

    @Test(arguments: [66, 70, 90, 98, 122, 126, 250, 360, 1918])
    func `odd widths are complete to the last pixel`(_ width: Int) throws {
        let folder = try TestFolder()
        let picture = PixelBuffer(width: width, height: 50, format: .rgb24)
        for index in picture.mutableBytes.indices {
            let (x, y) = (index / 3 % width, index / 3 / width)
            picture.mutableBytes[index] = UInt8((x + y) % 200 + 20)
        }
        var options = VideoEncoder.Options()
        options.rateFactor = 1
        let encoder = try VideoEncoder(
            path: folder.path + "/w.mkv", width: width, height: 50, format: .rgb24, framesPerSecond: 5, codec: .h264,
            options: options)
        try encoder.write(picture)
        try encoder.finish()
        let frame = try #require(try FrameReader(try source(folder.path + "/w.mkv")).read())
        for y in 0..<50 {
            for x in [0, 1, width / 2, width - 3, width - 2, width - 1] where (x + y) % 200 > 3 && (x + y) % 200 < 196 {
                let index = (y * width + x) * 3 + 1
                #expect(abs(Int(frame.pixels.bytes[index]) - Int(picture.bytes[index])) < 10, "\(x), \(y)")
            }
        }
    }

    @Test func `thermal values survive bit for bit`() throws {
        let folder = try TestFolder()
        let scene = SceneDescription(
            width: 160, height: 120, framesPerSecond: 9, seconds: 2, seed: 5, spectrum: .thermal)
        try SceneVideo.write(scene, to: folder.path + "/t.mkv")
        let renderer = SceneRenderer(scene)
        var count = 0
        for frame in try FrameReader(try source(folder.path + "/t.mkv")) {
            #expect(frame.pixels.format == .gray16)
            #expect(frame.pixels.samples16.elementsEqual(renderer.render(count).pixels.samples16))
            count += 1
        }
        #expect(count == 18)
    }

    @Test func `full-range 16-bit ramps survive FFV1 and PNG`() throws {
        let folder = try TestFolder()
        let ramp = PixelBuffer(width: 256, height: 256, format: .gray16)
        let samples = ramp.mutableBytes.bindMemory(to: UInt16.self)
        for index in samples.indices { samples[index] = UInt16(index) }
        let encoder = try VideoEncoder(
            path: folder.path + "/r.mkv", width: 256, height: 256, format: .gray16, framesPerSecond: 1, codec: .ffv1)
        try encoder.write(ramp)
        try encoder.finish()
        try VideoEncoder.writePNG(ramp, to: folder.path + "/r.png")
        for name in ["r.mkv", "r.png"] {
            let frame = try #require(try FrameReader(try source(folder.path + "/" + name)).read())
            #expect(frame.pixels.samples16.elementsEqual(ramp.samples16), "\(name)")
        }
    }

    @Test func `a folder of images is read in the order of names at the given rate`() throws {
        let folder = try TestFolder()
        let images = folder.path + "/odd [name]{1}"
        try FileManager.default.createDirectory(atPath: images, withIntermediateDirectories: true)
        for index in 0..<5 {
            let picture = PixelBuffer(width: 16, height: 8, format: .rgb24)
            for byte in picture.mutableBytes.indices { picture.mutableBytes[byte] = UInt8(index * 40) }
            try VideoEncoder.writePNG(picture, to: "\(images)/\(9 - index).png")
        }
        _ = try folder.write([1, 2, 3], "odd [name]{1}/notes.txt")
        var description = try source(images)
        description.imagesPerSecond = 4
        let frames = Array(try FrameReader(description, framesInUse: 8))
        #expect(frames.map { $0.pixels.bytes[0] } == [160, 120, 80, 40, 0])
        #expect(frames.map(\.presentationTime) == (0..<5).map { .milliseconds(250 * $0) })
        #expect(frames.last.map { $0.wallTimeMs - frames[0].wallTimeMs } == 1000)
    }

    @Test func `a change of resolution in mid-stream is followed`() throws {
        let folder = try TestFolder()
        let small = try folder.read(try folder.video("s.ts", width: 160, height: 96, container: "mpegts"))
        let large = try folder.read(try folder.video("l.ts", width: 320, height: 192, container: "mpegts"))
        let both = try folder.write(small + large, "both.ts")
        let reader = try FrameReader(try source(both), framesInUse: 80)
        let frames = Array(reader)
        #expect(reader.failure == nil)
        #expect(frames.filter { $0.pixels.width == 160 }.count == 30)
        #expect(frames.filter { $0.pixels.width == 320 && $0.pixels.height == 192 }.count >= 29)
        for (frame, next) in zip(frames, frames.dropFirst()) { #expect(next.presentationTime > frame.presentationTime) }
        #expect(reader.info.width == 320)
    }

    @Test func `wide pictures are scaled down on request, keeping their shape`() throws {
        let folder = try TestFolder()
        var description = try source(try folder.video("v.mp4", frames: 3, width: 320, height: 192))
        description.maximumWidth = 100
        let reader = try FrameReader(description)
        let frame = try #require(try reader.read())
        #expect(frame.pixels.width == 100 && frame.pixels.height == 60)
        #expect(reader.info.sourceWidth == 320 && reader.info.width == 100)
    }

    @Test func `a reader takes no new memory once it runs`() throws {
        let folder = try TestFolder()
        let reader = try FrameReader(try source(try folder.video("v.mp4")))
        var addresses: Set<UnsafeRawPointer> = []
        while let frame = try reader.read() { addresses.insert(frame.pixels.bytes.baseAddress!) }
        #expect(addresses.count <= 2)
    }
}
