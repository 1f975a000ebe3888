import ArgumentParser
import Basics

@main
struct MonitorCtl: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "monitorctl",
        abstract: "Ask the history of the anomaly monitor, and teach it what is normal.",
        discussion: """
            Exit status: 0 success, 1 nothing found (in lists where --exit-code asks for it) or nothing to change, \
            64 wrong usage, 65 bad input data, 69 the daemon does not answer, 74 input or output failed, 78 wrong \
            configuration.
            """,
        version: "monitorctl \(Product.version)",
        subcommands: [
            EventsCommand.self, ShowCommand.self, TailCommand.self, StatsCommand.self, AckCommand.self,
            ExportCommand.self, StatusCommand.self, RethresholdCommand.self, NotifyCommand.self,
            FsckCommand.self, RetentionCommand.self, LearnCommand.self, ProfileCommand.self, ModelCommand.self,
            EvaluateCommand.self, SceneCommand.self, ZonesCommand.self,
        ])
}
