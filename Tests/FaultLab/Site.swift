package import TestSupport

/// A folder with a configuration, as an operator has one.
package final class Site {
    package let folder: TemporaryFolder
    package let configuration: String
    package let database: String
    package let profiles: String

    /// `@/` in a parameter stands for the site's folder.
    /// - Parameters:
    ///   - cameras: each the inside of a YAML mapping, such as `name: yard, source: "yard.mp4"`.
    ///   - profiles: the folder of profiles; one of this site unless given.
    package init(
        cameras: [String], profiles: String? = nil, model: String = Program.model,
        database: String = "@/events.sqlite"
    ) throws {
        folder = TemporaryFolder()
        configuration = folder.file("monitord.yaml")
        self.database = folder.expand(database)
        self.profiles = profiles ?? folder.file("profiles")
        try folder.write(
            "monitord.yaml",
            """
            model: "\(folder.expand(model))"
            database: "\(self.database)"
            profiles: "\(self.profiles)"
            control_socket: control.sock
            log_format: text
            cameras:

            """ + cameras.map { "  - {\(folder.expand($0))}\n" }.joined())
    }

    /// The text with `@/` replaced by the site's folder.
    package func expand(_ text: String) -> String { folder.expand(text) }

    /// - Parameters: see `Running`.
    package func start(
        _ program: Program, _ arguments: [String] = [], environment: [String: String] = [:], by launcher: [String] = []
    ) throws -> Running {
        try Running(
            program, arguments + ["--config", configuration], environment: environment, by: launcher)
    }

    package func run(
        _ program: Program, _ arguments: [String] = [], limit: Duration = .seconds(240)
    ) async throws -> Program.Outcome {
        try await program.run(arguments + ["--config", configuration], limit: limit)
    }
}
