import FaultLab
import Testing

/// Every command's help is as it was written down.
@Suite struct HelpTests {
    @Test(arguments: [Program.monitorctl, .monitord])
    func `the help of every command is the golden one`(program: Program) async throws {
        var names: Set<String> = []
        for (words, _) in try await CommandTree.read(program).all() {
            let outcome = try await program.run(
                words.dropFirst() + ["--help"], environment: ["COLUMNS": "100", "LC_ALL": "C"])
            #expect(outcome.status == 0 && outcome.errors.isEmpty)
            let name = words.joined(separator: "-") + ".txt"
            names.insert(name)
            try Golden.expect(outcome.output, is: "Tests/CommandTests/Golden/help/\(program.rawValue)/\(name)")
        }
        try Golden.expectNothing(but: names, in: "Tests/CommandTests/Golden/help/\(program.rawValue)")
    }

    @Test func `a mistyped command or option is wrong usage and says what was meant`() async throws {
        for arguments in [["evnts"], ["show", "--jsn", "01"], ["show"], ["status", "--output", "xml"]] {
            let outcome = try await Program.monitorctl.run(arguments)
            #expect(outcome.status == 64 && outcome.output.isEmpty && !outcome.errors.isEmpty, "\(arguments)")
        }
    }
}
