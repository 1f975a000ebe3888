import ArgumentParser

struct NotifyCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "notify", abstract: "Who is told of events, and whether it arrives.",
        subcommands: [NotifyListCommand.self, NotifyTestCommand.self])
}
