import ArgumentParser

struct EvaluateCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "evaluate", abstract: "Compare what the monitor found with what was there.",
        subcommands: [Events.self, Frames.self])
}
