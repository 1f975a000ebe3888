import Basics
import Capture
import Foundation
import Imaging
import Streams
import TestSupport
import Testing

/// Cameras change their streams while they run; pictures must stay what they show.
@Suite(.enabled(if: Tool.hasFFmpeg, "ffmpeg is not installed"))
struct MidStreamTests {
    private static let x264 = ["-c:v", "libx264", "-preset", "ultrafast", "-qp", "4", "-g", "5"]
    private static let x265 = [
        "-c:v", "libx265", "-preset", "ultrafast", "-x265-params", "log-level=none:qp=4:keyint=5:pools=none",
    ]

    /// An MPEG-TS of the parts one after the other.
    private func joined(_ parts: [[String]], _ folder: TemporaryFolder, width: Int = 160, height: Int = 96) throws
        -> String
    {
        let picture = Media.squares(width: width, height: height)
        var data = Data()
        for part in parts {
            try Media.encode(picture, width: width, height: height, part, to: folder.file("part.ts"), in: folder)
            data += try Data(contentsOf: URL(filePath: folder.file("part.ts")))
        }
        return try folder.write(data, "joined.ts")
    }

    @Test func `pixel formats may change`() throws {
        let folder = TemporaryFolder()
        let path = try joined(
            ["yuv420p", "yuv422p", "yuv444p", "gray", "yuvj420p"].map { Self.x264 + ["-pix_fmt", $0] }, folder)
        let frames = Array(try Media.reader(path, framesInUse: 64))
        #expect(frames.count >= 48, "\(frames.count)")
        let first = Media.colours(try #require(frames.first).pixels)
        #expect(Media.distance(Media.colours(try #require(frames.last).pixels), first) <= 4)
        // Without colour, brightness is left.
        let gray = Media.colours(frames[33].pixels)
        #expect(gray.allSatisfy { abs($0[0] - $0[1]) <= 1 && abs($0[1] - $0[2]) <= 1 })
    }

    @Test(arguments: ["format=yuv420p", "format=yuv422p", "format=yuv444p", "format=yuv420p,extractplanes=y"])
    func `full and limited range show the same`(_ format: String) throws {
        let folder = TemporaryFolder()
        // x264 does not say the range of gray pictures that are limited, and libavcodec then stays with the last it knew.
        let ranges = format.contains("extract") ? ["tv", "pc"] : ["tv", "pc", "tv"]
        let path = try joined(
            ranges.map {
                [
                    "-vf", "scale=out_range=\($0):out_color_matrix=bt601:flags=accurate_rnd+full_chroma_int,\(format)",
                    "-color_range", $0, "-colorspace", "smpte170m", "-c:v", "libx264", "-preset", "ultrafast", "-qp",
                    "0",
                    "-g", "5",
                ]
            }, folder)
        let frames = Array(try Media.reader(path, framesInUse: 64))
        #expect(frames.count >= 10 * ranges.count - 2)
        let colours = frames.map { Media.colours($0.pixels) }
        for colour in colours {
            // The fast conversion of libswscale is up to two levels off in strong colours, either way.
            #expect(Media.distance(colour, colours[0]) <= 3)
            let sum = zip(colour.joined(), colours[0].joined()).map { abs($0 - $1) }.reduce(0, +)
            #expect(Double(sum) <= 1.2 * Double(colour.count * 3), "\(Double(sum) / Double(colour.count * 3))")
        }
    }

    @Test func `a program's new stream of another codec is followed`() throws {
        let folder = TemporaryFolder()
        let picture = Media.squares(width: 160, height: 96)
        var data = Data()
        for part in [Self.x264, Self.x265 + ["-streamid", "0:777"], Self.x264] {
            try Media.encode(picture, width: 160, height: 96, count: 60, part, to: folder.file("part.ts"), in: folder)
            data += try Data(contentsOf: URL(filePath: folder.file("part.ts")))
        }
        let reader = try Media.reader(try folder.write(data, "joined.ts"))
        var codecs: [String] = []
        var count = 0
        while let frame = try reader.read() {
            count += 1
            if codecs.last != reader.info.codec { codecs.append(reader.info.codec) }
            #expect(frame.pixels.width == 160)
        }
        #expect(count >= 175, "\(count)")
        #expect(codecs == ["h264", "hevc", "h264"])
    }

    @Test func `the frame rate may change`() throws {
        let folder = TemporaryFolder()
        let picture = Media.squares(width: 64, height: 48)
        var data = Data()
        for rate in [25, 5] {
            try Media.encode(
                picture, width: 64, height: 48, count: 40, rate: rate, Self.x264, to: folder.file("part.ts"), in: folder
            )
            data += try Data(contentsOf: URL(filePath: folder.file("part.ts")))
        }
        let reader = try Media.reader(try folder.write(data, "joined.ts"))
        #expect(abs((reader.info.framesPerSecond ?? 0) - 25) < 1)
        while try reader.read() != nil {}
        #expect(abs((reader.info.framesPerSecond ?? 0) - 5) < 0.5, "\(reader.info.framesPerSecond ?? 0)")
    }

    @Test func `interlaced pictures have no combs`() throws {
        let folder = TemporaryFolder()
        // A bar that moves 16 pixels from field to field.
        let (width, height) = (320, 192)
        var fields = Data()
        for field in 0..<20 {
            let bar = 40 + field * 8..<80 + field * 8
            var row: [UInt8] = []
            for x in 0..<width { row += [UInt8](repeating: bar.contains(x) ? 230 : 30, count: 3) }
            for _ in 0..<height { fields += row }
        }
        let raw = try folder.write(fields, "raw")
        for (name, arguments) in [
            ("a.ts", Self.x264 + ["-flags", "+ilme+ildct"]),
            ("b.ts", ["-c:v", "mpeg2video", "-qscale:v", "1", "-flags", "+ilme+ildct"]),
        ] {
            try Tool.ffmpeg(
                [
                    "-f", "rawvideo", "-pix_fmt", "rgb24", "-s", "\(width)x\(height)", "-r", "20", "-i", raw, "-vf",
                    "tinterlace=interleave_top,format=yuv420p", "-field_order", "tt",
                ] + arguments + [folder.file(name)])
            let frames = Array(try Media.reader(folder.file(name), framesInUse: 64))
            #expect(frames.count >= 9)
            for frame in frames {
                #expect(frame.pixels.width == width && frame.pixels.height == height)
                let row = width * 3
                var worst = 0
                for index in 16 * row..<176 * row {
                    let bytes = frame.pixels.bytes
                    worst = max(worst, abs(2 * Int(bytes[index]) - Int(bytes[index - row]) - Int(bytes[index + row])))
                }
                #expect(worst < 60, "\(name): \(worst)")
            }
        }
    }

    @Test(arguments: [0, 90, 180, 270])
    func `turned pictures are turned back`(_ angle: Int) throws {
        let folder = TemporaryFolder()
        let picture = Media.squares(width: 160, height: 96)
        try Media.encode(
            picture, width: 160, height: 96, Self.x264 + ["-pix_fmt", "yuv444p"], to: folder.file("a.mp4"), in: folder)
        try Tool.ffmpeg([
            "-i", folder.file("a.mp4"), "-c", "copy", "-metadata:s:v:0", "rotate=\(angle)", folder.file("b.mp4"),
        ])
        // What ffmpeg itself takes for upright.
        try Tool.ffmpeg(["-i", folder.file("b.mp4"), "-frames:v", "1", "-pix_fmt", "rgb24", folder.file("b.png")])
        let expected = try #require(try Media.reader(folder.file("b.png")).read()).pixels
        let reader = try Media.reader(folder.file("b.mp4"))
        let frame = try #require(try reader.read())
        #expect(frame.pixels.width == (angle % 180 == 0 ? 160 : 96) && reader.info.width == frame.pixels.width)
        #expect(frame.pixels.width == expected.width && frame.pixels.height == expected.height)
        #expect(Media.distance(Media.colours(frame.pixels), Media.colours(expected)) <= 4)
    }

    @Test func `pixels that are not square are made square, and may change`() throws {
        let folder = TemporaryFolder()
        let path = try joined(
            ["1/1", "2/1", "12/11", "1/2"].map { ["-vf", "setsar=\($0)"] + Self.x264 }, folder)
        var widths: [Int] = []
        for frame in try Media.reader(path) where widths.last != frame.pixels.width {
            #expect(frame.pixels.height == 96)
            widths.append(frame.pixels.width)
        }
        #expect(widths == [160, 320, 175, 80])
    }

    @Test(arguments: [(1, 1), (17, 13), (4097, 3), (3, 4097), (2, 2)])
    func `odd sizes are complete`(_ width: Int, _ height: Int) throws {
        let folder = TemporaryFolder()
        let picture = Media.squares(width: width, height: height)
        for (name, arguments) in [
            ("a.mkv", ["-c:v", "ffv1", "-pix_fmt", "bgr0"]),
            ("b.avi", ["-c:v", "mjpeg", "-pix_fmt", "yuvj444p", "-q:v", "1"]),
            ("c.mkv", ["-c:v", "ffv1", "-pix_fmt", "gray"]), ("d.mkv", ["-c:v", "ffv1", "-pix_fmt", "yuv420p"]),
        ] {
            try Media.encode(
                picture, width: width, height: height, count: 2, arguments, to: folder.file(name), in: folder)
            let frame = try #require(try Media.reader(folder.file(name)).read(), "\(name)")
            #expect(frame.pixels.width == width && frame.pixels.height == height, "\(name)")
            if name == "a.mkv" { #expect(Array(frame.pixels.bytes) == Array(picture), "\(name)") }
        }
    }

    @Test(arguments: ["h264", "hevc", "mpeg4", "mpeg2video"])
    func `pictures before the first key frame are counted and never shown`(_ codec: String) throws {
        let folder = TemporaryFolder()
        let raw = Media.squares(width: 160, height: 96)
        let coder =
            switch codec {
            case "h264": ["-c:v", "libx264", "-preset", "ultrafast", "-qp", "4", "-g", "20", "-bf", "0"]
            case "hevc":
                [
                    "-c:v", "libx265", "-preset", "ultrafast", "-x265-params",
                    "log-level=none:qp=4:keyint=20:bframes=0:pools=none",
                ]
            default: ["-c:v", codec, "-qscale:v", "1", "-g", "20"]
            }
        try Media.encode(
            raw, width: 160, height: 96, count: 40, coder + ["-mpegts_flags", "+resend_headers"],
            to: folder.file("a.ts"),
            in: folder)
        // Half of the first group is cut off: five pictures are left that depend on what is gone.
        let whole = [UInt8](try Data(contentsOf: URL(filePath: folder.file("a.ts"))))
        let cut = try folder.write(Data(Self.without(0..<15, whole)), "cut.ts")
        let reader = try Media.reader(cut)
        let reference = try #require(try Media.reader(folder.file("a.ts")).read()).pixels
        var count = 0
        while let frame = try reader.read() {
            count += 1
            #expect(Media.distance(Media.colours(frame.pixels), Media.colours(reference)) <= 12)
        }
        #expect(count == 20, "\(count)")
        #expect(reader.counters.droppedDamaged + reader.counters.decodeErrors >= 5)
    }

    /// An MPEG-TS without the packets of some pictures; the tables stay.
    private static func without(_ pictures: Range<Int>, _ stream: [UInt8]) -> [UInt8] {
        var result: [UInt8] = []
        var seen = -1
        for start in Swift.stride(from: 0, to: stream.count - 187, by: 188) {
            let packet = stream[start..<start + 188]
            let identity = Int(packet[start + 1] & 0x1F) << 8 | Int(packet[start + 2])
            if identity == 256 && packet[start + 1] & 0x40 != 0 { seen += 1 }
            if identity != 256 || !pictures.contains(seen) { result += packet }
        }
        return result
    }

    @Test func `sizes that no camera has are refused before memory is taken`() async {
        await #expect(processExitsWith: .success) {
            let folder = TemporaryFolder()
            let picture = Media.squares(width: 64, height: 48)
            let coders: [(String, [String])] = [
                ("a.avi", ["-c:v", "rawvideo", "-pix_fmt", "yuv420p"]), ("b.avi", ["-c:v", "mjpeg"]),
                ("c.avi", ["-c:v", "ffv1"]),
            ]
            for (name, arguments) in coders {
                try Media.encode(picture, width: 64, height: 48, arguments, to: folder.file(name), in: folder)
                var bytes = [UInt8](try Data(contentsOf: URL(filePath: folder.file(name))))
                // Width and height stand as 32-bit numbers in the header of the stream; JPEG has its own.
                for place in 0..<bytes.count - 8 {
                    if bytes[place..<place + 8].elementsEqual([64, 0, 0, 0, 48, 0, 0, 0]) {
                        bytes.replaceSubrange(place..<place + 8, with: [0, 0xF0, 0, 0, 0, 0xF0, 0, 0])
                    }
                    if bytes[place..<place + 4].elementsEqual([0, 48, 0, 64]) {
                        bytes.replaceSubrange(place..<place + 4, with: [0xF0, 0, 0xF0, 0])
                    }
                }
                let path = try folder.write(Data(bytes), "huge-" + name)
                let reader = try? Media.reader(path)
                while let reader, (try? reader.read()) != nil {}
            }
            precondition(TestMemory.peak < 300 << 20, "\(TestMemory.peak >> 20) MiB")
        }
    }

    @Test func `where no device decodes, software does, with the same pictures`() throws {
        let folder = TemporaryFolder()
        let path = try joined([Self.x264], folder)
        var source = try Media.source(path)
        let expected = Array(try FrameReader(source, framesInUse: 64))
        source.hardwareDecoding = .vaapi
        let reader = try FrameReader(source, framesInUse: 64)
        let frames = Array(reader)
        #expect(frames.count == expected.count && reader.counters.decodeErrors == 0)
        #expect(["software", "vaapi"].contains(reader.info.decoder))
        guard reader.info.decoder == "software" else { return }
        for (frame, other) in zip(frames, expected) { #expect(frame.pixels.bytes.elementsEqual(other.pixels.bytes)) }
    }
}
