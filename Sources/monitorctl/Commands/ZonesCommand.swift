import ArgumentParser

struct ZonesCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "zones", abstract: "Where in a camera's picture things count: look at the zones, check them.",
        subcommands: [Check.self])
}
