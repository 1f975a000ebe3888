import FaultLab
import Foundation
import TestSupport
import Testing

/// Man pages and completions come from the programs' own definitions and are up to date.
@Suite struct ManualTests {
    private static func pages() async throws -> [ManPage] {
        let example = try String(contentsOfFile: "\(SharedData.packageRoot)/etc/monitord.yaml", encoding: .utf8)
        return CommandPages.pages(try await CommandTree.read(.monitorctl)) + [
            DaemonPages.daemon(try await CommandTree.read(.monitord)), DaemonPages.events(),
            SettingsPage.page(example: example),
        ]
    }

    @Test func `the man pages are up to date`() async throws {
        let pages = try await Self.pages()
        for page in pages { try Golden.expect(page.text, is: "docs/man/\(page.file)") }
        try Golden.expectNothing(but: Set(pages.map(\.file)), in: "docs/man")
    }

    @Test func `the page of the configuration has every key of the example`() async throws {
        let text = try #require(try await Self.pages().last).text
        for key in ["model", "control\\_socket", "cameras.source", "cameras.rules.enter", "cameras.device"] {
            #expect(text.contains(".TP\n\\fB\(key.replacingOccurrences(of: "\\", with: ""))\\fR"), "\(key)")
        }
        #expect(!text.contains("\\fBcameras.tcp\\fR"))
    }

    @Test(.enabled(if: FileManager.default.isExecutableFile(atPath: "/usr/bin/groff")))
    func `the man pages are set without a warning`() async throws {
        for page in try await Self.pages() {
            let folder = TemporaryFolder()
            try folder.write(Data(page.text.utf8), page.file)
            // Fails when anything was complained of.
            let command = "groff -man -Tutf8 -ww -z '\(folder.file(page.file))' 2>&1 | grep . >&2 && exit 1 || exit 0"
            try Tool.run("/bin/sh", ["-c", command])
        }
    }

    @Test(arguments: [Program.monitorctl, .monitord])
    func `the completions are up to date`(program: Program) async throws {
        for (shell, file) in [
            ("bash", "\(program.rawValue).bash"), ("zsh", "_\(program.rawValue)"), ("fish", "\(program.rawValue).fish"),
        ] {
            let script = try await program.run(["--generate-completion-script", shell])
            #expect(script.status == 0)
            try Golden.expect(script.output, is: "etc/completions/\(file)")
        }
    }

    @Test(.enabled(if: FileManager.default.isExecutableFile(atPath: "/bin/bash")))
    func `the shell offers commands, cameras and events`() async throws {
        let history = try History()
        try history.folder.write(
            Data("database: events.sqlite\ncameras:\n  - {name: yard, source: a.mp4}\n".utf8), "monitord.yaml")
        let script = """
            cd '\(history.folder.path)'; PATH='\(BuiltPrograms.folder)':$PATH
            . '\(SharedData.packageRoot)/etc/completions/monitorctl.bash'
            offer() { COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); COMP_LINE="$*"; COMP_POINT=${#COMP_LINE}
                COMPREPLY=(); _monitorctl "$1" "${*: -1}" "${*: -2:1}" 2>/dev/null; printf '%s ' "${COMPREPLY[@]}"; echo; }
            { offer monitorctl sho
              offer monitorctl show --config monitord.yaml \(history.ids[0].prefix(8))
              offer monitorctl export --config monitord.yaml --camera ya; } > offered
            """
        try Tool.run("/bin/bash", ["-c", script])
        let offered = try String(contentsOfFile: history.folder.file("offered"), encoding: .utf8)
        let lines = offered.split(separator: "\n", omittingEmptySubsequences: false)
        #expect(
            lines[0].contains("show") && lines[1].contains(history.ids[0]) && lines[2].contains("yard"), "\(offered)")
    }
}
