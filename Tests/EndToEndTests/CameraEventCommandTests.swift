import Alerting
import Analysis
import Basics
import FaultLab
import FoundationEssentials
import TestSupport
import Testing

/// What operators see of a camera's own events.
@Suite struct CameraEventCommandTests {
    private struct Line: Decodable {
        let type: String
        let id: String
        let camera: String
        let kind: String
        let state: String
        let reason: String?
        let detail: String?
        let label: String?
        let surprise: Float?
    }

    private static let start: Int64 = 1_760_000_000_000

    /// One outage that is over and a covered lens that lasts, with its picture.
    private func filled(_ folder: TemporaryFolder) throws -> (path: String, writer: EventWriter) {
        let path = folder.file("events.sqlite")
        let writer = try EventWriter(path: path)
        var machine = CameraEventMachine(camera: "yard", ids: EventIDGenerator(seed: 1))
        func at(_ second: Int) -> CameraEventMachine.Instant {
            CameraEventMachine.Instant(
                MonotonicTime(nanoseconds: 0) + .seconds(second), wallMs: Self.start + Int64(1000 * second))
        }
        var actions = machine.troubled(.lost, detail: "no answer from 192.0.2.10", at: at(0)) + machine.tick(at(9))
        for second in 10...12 { actions += machine.sawFrame(at: at(second)) }
        actions += machine.note(PictureChange(.obstructed, .begins, age: .seconds(10)), at: at(60))
        for action in actions {
            let picture = EventSnapshot(kind: .clean, timeMs: 5, sequence: 2, jpeg: [1, 2, 3])
            writer.submit(action, snapshots: action.event.kind == .obstructed ? [picture] : [])
        }
        writer.flush()
        return (path, writer)
    }

    private func lines(_ outcome: Program.Outcome) throws -> [Line] {
        try outcome.output.split(separator: "\n").map { try JSONDecoder().decode(Line.self, from: Data($0.utf8)) }
    }

    @Test func `camera events are listed, filtered, shown, labelled and exported like any other`() async throws {
        let folder = TemporaryFolder()
        var (path, writer): (String, EventWriter?) = try filled(folder)
        let all = try lines(await Program.monitorctl.run(["events", "--database", path, "-o", "json"]))
        #expect(
            all.map(\.kind) == ["obstructed", "lost"] && all.allSatisfy { $0.type == "camera" && $0.surprise == nil })
        #expect(all[1].detail == "no answer from 192.0.2.10" && all[1].reason == "restored" && all[0].state == "open")

        let lost = try await Program.monitorctl.run(
            ["events", "--database", path, "--kind", "lost", "--kind", "dark", "-o", "tsv"])
        let rows = lost.output.split(separator: "\n").map {
            $0.split(separator: "\t", omittingEmptySubsequences: false)
        }
        #expect(rows.count == 2 && rows[1][2] == "lost" && rows[1][6] == "" && rows[1].count == rows[0].count)
        let none = try await Program.monitorctl.run(
            ["events", "--database", path, "--min-surprise", "1", "--exit-code"])
        #expect(none.status == 1)
        let wrong = try await Program.monitorctl.run(["events", "--database", path, "--kind", "burnt"])
        #expect(wrong.status == 64 && wrong.errors.contains("scene-changed"))

        let shown = try await Program.monitorctl.run(
            ["show", String(all[0].id.prefix(13)), "--database", path, "--save-snapshot", folder.file("out")])
        #expect(shown.output.contains("obstructed, open") && shown.output.contains("still open"), "\(shown.output)")
        let picture = try Data(contentsOf: URL(filePath: folder.file("out/\(all[0].id)-clean.jpg")))
        #expect(Array(picture) == [1, 2, 3])
        let tail = try await Program.monitorctl.run(["tail", "--database", path])
        #expect(tail.output.split(separator: "\n").map { $0.contains("  OPEN  ") } == [false, true])

        try writer?.finish()
        writer = nil
        let said = try await Program.monitorctl.run(["ack", all[0].id, "--false", "--database", path])
        #expect(said.status == 0 && said.output.contains("false alarm"), "\(said.errors)")
        let labelled = try lines(
            await Program.monitorctl.run(["events", "--database", path, "-o", "json", "--label", "false"]))
        #expect(labelled.map(\.id) == [all[0].id] && labelled[0].label == "false")
    }

    @Test func `a source that cannot be watched leaves a camera event behind`() async throws {
        let camera = try await LearnedCamera.shared
        let site = try Site(cameras: [#"name: yard, source: "@/bad.mp4""#], profiles: camera.profiles)
        try site.folder.write("bad.mp4", "this is no video")
        let outcome = try await site.run(.monitord, ["--until-end"], limit: .seconds(60))
        let found = try EventReader(path: site.database).history().entries
        #expect(found.map(\.kind) == ["no-video"] && found.map(\.state) == [.interrupted], "\(outcome.errors)")
        #expect(outcome.errors.contains("camera event opened: no-video: "))
    }
}
