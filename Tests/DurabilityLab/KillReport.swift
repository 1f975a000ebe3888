internal import Foundation

/// What many kills showed.
package struct KillReport {
    package var seed: UInt64 = 0
    package var kills = 0
    /// Kills before the first event of a run: during start, upgrade and recovery.
    package var early = 0
    /// Kills before a new database had its tables.
    package var unborn = 0
    /// Events whose opening was logged.
    package var acknowledged = 0
    package var labelled = 0
    /// Events that were open in the database after a kill, and those that a start reported as interrupted.
    package var open = 0
    package var recovered = 0
    package var updateLags: [Int] = []
    package var commitLags: [Int] = []
    package var problems: [String] = []

    mutating func add(_ finding: KillEra.Finding) {
        unborn += finding.isUnborn ? 1 : 0
        open += finding.open
        recovered += finding.recovered
        updateLags += finding.updateLags
        commitLags += finding.commitLags
    }

    package var summary: String {
        """
        \(kills) kills (seed \(seed); \(early) before the run's first event, \(unborn) before the tables were complete): \
        \(acknowledged) events and \(labelled) labels acknowledged, \(open) left open, \(recovered) recovered; \
        updates behind \(Self.spread(updateLags)), openings and closings not yet committed \(Self.spread(commitLags)); \
        \(problems.count) problems
        """
    }

    private static func spread(_ values: [Int]) -> String {
        guard !values.isEmpty else { return "never" }
        let sorted = values.sorted()
        func at(_ share: Double) -> Int { sorted[Int(Double(sorted.count - 1) * share)] }
        return "\(sorted.count) times, p50 \(at(0.5)) ms, p99 \(at(0.99)) ms, most \(at(1)) ms"
    }
}
