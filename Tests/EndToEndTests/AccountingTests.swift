import FaultLab
import Foundation
import Testing

/// Where the frames of a daemon's cameras are, asked while it runs and read from its log after it was stopped.
@Suite(.serialized)
struct AccountingTests {
    private struct Status: Decodable {
        struct Camera: Decodable {
            let name: String
            let state: String
            let arrived: Int
            let scored: Int
            let gated: Int
            let dropped: Int
            let waiting: Int
            let inAnalysis: Int
            let gatedBy: [String: Int]
            let droppedBy: [String: Int]

            var addsUp: Bool {
                arrived == scored + gated + dropped + waiting + inAnalysis && gated == gatedBy.values.reduce(0, +)
                    && dropped == droppedBy.values.reduce(0, +)
            }
        }

        let cameras: [Camera]
    }

    private func status(_ site: Site) async throws -> Status {
        let outcome = try await site.run(.monitorctl, ["status", "--json"])
        try #require(outcome.status == 0, "\(outcome.errors)")
        return try JSONDecoder().decode(Status.self, from: Data(outcome.output.utf8))
    }

    /// What six cameras' frames come to: greedy ones, slow ones, gated ones, and one that waits for every verdict.
    private func watch(_ looks: Int, stoppedBy signal: Int32) async throws {
        let camera = try await LearnedCamera.shared
        let kinds = [
            "analysis_fps: 0", "analysis_fps: 1", "analysis_fps: 2, motion_gate: always", "motion_gate: never",
            "pace: maximum, analysis_fps: 0", "analysis_fps: 5, rules: {quiet_seconds: 1}",
        ]
        let site = try Site(
            cameras: kinds.enumerated().map { index, kind in
                #"name: c\#(index), profile: yard, source: "\#(camera.watched)", \#(kind)"#
            }, profiles: camera.profiles)
        let daemon = try site.start(.monitord)
        try #require(
            try await daemon.wait(upTo: .seconds(60)) { $0.errors.split(separator: "watching ").count > 6 },
            "\(daemon.errors)")
        var last: [String: Int] = [:]
        for _ in 0..<looks {
            for camera in try await status(site).cameras {
                #expect(camera.addsUp, "\(camera)")
                #expect(camera.arrived >= last[camera.name] ?? 0)
                last[camera.name] = camera.arrived
            }
        }
        daemon.signal(signal)
        let stopped = try await daemon.finish(limit: .seconds(20))
        #expect(stopped.status == 0 && stopped.complaints == [], "\(stopped.errors)")
        let ledgers = FinalLedger.all(in: stopped.errors)
        #expect(ledgers.count == kinds.count, "\(stopped.errors)")
        for (name, ledger) in ledgers {
            #expect(ledger.addsUp && ledger.underway == 0 && ledger.arrived >= last[name] ?? 0, "\(name): \(ledger)")
            #expect(ledger.scored > 0, "\(name): \(ledger)")
        }
    }

    @Test func `status adds up whenever it is asked, and the log after SIGTERM`() async throws {
        try await watch(60, stoppedBy: SIGTERM)
    }

    @Test func `the log adds up after SIGINT at once`() async throws { try await watch(1, stoppedBy: SIGINT) }
}
