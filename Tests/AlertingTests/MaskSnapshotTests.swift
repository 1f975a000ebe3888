import Alerting
import Analysis
import Basics
import FoundationEssentials
import Imaging
import ModelFiles
import Networks
import ObjectAnomaly
import Tensors
import TestSupport
import Testing

@Suite struct MaskSnapshotTests {
    /// Two overlapping discs in a frame of 640 x 360.
    static let silhouette: Silhouette? = {
        let (x, y, width, height) = (270, 100, 80, 120)
        var runs: [UInt32] = [0]
        var last = false
        for index in 0..<width * height {
            let (column, row) = (Float(index % width), Float(index / width))
            func isIn(_ cx: Float, _ cy: Float, _ radius: Float) -> Bool {
                (column - cx) * (column - cx) + (row - cy) * (row - cy) < radius * radius
            }
            let inside = isIn(40, 25, 22) || isIn(40, 78, 38)
            if inside != last { runs.append(0) }
            last = inside
            runs[runs.count - 1] += 1
        }
        return Silhouette(x: x, y: y, width: width, height: height, runs: runs)
    }()

    static func masked(_ surprise: Float) -> ScoredObject {
        ScoredObject(
            box: Box(x1: 270, y1: 100, x2: 350, y2: 220), objectness: -0.2, anomaly: 0.9, surprise: surprise,
            silhouette: silhouette)
    }

    @Test func `The log keeps silhouettes, and says nothing about them where there are none`() throws {
        let given = Script.verdict(1, at: .zero, objects: [Self.masked(4), object(100, 100, 3)])
        let line = try VerdictLog.encode(given)
        let read = try VerdictLog.decode(line, at: "here")
        #expect(read.objects == given.objects)
        #expect(read.objects.map { $0.silhouette == nil } == [false, true])
        let plain = try VerdictLog.encode(Script.verdict(1, at: .zero, objects: [object(100, 100, 3)]))
        #expect(!plain.contains("masks"))
        for damage in [
            (#""masks":[{"#, #""masks":[null,{"#), (#""width":80"#, #""width":81"#), (#""x":270"#, #""x":570"#),
            (#""y":100"#, #""y":-1"#),
        ] {
            #expect(line.contains(damage.0))
            let damaged = line.replacing(damage.0, with: damage.1)
            #expect(throws: StoreError.self) { try VerdictLog.decode(damaged, at: "here") }
        }
    }

    @Test func `The covered area is stored with the event`() throws {
        let folder = TemporaryFolder()
        let path = folder.file("events.sqlite")
        let writer = try EventWriter(path: path)
        var script = Script()
        script.frames(4, objects: [Self.masked(4.2)])
        for action in script.actions { writer.submit(action) }
        try writer.finish()
        let area = try #require(Self.silhouette?.area)
        let event = try #require(try EventReader(path: path).event(script.opened[0].id.description))
        #expect(event.objectPeak?.maskedPixels == area)
        #expect(event.peak.object?.maskedPixels == area)
        #expect(event.track.allSatisfy { $0.object?.maskedPixels == area })
        #expect(event == script.updated.last)
    }

    @Test func `Where a mask is known it is drawn instead of the box, at the picture's own size`() throws {
        let pixels = PixelBuffer(width: 1280, height: 720, format: .rgb24)
        pixels.mutableBytes.initializeMemory(as: UInt8.self, repeating: 90)
        // A second object far away opens the event, so that only the first one's drawing is here.
        var script = Script()
        script.frames(3, objects: [object(550, 60, 4.2)])
        let event = try #require(script.opened.first)
        let verdict = Script.verdict(3, at: .seconds(1), objects: [object(550, 60, 4.2), Self.masked(4)])
        let picture = SnapshotRenderer(rules: Script.rules).annotate(pixels, verdict, event)
        func red(_ x: Int, _ y: Int) -> UInt8 { picture.bytes[3 * (y * 1280 + x)] }
        #expect(red(2 * 310, 2 * 178) > 130)
        // A corner of the box, and its upper edge beside the disc.
        #expect(red(2 * 275, 2 * 215) == 90 && red(2 * 275, 2 * 100 + 1) == 90)
        // The rim is in full colour.
        #expect(red(2 * 310, 2 * 215 + 1) > 200)
    }

    @Test(.enabled(if: SharedData.hasGolden("oln_ssos"), "the reference vectors of oln_ssos are not here"))
    func `What a detector with masks finds reaches the event's picture`() throws {
        let weights = try SharedData.golden("oln_ssos", "weights_mask.safetensors")
        let picture = try PNGReader.read("\(SharedData.golden)/oln_ssos/img0_320x240.png")
        let fit = InputFit(
            originalWidth: picture.width, originalHeight: picture.height, longSide: 400, shortSide: 256)
        let resized = PixelBuffer(width: fit.width, height: fit.height, format: .rgb24)
        picture.resizeBilinear(into: resized)
        let input = Tensor([fit.paddedHeight, fit.paddedWidth, 3])
        InputNormalisation.imageNet.write(
            resized, paddedWidth: fit.paddedWidth, paddedHeight: fit.paddedHeight, to: input.pointer)
        let context = ComputeContext(pool: ComputePool(width: 2))
        let pyramid = try FeaturePyramid(weights)(try ResNet(weights)(input, context: context), context: context)
        let found = try ObjectDetector(weights, configuration: .publishedMasks)(
            pyramid, fit: fit, normality: try NormalityModel(weights), context: context)
        // Normal objects of this camera would all have been far more normal.
        let calibration = try ObjectCalibration(heldOut: (0..<100).map { -100 - Float($0) })
        let objects = found.detections.map { ScoredObject($0, calibration: calibration) }
            .filter { ($0.silhouette?.area ?? 0) > 500 && $0.box.area < 9000 }
        let best = try #require(objects.max { $0.objectness < $1.objectness })
        #expect(best.surprise > 4)

        var recorder = Script(seed: 3)
        recorder.frames(3, objects: [best])
        let event = try #require(recorder.opened.first)
        #expect(event.objectPeak?.maskedPixels == best.silhouette?.area)
        var verdict = Script.verdict(3, at: .seconds(1), objects: [best])
        verdict = Verdict(
            camera: verdict.camera, sequence: verdict.sequence, presentationTime: verdict.presentationTime,
            arrival: verdict.arrival, wallTimeMs: verdict.wallTimeMs, width: picture.width, height: picture.height,
            light: .steady(.day), objects: [best], regions: [], map: verdict.map, timings: verdict.timings)
        let frame = Frame(
            camera: "yard", sequence: 3, presentationTime: .seconds(1), arrival: verdict.arrival,
            wallTimeMs: verdict.wallTimeMs, pixels: picture)
        #expect(try SnapshotRenderer(rules: Script.rules).render(frame, verdict, event).count == 2)
        let drawn = SnapshotRenderer(rules: Script.rules).annotate(picture, verdict, event)
        var (redder, covered) = (0, 0)
        best.silhouette?.forEachPiece { row, columns in
            guard row < picture.height - 30 else { return }
            for column in columns {
                let place = 3 * (row * picture.width + column)
                covered += 1
                if Int(drawn.bytes[place]) - Int(drawn.bytes[place + 2])
                    > Int(picture.bytes[place]) - Int(picture.bytes[place + 2])
                {
                    redder += 1
                }
            }
        }
        // The label may hide some.
        #expect(covered > 300 && Double(redder) > 0.8 * Double(covered), "\(redder) of \(covered)")
    }
}
