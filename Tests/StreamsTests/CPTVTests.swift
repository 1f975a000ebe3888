import Basics
import Capture
import Forgeries
import Foundation
import Imaging
import Streams
import TestSupport
import Testing

@Suite struct CPTVTests {
    private func reader(_ bytes: [UInt8], _ folder: TemporaryFolder, _ name: String = "a.cptv") throws -> FrameReader {
        try FrameReader(SourceDescription(url: CameraURL(try folder.write(Data(bytes), name))))
    }

    private func code(_ bytes: [UInt8], _ folder: TemporaryFolder) -> StreamError.Code? {
        do {
            let reader = try reader(bytes, folder)
            while try reader.read() != nil {}
            return nil
        } catch { return (error as? StreamError)?.code }
    }

    @Test(arguments: [(1, 1), (2, 1), (2, 0)] as [(UInt8, UInt8)], [(1, 1), (5, 4), (160, 120), (7, 3)])
    func `all values come back bit for bit with their times`(
        _ kind: (version: UInt8, compression: UInt8), _ size: (width: Int, height: Int)
    ) throws {
        var random = SeededGenerator(seed: UInt64(size.width))
        var forgery = CPTVForgery()
        (forgery.version, forgery.compression) = kind
        (forgery.width, forgery.height) = size
        let unit = kind.version == 1 ? 1000 : 1
        for index in 0..<6 {
            let values = (0..<size.width * size.height).map { place in
                index == 0
                    ? UInt16(truncatingIfNeeded: place * 17)
                    : index == 1 ? [0, 65535][place & 1] : UInt16(truncatingIfNeeded: random.next())
            }
            forgery.pictures.append((UInt32(5000 + 114 * index) * UInt32(unit), values))
        }
        let folder = TemporaryFolder()
        let reader = try reader(forgery.file, folder)
        var times: [Duration] = []
        for picture in forgery.pictures {
            let frame = try #require(try reader.read())
            #expect(frame.pixels.samples16.elementsEqual(picture.values))
            times.append(frame.presentationTime)
        }
        #expect(try reader.read() == nil)
        #expect(times == (0..<6).map { .milliseconds(114 * $0) })
        #expect(reader.info.codec == "cptv" && reader.info.framesPerSecond == 9 && reader.info.width == size.width)
    }

    @Test func `a picture of the background is a base for the next and no picture itself`() throws {
        var forgery = CPTVForgery()
        forgery.pictures = [(nil, .init(repeating: 3000, count: 20)), (10, .init(repeating: 3001, count: 20))]
        let folder = TemporaryFolder()
        let frames = Array(try reader(forgery.file, folder, "no ending"))
        #expect(frames.count == 1 && frames[0].pixels.samples16.allSatisfy { $0 == 3001 })
    }

    @Test func `sizes that no thermal camera has, other versions and other compressions are refused`() throws {
        let folder = TemporaryFolder()
        var forgery = CPTVForgery()
        forgery.pictures = [(1, .init(repeating: 1, count: 20))]
        for version in [0, 3, 255] as [UInt8] {
            forgery.version = version
            #expect(code(forgery.file, folder) == .unsupportedCodec)
        }
        forgery.version = 2
        forgery.compression = 2
        #expect(code(forgery.file, folder) == .unsupportedCodec)
        forgery.compression = 1
        forgery.pictures = []
        for (width, height) in [(0, 4), (4, 0), (1 << 20, 1 << 20), (4_000_000_000, 1), (65535, 65535)] {
            (forgery.width, forgery.height) = (width, height)
            #expect(code(Self.header(width, height), folder) == .damaged, "\(width)x\(height)")
        }
        #expect(code([0x1F, 0x8B], folder) == .notVideo && code(Array("CPTV".utf8), folder) == .notVideo)
    }

    /// The start of a recording that announces a size.
    private static func header(_ width: Int, _ height: Int) -> [UInt8] {
        func field(_ code: Character, _ value: Int) -> [UInt8] {
            [4, code.asciiValue ?? 0] + (0..<4).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
        }
        return CPTVForgery.gzip(Array("CPTV".utf8) + [2, 0x48, 2] + field("X", width) + field("Y", height))
    }

