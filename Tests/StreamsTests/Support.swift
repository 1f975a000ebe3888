import Basics
import Capture
import Foundation
import Imaging
import Streams
import TestSupport

/// What a test makes, feeds and looks at.
enum Media {
    static func source(_ text: String) throws -> SourceDescription {
        SourceDescription(url: try CameraURL(text), pace: .maximum)
    }

    static func reader(_ text: String, framesInUse: Int = 4) throws -> FrameReader {
        try FrameReader(source(text), framesInUse: framesInUse)
    }

    /// Bare samples for ffmpeg to code: little-endian, one picture after the other.
    static func raw(_ pictures: [[UInt16]]) -> Data {
        Data(pictures.joined().flatMap { [UInt8($0 & 255), UInt8($0 >> 8)] })
    }

    /// A picture of 16-pixel squares of many colours, for `rawvideo` and `rgb24`.
    static func squares(width: Int, height: Int, seed: UInt64 = 1) -> Data {
        var random = SeededGenerator(seed: seed)
        let across = (width + 15) / 16
        let colours = (0..<across * ((height + 15) / 16)).map { _ in
            (0..<3).map { _ in UInt8(20 + random.index(below: 216)) }
        }
        return Data((0..<height).flatMap { y in (0..<width).flatMap { x in colours[y / 16 * across + x / 16] } })
    }

    /// Codes the same picture `count` times.
    ///
    /// - Parameter arguments: for ffmpeg, between its input and its output.
    static func encode(
        _ picture: Data, width: Int, height: Int, count: Int = 10, rate: Int = 10, _ arguments: [String],
        to path: String, in folder: TemporaryFolder
    ) throws {
        let raw = try folder.write(Data((0..<count).flatMap { _ in picture }), "raw")
        try Tool.ffmpeg(
            ["-f", "rawvideo", "-pix_fmt", "rgb24", "-s", "\(width)x\(height)", "-r", "\(rate)", "-i", raw] + arguments
                + [path])
    }

    /// The colour in the middle of every square.
    static func colours(_ pixels: PixelBuffer) -> [[Int]] {
        stride(from: 8, to: pixels.height, by: 16).flatMap { y in
            stride(from: 8, to: pixels.width, by: 16).map { x in
                (0..<3).map { Int(pixels.bytes[(y * pixels.width + x) * 3 + $0]) }
            }
        }
    }

    /// The largest difference between two lists of colours.
    static func distance(_ left: [[Int]], _ right: [[Int]]) -> Int {
        guard left.count == right.count else { return .max }
        return zip(left.joined(), right.joined()).map { abs($0 - $1) }.max() ?? 0
    }

    static func error(_ body: () throws -> Void) -> StreamError? {
        do { try body() } catch { return error as? StreamError }
        return nil
    }
}
