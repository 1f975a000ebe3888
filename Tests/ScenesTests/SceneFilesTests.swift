import FoundationEssentials
import Imaging
import Scenes
import Testing

@Suite struct SceneFilesTests {
    private let folder: String

    init() throws {
        folder = FileManager.default.temporaryDirectory.path + "/scenes-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    }

    @Test func `an annotation survives its file and knows when each anomaly is seen`() throws {
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let scene = SceneDescription(
            width: 160, height: 96, framesPerSecond: 5, seconds: 6, seed: 3,
            anomalies: [ScriptedAnomaly(.surfaceChange, .hatch, second: 2, untilSecond: 4)])
        let written = try SceneVideo.write(scene, to: folder + "/a.mp4", truthPath: folder + "/a.json")
        let read = try GroundTruthFile(path: folder + "/a.json")
        #expect(read.frames == written.frames)
        #expect(read.anomalies == written.anomalies)
        #expect(read.scene == scene)
        let interval = try #require(read.anomalies.first)
        #expect(interval.kind == .hatch && interval.firstFrame == 10 && interval.lastFrame == 19)
        #expect(read.frames.count == 30)
    }

    @Test func `the data set lists boxes inside its images`() throws {
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try SceneDataset.export(folder: folder + "/set", count: 12, seed: 4)
        let data = try Data(contentsOf: URL(filePath: folder + "/set/annotations.json"))
        let entries = try JSONDecoder().decode([SceneDataset.Entry].self, from: data)
        #expect(entries.count == 12)
        #expect(entries.contains { !$0.boxes.isEmpty })
        for entry in entries {
            #expect(FileManager.default.fileExists(atPath: "\(folder)/set/\(entry.file)"))
            for box in entry.boxes {
                #expect(box.x1 >= 0 && box.y1 >= 0 && box.x2 <= Float(entry.width) && box.y2 <= Float(entry.height))
                #expect(box.x2 - box.x1 >= 8 && box.y2 - box.y1 >= 8)
            }
        }
    }

    @Test func `errors say what cannot be written`() {
        defer { try? FileManager.default.removeItem(atPath: folder) }
        func code(_ body: () throws -> Void) -> ScenesError.Code? {
            do { try body() } catch { return (error as? ScenesError)?.code }
            return nil
        }
        func encoder(_ path: String, _ codec: VideoEncoder.Codec, _ format: PixelFormat) throws -> VideoEncoder {
            try VideoEncoder(path: path, width: 64, height: 48, format: format, framesPerSecond: 5, codec: codec)
        }
        #expect(code { _ = try encoder("/nowhere/x.mp4", .h264, .rgb24) } == .cannotWrite)
        #expect(code { _ = try encoder(folder + "/x.unknown", .h264, .rgb24) } == .unsupportedCodec)
        #expect(code { _ = try encoder(folder + "/x.mkv", .h264, .gray16) } == .unsupportedCodec)
        #expect(code { _ = try GroundTruthFile(path: folder + "/none.json") } == .cannotRead)
        #expect(
            code {
                try encoder(folder + "/x.mkv", .ffv1, .gray8).write(PixelBuffer(width: 64, height: 50, format: .gray8))
            } == .wrongPicture)
    }
}
