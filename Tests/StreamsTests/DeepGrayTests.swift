import Basics
import Capture
import Foundation
import Imaging
import Streams
import TestSupport
import Testing

/// 16-bit values must arrive bit for bit: they are temperatures.
@Suite(.enabled(if: Tool.hasFFmpeg, "ffmpeg is not installed"))
struct DeepGrayTests {
    /// Three pictures in which every value of 16 bits occurs, each elsewhere.
    private static func ramps(_ width: Int, _ height: Int, largest: Int = 65535) -> [[UInt16]] {
        (0..<3).map { picture in
            (0..<width * height).map { UInt16(($0 * 40503 + picture * 21845 + $0 / width) % (largest + 1)) }
        }
    }

    private func check(_ path: String, _ pictures: [[UInt16]], _ width: Int) throws {
        let reader = try Media.reader(path, framesInUse: 8)
        for (index, values) in pictures.enumerated() {
            let frame = try #require(try reader.read(), "picture \(index) of \(path)")
            try #require(frame.pixels.format == .gray16 && frame.pixels.width == width, "\(path)")
            #expect(frame.pixels.samples16.elementsEqual(values), "picture \(index) of \(path)")
        }
        #expect(try reader.read() == nil)
        #expect(reader.info.format == .gray16)
    }

    @Test(
        arguments: [
            ["-c:v", "ffv1", "-pix_fmt", "gray16le", "a.mkv"], ["-c:v", "ffv1", "-pix_fmt", "gray16le", "a.avi"],
            ["-c:v", "rawvideo", "-pix_fmt", "gray16le", "raw.avi"],
            ["-c:v", "rawvideo", "-pix_fmt", "gray16le", "-allow_raw_vfw", "1", "raw.mkv"],
            ["-c:v", "rawvideo", "-pix_fmt", "gray16be", "a.nut"],
            ["-c:v", "rawvideo", "-pix_fmt", "gray16le", "b.nut"],
            ["-c:v", "png", "-pix_fmt", "gray16be", "b.mkv"], ["-c:v", "jpegls", "-pix_fmt", "gray16le", "c.avi"],
        ], [16, 257, 321])
    func `recordings keep all values`(_ arguments: [String], _ odd: Int) throws {
        let folder = TemporaryFolder()
        // ffmpeg pads the rows of AVI to four bytes, which the name Y16 does not promise.
        let width = arguments.last == "raw.avi" ? odd + odd % 2 : odd
        let height = 65536 / width + 1
        let pictures = Self.ramps(width, height)
        let raw = try folder.write(Media.raw(pictures), "raw")
        let path = folder.file(try #require(arguments.last))
        try Tool.ffmpeg(
            ["-f", "rawvideo", "-pix_fmt", "gray16le", "-s", "\(width)x\(height)", "-r", "9", "-i", raw]
                + arguments.dropLast() + [path])
        if path.contains("raw.") { try Self.nameY16(path) }
        try check(path, pictures, width)
    }

    /// ffmpeg leaves out the name by which thermal cameras' recorders tell such pictures from colours of 16 bits.
    private static func nameY16(_ path: String) throws {
        var bytes = [UInt8](try Data(contentsOf: URL(filePath: path)))
        let unnamed: [UInt8] = [1, 0, 16, 0, 0, 0, 0, 0]
        let place = try #require((0..<10_000).first { bytes[$0..<$0 + 8].elementsEqual(unnamed) })
        bytes.replaceSubrange(place + 4..<place + 8, with: "Y16 ".utf8)
        try Data(bytes).write(to: URL(filePath: path))
    }

    @Test(arguments: [("png", "gray16be"), ("tiff", "gray16le"), ("pgm", "gray16be")], [16, 257])
    func `folders of pictures keep all values`(_ kind: (ending: String, format: String), _ width: Int) throws {
        let folder = TemporaryFolder()
        let height = 65536 / width + 1
        let pictures = Self.ramps(width, height)
        let raw = try folder.write(Media.raw(pictures), "raw")
        try FileManager.default.createDirectory(atPath: folder.file("set"), withIntermediateDirectories: false)
        try Tool.ffmpeg([
            "-f", "rawvideo", "-pix_fmt", "gray16le", "-s", "\(width)x\(height)", "-r", "9", "-i", raw, "-pix_fmt",
            kind.format, folder.file("set") + "/%03d.\(kind.ending)",
        ])
        try check(folder.file("set"), pictures, width)
    }

    @Test(arguments: [true, false], [16, 257])
    func `TIFF keeps all values in both byte orders`(_ isBigEndian: Bool, _ width: Int) throws {
        let folder = TemporaryFolder()
        let height = 65536 / width + 1
        let pictures = Self.ramps(width, height)
        try FileManager.default.createDirectory(atPath: folder.file("set"), withIntermediateDirectories: false)
        for (index, values) in pictures.enumerated() {
            try folder.write(Self.tiff(values, width, height, isBigEndian), "set/\(index).tif")
        }
        try check(folder.file("set"), pictures, width)
    }

    @Test(arguments: [(10, "gray10le"), (12, "gray12le")])
    func `fewer bits are neither shifted nor stretched`(_ depth: Int, _ format: String) throws {
        let folder = TemporaryFolder()
        let pictures = Self.ramps(67, 70, largest: 1 << depth - 1)
        let raw = try folder.write(Media.raw(pictures), "raw")
        try Tool.ffmpeg([
            "-f", "rawvideo", "-pix_fmt", format, "-s", "67x70", "-r", "9", "-i", raw, "-c:v", "ffv1",
            folder.file("a.mkv"),
        ])
        try check(folder.file("a.mkv"), pictures, 67)
    }

    /// The plainest TIFF: one strip of gray samples of 16 bits.
    private static func tiff(_ values: [UInt16], _ width: Int, _ height: Int, _ isBigEndian: Bool) -> Data {
        func number(_ value: Int, _ count: Int) -> [UInt8] {
            let little = (0..<count).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
            return isBigEndian ? little.reversed() : little
        }
        let entries = [
            (256, 4, width), (257, 4, height), (258, 3, 16), (259, 3, 1), (262, 3, 1), (273, 4, 8), (277, 3, 1),
            (278, 4, height), (279, 4, values.count * 2),
        ]
        var bytes: [UInt8] = Array((isBigEndian ? "MM" : "II").utf8) + number(42, 2) + number(8 + values.count * 2, 4)
        for value in values { bytes += number(Int(value), 2) }
        bytes += number(entries.count, 2)
        for (tag, type, value) in entries {
            bytes += number(tag, 2) + number(type, 2) + number(1, 4)
            bytes += type == 3 ? number(value, 2) + [0, 0] : number(value, 4)
        }
        return Data(bytes + number(0, 4))
    }
}
