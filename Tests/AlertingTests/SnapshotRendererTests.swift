import Alerting
import Analysis
import Basics
import Imaging
import Testing

@Suite struct SnapshotRendererTests {
    @Test func bothPicturesHaveTheFramesSizeAndDiffer() throws {
        let (frame, verdict, event) = try Self.scene(width: 640, height: 360)
        let snapshots = try SnapshotRenderer(rules: Script.rules).render(frame, verdict, event)
        #expect(snapshots.map(\.kind) == [.annotated, .clean])
        #expect(snapshots.allSatisfy { $0.timeMs == frame.wallTimeMs && $0.sequence == frame.sequence })
        let pictures = try snapshots.map { try JPEG.decode($0.jpeg) }
        #expect(pictures.allSatisfy { $0.width == 640 && $0.height == 360 })
        // The clean picture is the gray field it was made from.
        #expect(pictures[1].bytes.allSatisfy { abs(Int($0) - 90) < 4 })
        #expect(pictures[0].bytes.contains { abs(Int($0) - 90) > 60 })
    }

    @Test func theEventsBoxIsDrawnWhereItIs() throws {
        let (frame, verdict, event) = try Self.scene(width: 1280, height: 720)
        let picture = SnapshotRenderer(rules: Script.rules).annotate(frame.pixels, verdict, event)
        // The verdict's frame is 640 x 360, so edges lie at twice its numbers.
        let edge = 3 * (Int(event.box.y1 * 2) * 1280 + Int(event.box.centre.x * 2)) + 3 * 1280
        #expect(picture.bytes[edge] > 200 && picture.bytes[edge + 2] < 100)
        let inside = 3 * (Int(event.box.centre.y * 2) * 1280 + Int(event.box.centre.x * 2))
        #expect(picture.bytes[inside] == 90)
    }

    @Test(arguments: [(16, 16), (64, 48), (160, 120), (352, 288), (1920, 1080)])
    func anySizeCanBeDrawn(width: Int, height: Int) throws {
        let (frame, verdict, event) = try Self.scene(width: width, height: height)
        let snapshots = try SnapshotRenderer(rules: Script.rules).render(frame, verdict, event)
        #expect(try JPEG.decode(snapshots[0].jpeg).width == width)
    }

    @Test func thermalFramesAreShownAsTheyAre() throws {
        let (_, verdict, event) = try Self.scene(width: 160, height: 120)
        let pixels = PixelBuffer(width: 160, height: 120, format: .gray16)
        let samples = pixels.mutableBytes.bindMemory(to: UInt16.self)
        for index in samples.indices { samples[index] = UInt16(29_000 + index % 160) }
        let picture = SnapshotRenderer(rules: Script.rules).annotate(pixels, verdict, event)
        #expect(picture.format == .rgb24)
        #expect(picture.bytes[0] < 10 && picture.bytes[3 * 159] > 245)
    }

    private static func scene(width: Int, height: Int) throws -> (Frame, Verdict, Event) {
        let pixels = PixelBuffer(width: width, height: height, format: .rgb24)
        pixels.mutableBytes.initializeMemory(as: UInt8.self, repeating: 90)
        var script = Script()
        script.frames(3, objects: [object(300, 150, 4.2)])
        let event = try #require(script.opened.first)
        let verdict = Script.verdict(3, at: .seconds(1), objects: [object(300, 150, 4.2)])
        let frame = Frame(
            camera: "yard", sequence: 3, presentationTime: .seconds(1), arrival: verdict.arrival,
            wallTimeMs: verdict.wallTimeMs, pixels: pixels)
        return (frame, verdict, event)
    }
}
