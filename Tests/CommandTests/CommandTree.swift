import FaultLab
import Foundation

/// A program's commands and options, as the program itself tells them.
struct CommandTree: Decodable {
    struct Argument: Decodable {
        struct Name: Decodable {
            let kind: String
            let name: String

            var text: String { (kind == "long" ? "--" : "-") + name }
        }

        let kind: String
        let isOptional: Bool
        let isRepeating: Bool
        let shouldDisplay: Bool
        let names: [Name]?
        let valueName: String?
        let defaultValue: String?
        let abstract: String?
        let discussion: String?
    }

    struct Command: Decodable {
        let commandName: String
        let abstract: String?
        let discussion: String?
        let shouldDisplay: Bool
        let subcommands: [Command]?
        let arguments: [Argument]?

        /// Itself and all below, with their words from the program's name on.
        func all(after words: [String] = []) -> [(words: [String], command: Command)] {
            let own = words + [commandName]
            let below = (subcommands ?? []).filter { $0.shouldDisplay && $0.commandName != "help" }
            return [(own, self)] + below.flatMap { $0.all(after: own) }
        }
    }

    let command: Command

    static func read(_ program: Program) async throws -> Command {
        let outcome = try await program.run(["--experimental-dump-help"])
        return try JSONDecoder().decode(CommandTree.self, from: Data(outcome.output.utf8)).command
    }
}
