import Alerting
import Analysis
import FaultLab
import Foundation
import TestSupport
import Testing

/// What the monitor is for, with the commands that an operator types.
@Suite(.serialized)
struct MainJobTests {
    private static let rate = 5
    private static let watchedSeconds = 40

    private struct EventLine: Decodable {
        let schema: Int
        let id: String
        let camera: String
        let kind: String
        let state: String
        let start: String
        let surprise: Double
        let frameWidth: Int

        private enum CodingKeys: String, CodingKey {
            case schema, id, camera, kind, state, start, surprise
            case frameWidth = "frame_width"
        }
    }

    private func clip(_ path: String, _ options: [String]) async throws {
        let outcome = try await Program.monitorctl.run(
            ["scene", "clip", path, "--width", "640", "--height", "360", "--fps", "\(Self.rate)", "--seed", "8"]
                + options)
        try #require(outcome.status == 0, "\(outcome.errors)")
    }

    @Test func `a camera is learned, watched, and its events are listed with their pictures`() async throws {
        let site = try Site(cameras: [
            "name: yard, source: watched.mp4, pace: maximum, analysis_fps: 0, verdict_log: verdicts.jsonl"
        ])
        let quiet = site.folder.file("quiet.mp4")
        try await clip(quiet, ["--seconds", "60"])
        let truth = site.folder.file("truth.json")
        try await clip(
            site.folder.file("watched.mp4"),
            ["--seconds", "\(Self.watchedSeconds)", "--start", "600", "--anomalies", "--truth", truth])

        let learned = try await site.run(.monitorctl, ["learn", "--camera", "yard", "--source", quiet])
        try #require(learned.status == 0, "\(learned.errors)")
        #expect(learned.errors.contains("profile yard v1 is in force"))

        let watched = try await site.run(.monitord, ["--until-end"])
        try #require(watched.status == 0, "\(watched.errors)")
        #expect(watched.complaints == [])

        // Every frame of the clip was judged, in its order.
        let verdicts = try VerdictLog.read(site.folder.file("verdicts.jsonl"))
        #expect(verdicts.count == Self.rate * Self.watchedSeconds)
        #expect(zip(verdicts, verdicts.dropFirst()).allSatisfy { $0.sequence + 1 == $1.sequence })
        #expect(zip(verdicts, verdicts.dropFirst()).allSatisfy { $0.presentationTime < $1.presentationTime })

        let listed = try await site.run(.monitorctl, ["events", "--output", "json"])
        #expect(listed.status == 0 && listed.errors.isEmpty)
        let events = try listed.output.split(separator: "\n").map {
            try JSONDecoder().decode(EventLine.self, from: Data($0.utf8))
        }
        // The clip holds three anomalies; how many of them a model must find is not this test's matter.
        try #require(!events.isEmpty)
        #expect(events.allSatisfy { $0.schema == 1 && $0.camera == "yard" && $0.frameWidth == 640 })
        #expect(events.allSatisfy { ["closed", "interrupted"].contains($0.state) })
        #expect(events.allSatisfy { ["object", "pixel", "both"].contains($0.kind) && $0.surprise > 0 })
        #expect(events.map(\.start) == events.map(\.start).sorted(by: >))
        for event in events {
            #expect(watched.errors.contains("event=\(event.id)"))
            try await checkPictures(event.id, site)
        }
        let found = try await site.run(.monitorctl, ["evaluate", "events", "--camera", "yard", "--truth", truth])
        #expect([0, 1].contains(found.status) && found.output.contains(" of 3 anomalies found"), "\(found.errors)")
    }

    /// `show` describes the event and writes both of its pictures.
    private func checkPictures(_ id: String, _ site: Site) async throws {
        let pictures = site.folder.file("pictures")
        let shown = try await site.run(.monitorctl, ["show", id, "--save-snapshot", pictures])
        #expect(shown.status == 0, "\(shown.errors)")
        #expect(shown.output.contains(id) && shown.output.contains("yard v1"))
        for kind in ["annotated", "clean"] {
            let jpeg = try Data(contentsOf: URL(filePath: "\(pictures)/\(id)-\(kind).jpg"))
            #expect(jpeg.prefix(2) == Data([0xFF, 0xD8]) && jpeg.suffix(2) == Data([0xFF, 0xD9]))
        }
    }

    @Test func `learning goes on after SIGINT and after SIGKILL, to the same profile`() async throws {
        let camera = try await LearnedCamera.shared
        let whole = try Site(cameras: [camera.yaml()], profiles: camera.profiles).profile("yard")
        let site = try Site(cameras: [camera.yaml()])
        let command = ["learn", "--source", camera.quiet] + LearnedCamera.learning

        let first = try site.start(.monitorctl, command)
        #expect(try await first.wait(upTo: .seconds(120)) { $0.errors.contains(" 40 %") })
        first.signal(SIGINT)
        let interrupted = try await first.finish(limit: .seconds(20))
        #expect(interrupted.status == 130, "\(interrupted.errors)")
        #expect(interrupted.errors.contains("the same command goes on from here"))
        #expect(!interrupted.errors.contains("100 pictures"))

        // All pictures are gathered when the stages begin that learn from them.
        let second = try site.start(.monitorctl, command)
        #expect(try await second.wait(upTo: .seconds(120)) { $0.errors.contains("condensation") })
        second.signal(SIGKILL)
        let killed = try await second.finish(limit: .seconds(20))
        #expect(killed.status == -9)
        #expect(killed.errors.contains("going on with an interrupted run: "))

        let third = try await site.run(.monitorctl, command)
        #expect(third.status == 0, "\(third.errors)")
        #expect(third.errors.contains("going on with an interrupted run: 100 pictures"))

        let resumed = try site.profile("yard")
        let names: Set = ["day/objects.safetensors", "day/pixels.safetensors", "day/evidence.json"]
        #expect(Set(resumed.files.keys).isSuperset(of: names))
        #expect(resumed.files == whole.files)
        #expect(resumed.regimes.map(\.thresholds) == whole.regimes.map(\.thresholds))
    }
}
