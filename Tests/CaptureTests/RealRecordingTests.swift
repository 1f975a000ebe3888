import Basics
import Capture
import Foundation
import Imaging
import Streams
import TestSupport
import Testing

@Suite struct RealRecordingTests {
    private static let videos: [(String, Int, Int)] = [
        ("video/candela_abandoned_bag.mp4", 352, 288), ("video/hall_monitor.mp4", 352, 240),
        ("video/street_traffic.avi", 640, 360), ("video/escalator.avi", 160, 130),
        ("video/one-by-one-person-detection.mp4", 768, 432), ("thermal/sky_ir/IR_BIRD_002.mp4", 320, 256),
    ]

    @Test(
        .enabled(if: SharedData.hasData("video/hall_monitor.mp4"), "no recordings at hand (MONITOR_DATA)"),
        arguments: videos)
    func `recordings are read from the first frame to the last`(_ name: String, _ width: Int, _ height: Int) throws {
        let reader = try FrameReader(try source("\(SharedData.data)/\(name)"))
        var previous = Duration.seconds(-1)
        var count = 0
        while count < 400, let frame = try reader.read() {
            #expect(frame.presentationTime > previous)
            #expect(frame.pixels.format == .rgb24)
            previous = frame.presentationTime
            count += 1
        }
        #expect(count > 60)
        #expect(reader.info.width == width && reader.info.height == height, "\(reader.info)")
        #expect(reader.counters.decodeErrors == 0 && reader.counters.reanchoredTimestamps == 0)
        let rate = try #require(reader.info.framesPerSecond)
        #expect(abs(Double(previous.milliseconds) / 1000 - Double(count - 1) / rate) < 0.5)
    }

    @Test(.enabled(if: SharedData.hasData("ucsd_ped2/test/01"), "no image folders at hand (MONITOR_DATA)"))
    func `a folder of camera images is read as a video`() throws {
        let folder = "\(SharedData.data)/ucsd_ped2/test/01"
        let images = try FileManager.default.contentsOfDirectory(atPath: folder).filter { $0.hasSuffix(".jpg") }.count
        let reader = try FrameReader(try source(folder))
        let frames = reader.reduce(into: 0) { count, frame in
            #expect(frame.pixels.width == 360 && frame.pixels.height == 240 && frame.pixels.format == .rgb24)
            count += 1
        }
        #expect(frames == images && images > 100)
        #expect(reader.failure == nil)
    }

    @Test(.enabled(if: SharedData.hasData("thermal/tno/ir_01.png"), "no images at hand (MONITOR_DATA)"))
    func `a single image is a video of one frame`() throws {
        let reader = try FrameReader(try source("\(SharedData.data)/thermal/tno/ir_01.png"))
        #expect(Array(reader).count == 1)
    }
}
