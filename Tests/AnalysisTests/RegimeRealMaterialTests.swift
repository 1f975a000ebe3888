import Analysis
import Basics
import Capture
import Foundation
import Imaging
import Streams
import TestSupport
import Testing

/// Real recordings never switch their light, however little colour they have and whatever crosses them.
@Suite struct RegimeRealMaterialTests {
    private static let recordings: [(String, Regime)] = [
        ("video/bottle-detection.mp4", .day), ("video/candela_abandoned_bag.mp4", .day),
        ("video/car-detection.mp4", .day), ("video/hall_monitor.mp4", .day), ("video/highway1.mp4", .day),
        ("video/one-by-one-person-detection.mp4", .day), ("video/street_traffic.avi", .day),
        ("video/escalator.avi", .infraredNight), ("thermal/sky_ir/IR_AIRPLANE_003.mp4", .infraredNight),
        ("thermal/sky_ir/IR_BIRD_002.mp4", .infraredNight), ("thermal/sky_ir/IR_BIRD_073.mp4", .infraredNight),
        ("ucsd_ped2/test/01", .infraredNight), ("ucsd_ped2/test/04", .infraredNight),
        ("ucsd_ped2/train/07", .infraredNight),
    ]

    @Test(
        .enabled(if: SharedData.hasData("video/hall_monitor.mp4"), "no recordings at hand (MONITOR_DATA)"),
        arguments: recordings)
    func `recordings stay steady at any frame rate`(_ name: String, _ regime: Regime) throws {
        let path = "\(SharedData.data)/\(name)"
        let reader = try FrameReader(SourceDescription(url: CameraURL(path), pace: .maximum))
        // In one of them a white car makes the exposure halve within a second; at one frame per second that is a jump.
        let steps = name.contains("car-detection") ? [1, 3] : [1, 3, 12]
        var recognisers = steps.map { _ in RegimeRecogniser() }
        var index = 0
        while let frame = try reader.read() {
            for which in steps.indices where index % steps[which] == 0 {
                let light = recognisers[which].observe(frame.pixels, at: frame.presentationTime)
                #expect(light == .steady(regime), "frame \(index), every \(steps[which])")
            }
            index += 1
        }
        #expect(index > 50)
    }

    @Test(
        .enabled(if: SharedData.hasData("boxes/hit_uav_thermal"), "no images at hand (MONITOR_DATA)"),
        arguments: ["boxes/hit_uav_thermal", "boxes/fod_a", "boxes/coco100"])
    func `a still picture stays what it is, whatever the noise`(_ folder: String) throws {
        let files = try FileManager.default.subpathsOfDirectory(atPath: "\(SharedData.data)/\(folder)")
            .filter { $0.hasSuffix(".jpg") }.sorted()
        #expect(files.count >= 20)
        var random = SeededGenerator(seed: 5)
        for file in files.prefix(25) {
            let picture = try JPEG.decode(Data(contentsOf: URL(filePath: "\(SharedData.data)/\(folder)/\(file)")))
            var recogniser = RegimeRecogniser()
            let lights = (0..<12).map { frame in
                recogniser.observe(noisy(picture, &random), at: .milliseconds(100 * frame))
            }
            #expect(!lights[0].isSwitching && Set(lights).count == 1, "\(file)")
        }
    }

    private func noisy(_ picture: PixelBuffer, _ random: inout SeededGenerator) -> PixelBuffer {
        let copy = PixelBuffer(width: picture.width, height: picture.height, format: picture.format)
        var bits = random.next()
        for index in picture.bytes.indices {
            bits = bits &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            copy.mutableBytes[index] = UInt8(min(max(Int(picture.bytes[index]) + Int(bits >> 61) - 3, 0), 255))
        }
        return copy
    }
}
