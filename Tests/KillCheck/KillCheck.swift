import ArgumentParser
import DurabilityLab
import FaultLab
import Foundation

@main struct KillCheck: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Long checks of what the history keeps; see docs/durability.md.",
        discussion:
            "They take the binaries of MONITOR_BIN or of the release build. Exit status 1: a promise was broken.",
        subcommands: [Kills.self, Power.self, Start.self])

    struct Kills: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Kills the real daemon at random moments and compares its history with the truth.")

        @Option(help: "How often to kill it.")
        var kills = 1000
        @Option(help: "The same seed gives the same logs; the moments of the kills are the machine's.")
        var seed = UInt64.random(in: 0...UInt64.max)
        @Option(help: "How many milliseconds the row of an open event may be behind.")
        var lag = 3000

        func run() async throws {
            let harness = try KillHarness(seed: seed, lagLimitMs: lag)
            try await harness.run(kills: kills, tell: say)
            say(harness.report.summary)
            if !harness.report.problems.isEmpty { throw ExitCode(1) }
        }
    }

    struct Start: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Measures the time from the daemon's start to its first verdict on a frame.")

        @Option(help: "Starts after an orderly end, and as many after a kill.")
        var starts = 10
        @Option(help: "Events in the larger history.")
        var events = 100_000

        func run() async throws {
            let learned = try await LearnedCamera.shared
            for events in [0, events] {
                for isLive in [false, true] {
                    let times = try await StartTimes(learned, isLive: isLive, events: events, starts: starts)
                    say("\(isLive ? "RTSP camera" : "file"), \(events) events: \(times.summary)")
                }
            }
        }
    }

    struct Power: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Opens databases as power cuts may leave them, by a recording of what the daemon writes.")

        @Option(help: "How many recordings.")
        var recordings = 10
        @Option(help: "How many states to look at in each, about.")
        var states = 2000
        @Option(help: "The same seed gives the same logs.")
        var seed = UInt64.random(in: 0...UInt64.max)

        func run() async throws {
            var isGood = true
            for recording in 0..<UInt64(recordings) {
                let cuts = try await PowerCuts(seed: seed &+ recording)
                let report = try cuts.examine(states: states, seed: seed &+ recording, tell: say)
                say("seed \(seed &+ recording): \(report.summary)")
                isGood = isGood && report.problems.isEmpty
            }
            if !isGood { throw ExitCode(1) }
        }
    }
}

private func say(_ line: String) {
    print(line)
    fflush(nil)
}
