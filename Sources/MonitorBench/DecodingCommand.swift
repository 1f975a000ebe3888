import ArgumentParser
import Basics
import Capture
import FoundationEssentials
import Glibc
import Imaging
import Scenes
import Service
import Streams

struct DecodingCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "decoding",
        abstract: "Compare decoding in the monitor's own process with decoding in a confined process per camera.",
        discussion: """
            Both ways read the same rendered H.264 clips, in turns; processor time is that of both processes. Private \
            memory of the decoder process needs root to be seen.
            """)

    @Option(help: "Readings of each clip each way.") var rounds = 3
    @Option(help: "Frames per clip.") var frames = 1000

    /// What reading took.
    private struct Reading {
        var opening = Series()
        var processor = Series()
        var wall = Series()
        var privateBytes = 0
    }

    func run() throws {
        let folder = try TemporaryFolder()
        var table = TextTable(
            "Decoding \(frames) frames of H.264 to RGB, medians of \(rounds)",
            ["", "first frame ms", "CPU ms/frame", "frames/s", "decoder's private memory"])
        for (width, height) in [(352, 288), (640, 360), (1920, 1080)] {
            let path = "\(folder.path)/\(width).mp4"
            try SceneVideo.write(
                SceneDescription(
                    width: width, height: height, framesPerSecond: 25, seconds: Double(frames) / 25, seed: 3), to: path)
            let places: [(String, DecodingPlace)] = [("here", .here), ("process", DecoderProgram.place)]
            var readings = places.map { _ in Reading() }
            for _ in 0..<rounds {
                for (index, place) in places.enumerated() { try read(path, place.1, &readings[index]) }
            }
            for (place, reading) in zip(places, readings) {
                table.add(
                    "\(width)x\(height) \(place.0)", number(reading.opening.median),
                    number(reading.processor.median / Double(frames), 2),
                    number(1000 * Double(frames) / reading.wall.median, 0),
                    reading.privateBytes > 0 ? mebibytes(reading.privateBytes) : "-")
            }
        }
        print(table.text)
    }

    private func read(_ path: String, _ place: DecodingPlace, _ reading: inout Reading) throws {
        let clocks = SystemClocks()
        let before = Self.processorTime()
        let start = clocks.monotonic()
        do {
            let reader = try FrameReader(
                SourceDescription(url: CameraURL(path), pace: .maximum), camera: "bench", clocks: clocks,
                decoding: place)
            _ = try reader.read()
            reading.opening.add(clocks.monotonic() - start)
            let second = clocks.monotonic()
            while try reader.read() != nil {}
            reading.wall.add(clocks.monotonic() - second)
            if place != .here { reading.privateBytes = max(reading.privateBytes, Self.privateBytesOfDecoder()) }
        }
        reading.processor.add(Self.processorTime() - before)
    }

    /// Of this process and of the children that it has waited for.
    private static func processorTime() -> Duration {
        [RUSAGE_SELF, RUSAGE_CHILDREN].reduce(.zero) { sum, who in
            var usage = rusage()
            getrusage(numericCast(who.rawValue), &usage)
            return [usage.ru_utime, usage.ru_stime].reduce(sum) {
                $0 + .seconds($1.tv_sec) + .microseconds($1.tv_usec)
            }
        }
    }

    /// Private pages of the decoder process that runs now; 0 when they cannot be seen.
    private static func privateBytesOfDecoder() -> Int {
        let processes = (try? FileManager.default.contentsOfDirectory(atPath: "/proc"))?.compactMap { Int32($0) } ?? []
        for process in processes {
            guard let line = try? String(contentsOfFile: "/proc/\(process)/cmdline", encoding: .utf8),
                line == "monitor-decoder\0bench\0",
                let rollup = try? String(contentsOfFile: "/proc/\(process)/smaps_rollup", encoding: .utf8)
            else { continue }
            return rollup.split(separator: "\n").filter { $0.hasPrefix("Private_") }
                .compactMap { $0.split(separator: " ").dropFirst().first.flatMap { Int($0) } }.reduce(0, +) * 1024
        }
        return 0
    }
}
