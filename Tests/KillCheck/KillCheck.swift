import ArgumentParser
import DurabilityLab
import Foundation

@main struct KillCheck: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Kills the real daemon at random moments and compares its history with the truth.",
        discussion:
            "Takes the binaries of MONITOR_BIN or of the release build. Exit status 1 when a promise was broken.")

    @Option(help: "How often to kill it.")
    var kills = 1000
    @Option(help: "The same seed gives the same logs; the moments of the kills are the machine's.")
    var seed = UInt64.random(in: 0...UInt64.max)

    @Option(help: "How many milliseconds the row of an open event may be behind.")
    var lag = 3000

    func run() async throws {
        let harness = try KillHarness(seed: seed, lagLimitMs: lag)
        try await harness.run(kills: kills) { line in
            print(line)
            fflush(nil)
        }
        print(harness.report.summary)
        if !harness.report.problems.isEmpty { throw ExitCode(1) }
    }
}
