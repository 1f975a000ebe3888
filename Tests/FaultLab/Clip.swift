package import Foundation
internal import TestSupport

/// A coded recording, picture by picture, as a camera sends it.
package struct Clip: Sendable {
    package enum Codec: String, Sendable {
        case h264
        case h265
        case mpeg4
        case jpeg

        /// What ffmpeg calls the encoder, its options and the raw stream.
        fileprivate var encoder: (options: [String], format: String) {
            switch self {
            case .h264:
                (["-c:v", "libx264", "-preset", "ultrafast", "-tune", "zerolatency", "-sc_threshold", "0"], "h264")
            case .h265: (["-c:v", "libx265", "-preset", "ultrafast", "-tune", "zerolatency"], "hevc")
            case .mpeg4: (["-c:v", "mpeg4", "-q:v", "3"], "m4v")
            case .jpeg: (["-c:v", "mjpeg", "-q:v", "5"], "mjpeg")
            }
        }
    }

    /// One picture: its NAL units without start codes for H.264 and H.265, all of its bytes for the others.
    package struct Picture: Sendable {
        package let parts: [[UInt8]]
        package let isKey: Bool
    }

    package struct Unmade: Error {
        let reason: String
    }

    /// Told apart from other clips, so that a change is noticed.
    package let id = UUID()
    package let codec: Codec
    package let pictures: [Picture]
    /// Bytes before the first picture that a decoder needs first; only of MPEG-4.
    package let header: [UInt8]

    /// Size of the pictures of `bars`.
    package static let (width, height) = (320, 192)
    private static let bits = 16

    /// Frame n shows n as 16 black (0) or white (1) bars, lowest bit first; read them with `number`.
    ///
    /// - Parameters:
    ///   - numbers: what the pictures show, in their order.
    ///   - size: what `ffmpeg` scales the pictures to.
    package static func bars(
        _ numbers: [Int], codec: Codec = .h264, keyEvery: Int = 10, size: String? = nil
    ) throws -> Clip {
        var pixels: [UInt8] = []
        for number in numbers {
            let row = (0..<width).map { UInt8(number >> ($0 * bits / width) & 1 == 1 ? 235 : 16) }
            for _ in 0..<height { pixels += row }
        }
        return try Clip(gray: pixels, codec: codec, keyEvery: keyEvery, size: size)
    }

    /// What a picture of `bars` shows. `red` gives the brightness of a pixel, 0...255, of a picture `width` wide.
    package static func number(width: Int, row red: (Int) -> UInt8) -> Int {
        (0..<bits).reduce(0) { $0 | (red((2 * $1 + 1) * width / (2 * bits)) > 127 ? 1 << $1 : 0) }
    }

    /// - Parameter pixels: pictures of `width` x `height` bytes each, one after the other.
    package init(gray pixels: [UInt8], codec: Codec, keyEvery: Int = 10, size: String? = nil) throws {
        let folder = TemporaryFolder()
        let raw = try folder.write(Data(pixels), "raw")
        try self.init(
            input: ["-f", "rawvideo", "-pix_fmt", "gray", "-s", "\(Self.width)x\(Self.height)", "-r", "10", "-i", raw],
            codec: codec, keyEvery: keyEvery, size: size)
        let count = pixels.count / (Self.width * Self.height)
        guard pictures.count == count else {
            throw Unmade(reason: "ffmpeg made \(pictures.count) pictures of \(codec.rawValue), not \(count)")
        }
    }

    /// The pictures of a video file.
    package init(file: String, keyEvery: Int = 10) throws {
        try self.init(input: ["-i", file], codec: .h264, keyEvery: keyEvery, size: nil)
    }

    private init(input: [String], codec: Codec, keyEvery: Int, size: String?) throws {
        let folder = TemporaryFolder()
        let (options, format) = codec.encoder
        let filter = (size.map { "scale=\($0):flags=neighbor," } ?? "") + "format=yuv420p"
        try Tool.ffmpeg(
            input + ["-vf", filter] + options
                + ["-threads", "1", "-bf", "0", "-g", "\(keyEvery)", "-f", format, folder.file("coded")])
        let coded = [UInt8](try Data(contentsOf: URL(filePath: folder.file("coded"))))
        self.codec = codec
        (header, pictures) = codec == .jpeg ? ([], Self.images(coded)) : Self.pictures(coded, codec)
    }

    /// The same picture again and again.
    package init(standingStillAt picture: Int, of clip: Clip) {
        (codec, header) = (clip.codec, clip.header)
        pictures = [clip.pictures[picture]]
    }

    // MARK: - Taking a coded stream apart

    /// Ends where the next image begins: nothing else holds these three bytes.
    private static func images(_ coded: [UInt8]) -> [Picture] {
        let starts = coded.indices.dropLast(2).filter {
            coded[$0] == 0xFF && coded[$0 + 1] == 0xD8 && coded[$0 + 2] == 0xFF
        }
        return zip(starts, starts.dropFirst() + [coded.count]).map {
            Picture(parts: [Array(coded[$0..<$1])], isKey: true)
        }
    }

    private static func pictures(_ coded: [UInt8], _ codec: Codec) -> (header: [UInt8], pictures: [Picture]) {
        var starts: [Int] = []
        var index = 0
        while index + 3 < coded.count {
            if coded[index] == 0, coded[index + 1] == 0, coded[index + 2] == 1 {
                starts.append(index)
                index += 3
            } else {
                index += 1
            }
        }
        var header: [UInt8] = []
        var result: [Picture] = []
        var parts: [[UInt8]] = []
        for (start, end) in zip(starts, starts.dropFirst() + [coded.count]) {
            var unit = Array(coded[(codec == .mpeg4 ? start : start + 3)..<end])
            // A start code of four bytes left its first one behind.
            if codec != .mpeg4 { while unit.last == 0 { unit.removeLast() } }
            parts.append(unit)
            guard let isKey = Self.isKeyPicture(unit, codec) else { continue }
            if codec == .mpeg4 {
                if result.isEmpty { header = parts.dropLast().flatMap(\.self) }
                parts = [parts.flatMap(\.self)]
            }
            result.append(Picture(parts: parts, isKey: isKey))
            parts = []
        }
        return (header, result)
    }

    /// Nil for what is no picture itself. One slice per picture, as the encoders are told to use one thread.
    private static func isKeyPicture(_ unit: [UInt8], _ codec: Codec) -> Bool? {
        switch codec {
        case .h264:
            let type = unit[0] & 31
            return (1...5).contains(type) ? type == 5 : nil
        case .h265:
            let type = unit[0] >> 1 & 63
            return type < 32 ? (16...21).contains(type) : nil
        case .mpeg4: return unit[3] == 0xB6 ? unit[4] >> 6 == 0 : nil
        case .jpeg: return true
        }
    }
}
