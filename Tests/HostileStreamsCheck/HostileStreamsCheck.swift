import Basics
import Forgeries
import Foundation
import Imaging
import Streams
import TestSupport

/// Reads thousands of damaged streams as the monitor would, and fails when one crashes it, takes long or leaves memory
/// behind. `make test` runs it under the address sanitizer too.
@main struct HostileStreamsCheck {
    static let count = 2000
    /// Seconds for one stream; a hang ends the program.
    static let limit: UInt32 = 30
    /// Streams after which caches of libav and the allocator are full.
    static let warmUp = 500
    static let growthLimit = 16 << 20
    /// The largest picture that is accepted takes this much in all its forms.
    static let peakLimit = 900 << 20

    static func main() throws {
        let arguments = CommandLine.arguments
        // What a sanitizer needs for its shadow, red zones and quarantine, in MiB.
        let slack = arguments.count == 3 && arguments[1] == "--slack" ? (Int(arguments[2]) ?? 0) << 20 : 0
        let folder = TemporaryFolder()
        let bases = try makeBases(folder)
        var random = SeededGenerator(seed: 2026)
        var outcomes: [String: Int] = [:]
        var (pictures, damaged, before) = (0, 0, 0)
        var slowest = (time: Duration.zero, name: "")
        for index in 0..<count {
            let base = bases[index % bases.count]
            let name = "\(index)-\(base.name)"
            let path = try folder.write(Data(damage(base.bytes, index / bases.count, &random)), name)
            alarm(limit)
            let start = SystemClocks().monotonic()
            let outcome = read(path)
            let time = SystemClocks().monotonic() - start
            alarm(0)
            if time > slowest.time { slowest = (time, name) }
            pictures += outcome.pictures
            damaged += outcome.damaged
            outcomes[outcome.end, default: 0] += 1
            try FileManager.default.removeItem(atPath: path)
            if index == warmUp { before = TestMemory.now }
        }
        let growth = TestMemory.now - before
        let ends = outcomes.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }.joined(separator: ", ")
        print(
            "\(count) damaged streams: \(pictures) pictures, \(damaged) damaged ones; \(ends); slowest "
                + "\(slowest.time.milliseconds) ms (\(slowest.name)); grew by \(growth >> 10) KiB, at most "
                + "\(TestMemory.peak >> 20) MiB")
        fflush(nil)
        guard growth <= growthLimit + slack, TestMemory.peak <= peakLimit + slack, pictures > count else { exit(1) }
    }

    // MARK: Streams

    private static func makeBases(_ folder: TemporaryFolder) throws -> [(name: String, bytes: [UInt8])] {
        let h264 = ["-c:v", "libx264", "-preset", "ultrafast", "-g", "6", "-bf", "1"]
        let h265 = ["-c:v", "libx265", "-preset", "ultrafast", "-x265-params", "log-level=none:keyint=6:pools=none"]
        let coders: [(String, [String])] = [
            ("a.264", h264), ("b.265", h265), ("c.ts", h264), ("d.ts", h265), ("e.mjpeg", ["-c:v", "mjpeg"]),
            ("f.avi", ["-c:v", "mjpeg"]), ("g.mp4", h264), ("h.mkv", h265),
        ]
        var bases: [(String, [UInt8])] = try coders.map { name, arguments in
            let path = folder.file(name)
            try Tool.ffmpeg(
                ["-f", "lavfi", "-i", "testsrc2=size=64x48:rate=10", "-frames:v", "12", "-pix_fmt", "yuv420p"]
                    + arguments + [path])
            return (name, [UInt8](try Data(contentsOf: URL(filePath: path))))
        }
        var forgery = CPTVForgery()
        (forgery.width, forgery.height) = (64, 48)
        var random = SeededGenerator(seed: 1)
        forgery.pictures = (0..<12).map { index in
            (UInt32(index * 111), (0..<64 * 48).map { _ in UInt16(3000 + random.index(below: 60)) })
        }
        bases.append(("i.cptv", forgery.file))
        // Damage within is found by gzip's sum at the end only.
        bases.append(("j.cptv", forgery.content))
        return bases
    }

    /// Flipped bits, few or many, a missing end, a missing middle, or all of it.
    private static func damage(_ whole: [UInt8], _ turn: Int, _ random: inout SeededGenerator) -> [UInt8] {
        var bytes = whole
        if turn % 4 != 1 {
            for _ in 0..<1 << random.index(below: 9) {
                bytes[random.index(below: bytes.count)] ^= 1 << UInt8(random.index(below: 8))
            }
        }
        if turn % 4 == 2 {
            let start = random.index(below: bytes.count)
            bytes.removeSubrange(start..<min(bytes.count, start + random.index(below: 2000)))
        }
        if turn % 2 == 1 { bytes.removeLast(random.index(below: bytes.count)) }
        // A recording is packed once it is damaged.
        return whole.starts(with: "CPTV".utf8) ? CPTVForgery.gzip(bytes) : bytes
    }

    // MARK: Reading

    private static func read(_ path: String) -> (pictures: Int, damaged: Int, end: String) {
        var (pictures, damaged) = (0, 0)
        do throws(StreamError) {
            let source = SourceDescription(url: try CameraURL(path), pace: .maximum)
            let reader = try source.open(
                interrupt: Interrupt(clocks: SystemClocks()), memory: PixelBufferPool(capacity: 2))
            while let picture = try reader.next() {
                if let pixels = picture.pixels {
                    pictures += 1
                    // Every byte must have been written.
                    precondition(pixels.bytes.reduce(0) { $0 &+ Int($1) } >= 0)
                } else {
                    damaged += 1
                }
            }
            return (pictures, damaged, "ended")
        } catch {
            return (pictures, damaged, error.code.rawValue)
        }
    }
}
