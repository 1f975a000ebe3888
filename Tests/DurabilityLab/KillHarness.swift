internal import Alerting
internal import Basics
internal import FaultLab
internal import Foundation
internal import Service
internal import TestSupport

/// Starts the real daemon on replayed verdict logs and kills it with SIGKILL at random moments: while it starts, upgrades its
/// tables, recovers, writes and makes checkpoints. After each kill the database is compared with the truth.
package final class KillHarness {
    /// Runs on one database; then begins another one, empty or of an earlier version.
    private static let runsPerEra = 12

    package private(set) var report = KillReport()
    private var random: SeededGenerator
    private let lagLimitMs: Int
    private let bundle = TemporaryFolder()
    /// How long the daemon took from its start to the first committed event, the last times.
    private var starts: [Duration] = []

    /// - Parameter lagLimitMs: how far an open event's row may be behind: a second, and what a commit takes on a busy machine.
    package init(seed: UInt64, lagLimitMs: Int) throws {
        self.lagLimitMs = lagLimitMs
        random = SeededGenerator(seed: seed)
        report.seed = seed
        try TinyBundle().open(in: bundle)
    }

    /// - Parameter tell: hears of every problem at once, and of progress now and then.
    package func run(kills: Int, tell: (String) -> Void = { _ in }) async throws {
        while report.kills < kills {
            let old = random.index(below: 2) == 0 ? nil : OldDatabase.all[random.index(below: OldDatabase.all.count)]
            let era = try KillEra(model: bundle.path, old: old)
            for run in 0..<min(Self.runsPerEra, kills - report.kills) {
                let problems = try await kill(era, old, isFirst: run == 0)
                problems.forEach(tell)
                if report.kills % 50 == 0 { tell(report.summary) }
            }
            report.acknowledged += era.acknowledgedCount
            report.labelled += era.labelCount
        }
    }

    private func kill(_ era: KillEra, _ old: OldDatabase?, isFirst: Bool) async throws -> [String] {
        let runSeed = random.next()
        try era.prepareRun(seed: runSeed)
        let daemon = try era.site.start(.monitord)
        let began = ContinuousClock.now
        let moment: String
        // The first start of all shows how long starts take.
        let usual = starts.sorted().dropFirst(starts.count / 2).first
        // Tables are made or changed in the first start only, so that is more often killed early.
        switch (random.index(below: isFirst ? 6 : 10), usual) {
        case (0..<2, let usual?):
            moment = "after the start"
            try await Task.sleep(for: usual * random.uniform(in: 0..<1.1))
            report.early += 1
        case (2..<5, _):
            moment = "after the model was read"
            // The next thing it does is to open the database.
            try await wait(for: "model", daemon)
            try await Task.sleep(for: .microseconds(random.index(below: isFirst ? 200_000 : 60_000)))
            report.early += 1
        default:
            try await wait(for: "event opened", daemon)
            starts = starts.suffix(8) + [ContinuousClock.now - began]
            let delay = Duration.milliseconds(random.index(below: 1600))
            moment = "\(delay.milliseconds) ms after the first event"
            let operators = Operators(era.site, seed: runSeed, asProgram: random.index(below: 12) == 0)
            operators.begin(daemon)
            try await Task.sleep(for: delay)
            daemon.signal(SIGKILL)
            era.note(operators.end())
        }
        daemon.signal(SIGKILL)
        let outcome = try await daemon.finish(limit: .seconds(20))
        guard outcome.status == -SIGKILL else { throw Dead(log: outcome.errors) }
        report.kills += 1
        var finding = try era.examine(log: outcome.errors)
        if let lag = finding.updateLags.max(), lag > lagLimitMs {
            finding.problems.append("an open event's row is \(lag) ms behind")
        }
        report.add(finding)
        let place = "kill \(report.kills), seed \(report.seed), \(moment), \(old?.migration ?? "new database")"
        let problems = finding.problems.map { "\(place): \($0)" }
        report.problems += problems
        return problems
    }

    private func wait(for words: String, _ daemon: Running) async throws {
        let isAlive = try await daemon.wait(upTo: .seconds(120), every: .milliseconds(3)) { $0.errors.contains(words) }
        guard isAlive, daemon.isRunning else { throw Dead(log: daemon.errors) }
    }

    /// The daemon ended by itself.
    private struct Dead: Error, CustomStringConvertible {
        let log: String
        var description: String { "the daemon ended by itself:\n\(log.suffix(3000))" }
    }
}
