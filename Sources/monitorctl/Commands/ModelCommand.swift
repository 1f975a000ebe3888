import ArgumentParser

struct ModelCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "model", abstract: "Import, list and check the networks.",
        discussion: """
            A model is a folder with card.json and weights. They lie side by side in the folder that --models names; \
            without it that is ./Models where there is one, else the folder around the model of the configuration, or \
            of an installation without one. The daemon runs the one that model: in its configuration names.
            """,
        subcommands: [Import.self, List.self, Show.self, Verify.self])
}