    @Test func `every truncation ends with an error and never with wrong values`() throws {
        let folder = TemporaryFolder()
        var forgery = CPTVForgery()
        var random = SeededGenerator(seed: 3)
        for index in 0..<4 {
            forgery.pictures.append((UInt32(index), (0..<20).map { _ in UInt16(3000 + random.index(below: 500)) }))
        }
        let whole = forgery.file
        for count in 0..<whole.count {
            do {
                let reader = try reader(Array(whole.prefix(count)), folder)
                var index = 0
                while let frame = try reader.read() {
                    #expect(frame.pixels.samples16.elementsEqual(forgery.pictures[index].values))
                    index += 1
                }
                Issue.record("\(count) of \(whole.count) bytes ended cleanly")
            } catch {
                #expect([.notVideo, .damaged].contains((error as? StreamError)?.code), "\(count): \(error)")
            }
        }
    }

    @Test(arguments: 0..<40)
    func `flipped bits are found, by gzip's sum at the latest`(_ seed: Int) throws {
        let folder = TemporaryFolder()
        var forgery = CPTVForgery()
        forgery.pictures = (0..<4).map { (UInt32($0), .init(repeating: UInt16(3000 + $0), count: 20)) }
        var bytes = forgery.file
        var random = SeededGenerator(seed: UInt64(seed))
        // The ten bytes of gzip's own header hold nothing that matters.
        let place = 10 + random.index(below: bytes.count - 10)
        bytes[place] ^= 1 << UInt8(random.index(below: 8))
        #expect([.notVideo, .damaged, .unsupportedCodec].contains(try #require(code(bytes, folder))))
    }

    @Test func `a recording that unpacks to gigabytes needs no memory for it`() async {
        await #expect(processExitsWith: .success) {
            // One stored block of zeros, as often as gzip members may follow each other.
            let folder = TemporaryFolder()
            var forgery = CPTVForgery()
            (forgery.width, forgery.height) = (2000, 2000)
            let content = forgery.content
            try folder.write(Data(content + [UInt8](repeating: 0, count: 1 << 20)), "bomb")
            let packed = folder.file("bomb.cptv")
            let pack = "(cat bomb; head -c 200000000 /dev/zero) | gzip -1 > '\(packed)'"
            precondition(system("cd '\(folder.path)' && \(pack)") == 0)
            let clocks = SystemClocks()
            let start = clocks.monotonic()
            let reader = try FrameReader(SourceDescription(url: CameraURL(packed)))
            precondition((try? reader.read()) == nil)
            precondition(clocks.monotonic() - start < .seconds(2))
            precondition(TestMemory.peak < 200 << 20, "\(TestMemory.peak >> 20) MiB")
        }
    }

    @Test(
        .enabled(if: SharedData.hasData("thermal/cptv"), "no recordings"),
        arguments: [
            ("20181123-022114", 114), ("20240507-074536", 46), ("bird_1", 99), ("cat", 133), ("noise_02", 99),
            ("oneframe", 4), ("rat", 99), ("rat02", 107), ("v1", 100), ("v2-latlon", 102),
            ("people_20210326-091927", 75),
        ])
    func `real recordings are read to the end, with sensible values and nine pictures a second`(
        _ name: String, _ count: Int
    ) throws {
        let path = "\(SharedData.data)/thermal/cptv/\(name).cptv"
        let reader = try FrameReader(SourceDescription(url: CameraURL(path)))
        var steps: [Duration] = []
        var last: Duration?
        var pictures = 0
        while let frame = try reader.read() {
            pictures += 1
            #expect(frame.pixels.width == 160 && frame.pixels.height == 120)
            // A wrong order of pixels or bits would show as edges everywhere.
            let samples = frame.pixels.samples16
            let rough = (1..<samples.count).reduce(0) { $0 + abs(Int(samples[$1]) - Int(samples[$1 - 1])) }
            #expect(rough < 60 * samples.count, "\(rough / samples.count) at \(pictures)")
            #expect(samples.allSatisfy { $0 > 1500 && $0 < 40000 })
            if let last { steps.append(frame.presentationTime - last) }
            last = frame.presentationTime
        }
        #expect(pictures == count)
        let median = steps.sorted()[steps.count / 2]
        #expect(median > .milliseconds(100) && median < .milliseconds(130), "\(median)")
        #expect(reader.counters.missingTimestamps == 0)
    }

    @Test(.enabled(if: SharedData.hasData("thermal/cptv"), "no recordings"))
    func `a file that only is named like a recording is refused`() throws {
        let path = "\(SharedData.data)/thermal/cptv/invalid.cptv"
        #expect(throws: StreamError.self) { try FrameReader(SourceDescription(url: CameraURL(path))) }
    }
}
