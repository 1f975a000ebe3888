import Analysis
import Capture
import Foundation
import Imaging
import Streams
import TestSupport
import Testing

/// Real recordings are in order as they are, and out of order when something is done to them.
@Suite(.enabled(if: SharedData.hasData("video/hall_monitor.mp4"), "no recordings at hand (MONITOR_DATA)"))
struct PictureRealMaterialTests {
    private static func names(in folder: String, _ suffix: String = "") -> [String] {
        let files = (try? FileManager.default.contentsOfDirectory(atPath: "\(SharedData.data)/\(folder)")) ?? []
        return files.filter { $0.hasSuffix(suffix) && !$0.hasPrefix("LICENSE") }.sorted().map { "\(folder)/\($0)" }
    }

    private static let videos = names(in: "video")
    private static let all =
        videos + names(in: "thermal/sky_ir", ".mp4") + names(in: "ucsd_ped2/train") + names(in: "ucsd_ped2/test")

    /// The recording forth and back, so that it lasts and never jumps.
    private func play(
        _ name: String, seconds: Double, framesPerSecond limit: Double = .infinity,
        _ show: (_ picture: PixelBuffer, _ index: Int, _ step: Double) -> Void
    ) throws {
        let reader = try FrameReader(
            SourceDescription(url: CameraURL("\(SharedData.data)/\(name)"), pace: .maximum))
        var pictures: [PixelBuffer] = []
        var last = Duration.zero
        while let frame = try reader.read(), pictures.count < 400 {
            pictures.append(frame.pixels)
            last = frame.presentationTime
        }
        try #require(pictures.count > 20)
        let period = (last / (pictures.count - 1)) / .seconds(1)
        let stride = max(1, Int(1 / limit / period))
        var (index, direction, second) = (0, stride, 0.0)
        while second < seconds {
            show(pictures[index], index, period * Double(stride))
            second += period * Double(stride)
            if !pictures.indices.contains(index + direction) { direction = -direction }
            index = min(max(index + direction, 0), pictures.count - 1)
        }
    }

    @Test(arguments: all) func `recordings are in order as they are`(_ name: String) throws {
        var sequence = PictureSequence()
        try play(name, seconds: 120) { picture, _, step in sequence.show(picture, seconds: step) }
        #expect(sequence.notes == [], "\(name)")
    }

    /// What is expected of each; a cover is `obstructed` or, where it is plain, `sprayed`: that much is left open.
    private static let findings: [Tampering: Set<PictureCondition>] = [
        .bag: [.obstructed, .sprayed], .hand: [.obstructed, .sprayed], .paint: [.sprayed], .blur: [.defocused],
        .mist: [.defocused, .obstructed], .black: [.dark], .turned: [.sceneChanged], .freeze: [.frozen], .third: [],
        .halfExposure: [], .doubleExposure: [], .haze: [],
    ]

    /// What is not found: slight blur where the picture is usually full of blurred cars; and what hides a car park's
    /// entrance but for a strip, or shows it from further on.
    private static let misses: [String: Set<Tampering>] = [
        "video/highway1.mp4": [.blur], "video/car-detection.mp4": [.bag, .turned],
    ]

    @Test(arguments: videos + ["thermal/sky_ir/IR_BIRD_002.mp4", "ucsd_ped2/test/01", "ucsd_ped2/train/07"])
    func `what is done to a camera is found, and what only looks like it is not`(_ name: String) throws {
        for tampering in Tampering.allCases {
            var sequence = PictureSequence()
            var (held, cache, number) = (PixelBuffer?.none, [Int: PixelBuffer](), 0)
            let begin = 75.0
            try play(name, seconds: 125, framesPerSecond: 2) { picture, index, step in
                number += 1
                guard (begin..<begin + 35).contains(sequence.second) else {
                    return sequence.show(picture, seconds: step)
                }
                if tampering == .freeze {
                    held = held ?? picture
                } else if tampering == .blur || tampering == .mist {
                    held = cache[index] ?? tampering.apply(picture, number: number)
                    cache[index] = held
                } else {
                    held = tampering.apply(picture, number: number)
                }
                sequence.show(held ?? picture, seconds: step)
            }
            let expected = Self.findings[tampering] ?? []
            let delay = sequence.notes.first.map { ($0.second - begin).rounded() }
            guard !expected.isEmpty, Self.misses[name]?.contains(tampering) != true else {
                #expect(sequence.notes == [], "\(name) \(tampering)")
                continue
            }
            #expect(sequence.begun.count == 1 && expected.isSuperset(of: sequence.begun), "\(name) \(tampering)")
            #expect((delay ?? 99) <= 25, "\(name) \(tampering)")
            #expect(sequence.notes.last?.step == .restored, "\(name) \(tampering) ends")
            #expect((sequence.notes.last?.second ?? 999) <= begin + 35 + 12, "\(name) \(tampering) ends")
        }
    }
}
