import Alerting
import Basics
import DurabilityLab
import FaultLab
import Foundation
import TestSupport
import Testing

/// The daemon is killed at random moments while it replays; see `KillCheck` for the long run.
@Suite(.serialized) struct KillHarnessTests {
    @Test func `sixty kills lose nothing that was acknowledged and invent nothing`() async throws {
        let harness = try KillHarness(seed: .random(in: 0...UInt64.max), lagLimitMs: 15_000)
        try await harness.run(kills: 60)
        let report = harness.report
        #expect(report.problems == [], "\(report.summary)")
        #expect(report.acknowledged > 300 && report.open > 10 && report.labelled > 10, "\(report.summary)")
    }

    /// A site whose daemon was killed in the middle of its work, and its log.
    private func killed() async throws -> (era: KillEra, log: String) {
        let bundle = TemporaryFolder()
        try TinyBundle().open(in: bundle)
        let era = try KillEra(model: bundle.path, old: nil)
        try era.prepareRun(seed: 4)
        let daemon = try era.site.start(.monitord)
        try #require(
            try await daemon.wait(upTo: .seconds(120)) {
                $0.errors.contains("event closed") && $0.errors.contains("camera=steady")
            })
        daemon.signal(SIGKILL)
        return (era, try await daemon.finish(limit: .seconds(10)).errors)
    }

    @Test(arguments: [
        ("DELETE FROM event WHERE state = 'closed'", "is lost"),
        ("UPDATE event SET last_seen_ms = last_seen_ms + 1, end_ms = end_ms + 1", "was never like that"),
        (
            "UPDATE event SET state = 'open', reason = NULL, end_ms = NULL WHERE state = 'closed'",
            "logged as closed and is not"
        ),
        ("UPDATE event SET box_x1 = box_x1 + 0.5", "was never like that"),
        ("UPDATE event SET frames = frames + 1", "was never like that"),
        ("UPDATE event SET start_ms = start_ms - 1", "no such event ever was"),
        ("UPDATE observation SET object_surprise = 9.5 WHERE object_surprise IS NOT NULL", "never was"),
        (
            "DELETE FROM observation WHERE (event, sequence) NOT IN (SELECT number, peak_sequence FROM event)",
            "is missing"
        ),
        ("UPDATE snapshot SET jpeg = substr(jpeg, 1, 100)", "half a picture"),
        ("DELETE FROM snapshot WHERE kind = 'clean'", "1 pictures instead of 2"),
    ])
    func `the comparison notices what is not true`(damage: String, complaint: String) async throws {
        let (era, log) = try await killed()
        try Tool.run("/usr/bin/sqlite3", [era.site.database, damage])
        let finding = try era.examine(log: log)
        #expect(
            !finding.problems.isEmpty && finding.problems.contains { $0.contains(complaint) }, "\(finding.problems)")
    }
}
