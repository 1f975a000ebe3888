import Alerting
import FaultLab
import Foundation
import TestSupport
import Testing

/// The operator says what events were: to the running daemon, and without one.
@Suite(.serialized)
struct AckTests {
    private struct Labelled: Decodable {
        let id: String
        let label: String?
        let note: String?
    }

    private func listed(_ site: Site, _ options: [String]) async throws -> [Labelled] {
        let outcome = try await site.run(.monitorctl, ["events", "-o", "json", "--limit", "1000"] + options)
        #expect(outcome.status == 0, "\(outcome.errors)")
        return try outcome.output.split(separator: "\n").map {
            try JSONDecoder().decode(Labelled.self, from: Data($0.utf8))
        }
    }

    @Test func `labels are given to the daemon and, when it does not run, to the database`() async throws {
        let camera = try await LearnedCamera.shared
        let nervous = ", analysis_fps: 0, rules: {enter: 0.5, exit: 0.2, confirm_frames: 1, confirm_window: 1}"
        let site = try Site(cameras: [camera.yaml(nervous)], profiles: camera.profiles)
        let daemon = try site.start(.monitord)
        try #require(
            try await daemon.wait(upTo: .seconds(60)) { $0.errors.contains("event opened") }, "\(daemon.errors)")
        let follower = try site.start(.monitorctl, ["tail", "--follow", "-n", "0"])
        let first = try #require(try await listed(site, ["--label", "none"]).last)
        #expect(first.label == nil)

        let said = try await site.run(.monitorctl, ["ack", first.id, "--false", "--note", "a cat"])
        #expect(said.status == 0 && said.output == "\(first.id)  yard  false alarm\n", "\(said.errors)")
        #expect(try await daemon.wait(upTo: .seconds(5)) { $0.errors.contains("event labelled false") })
        #expect(
            try await follower.wait(upTo: .seconds(5)) {
                $0.output.split(separator: "\n").contains { $0.contains("  FALSE ") && $0.hasSuffix(first.id) }
            }, "\(follower.output)")
        follower.signal(SIGKILL)
        let labelled = try await listed(site, ["--label", "false"])
        #expect(labelled.map(\.id) == [first.id] && labelled[0].note == "a cat")
        let shown = try await site.run(.monitorctl, ["show", first.id])
        #expect(shown.output.contains("false alarm, since ") && shown.output.contains("a cat"))
        let table = try await site.run(.monitorctl, ["events", "-o", "tsv"])
        #expect(table.output.hasPrefix("id\t") && table.output.contains("\tlabel\n"))

        let again = try await site.run(.monitorctl, ["ack", first.id, "--false"])
        #expect(again.status == 1 && again.errors.contains("is labelled false already"))
        let unknown = try await site.run(.monitorctl, ["ack", "ffffffff", "--confirm"])
        #expect(unknown.status == 1 && unknown.errors.contains("no event begins with ffffffff"))
        // Another way to the same database, which the daemon keeps.
        let around = try await site.run(
            .monitorctl, ["ack", first.id, "--confirm", "--database", site.database])
        #expect(around.status == 74 && around.errors.contains("another daemon writes"))

        daemon.signal(SIGKILL)
        _ = try await daemon.finish(limit: .seconds(10))
        let changed = try await site.run(.monitorctl, ["ack", first.id, "--confirm"])
        #expect(changed.output == "\(first.id)  yard  confirmed (before: false alarm)\n", "\(changed.errors)")
        let undone = try await site.run(.monitorctl, ["ack", first.id, "--undo"])
        #expect(undone.output == "\(first.id)  yard  no label (before: confirmed)\n", "\(undone.errors)")
        #expect(try await listed(site, ["--label", "false", "--label", "confirm"]).isEmpty)
        #expect(try EventReader(path: site.database).problems() == [])
    }

    @Test(arguments: [["ack", "01"], ["ack", "01", "--false", "--confirm"], ["ack", "--false"]])
    func `an unclear saying is wrong usage`(arguments: [String]) async throws {
        #expect(try await Program.monitorctl.run(arguments).status == 64)
    }
}
