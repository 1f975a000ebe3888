import Alerting
import Basics
import DurabilityLab
import FaultLab
import Foundation
import TestSupport
import Testing

/// What the history holds after a power cut, by a recording of what the daemon writes; see docs/durability.md.
@Suite struct PowerCutTests {
    @Test func `no cut of the power loses what was acknowledged, or leaves half of anything`() async throws {
        let seed = UInt64.random(in: 0...UInt64.max)
        let cuts = try await PowerCuts(seed: seed)
        let report = try cuts.examine(states: 200, seed: seed)
        #expect(report.problems == [], "seed \(seed)")
        #expect(report.states > 150 && report.acknowledged > 20, "\(report.summary)")
        // A second, and what a commit takes on a busy machine.
        #expect(report.lags.max() ?? 0 < 15_000, "\(report.summary)")
        // A store that did not sync would be found out.
        let careless = try cuts.examine(states: 40, seed: seed, withoutSyncs: true)
        #expect(careless.problems.contains { $0.contains("was opened and is lost") }, "seed \(seed)")
    }
}
