import ArgumentParser

@main
struct MonitorBench: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "monitor-bench",
        abstract: "Measure what the monitor's work costs on this machine.",
        subcommands: [
            FrameCommand.self, ProposalsCommand.self, ContenderCommand.self, PeakCommand.self, PrecisionCommand.self,
            ObjectsCommand.self, EtalonsCommand.self, PoisoningCommand.self, WeekCommand.self, DecodingCommand.self,
            LoadCommand.self, HistoryCommand.self, FollowersCommand.self,
        ],
        defaultSubcommand: FrameCommand.self)
}
