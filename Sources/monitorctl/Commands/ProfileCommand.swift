import ArgumentParser

struct ProfileCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "profile", abstract: "What was learned about the cameras: look at it, check it, go back.",
        discussion: """
            Each learning run makes a new version of the camera's profile and puts it in force; the newest five versions \
            are kept. monitorctl learn makes them.
            """,
        subcommands: [List.self, Show.self, Verify.self, Rollback.self])
}
