import FaultLab
import Foundation
import TestSupport
import Testing

/// What only a terminal gets: colours, curves of blocks, pictures.
@Suite(.enabled(if: FileManager.default.isExecutableFile(atPath: "/usr/bin/script")))
struct TerminalTests {
    /// Runs a command on a terminal of its own; what it sends there.
    private func shown(_ arguments: String, environment: String) throws -> String {
        let history = try History()
        let file = history.folder.file("typescript")
        let id = history.ids[0]
        let command = "\(Program.monitorctl.path) \(arguments) --database \(history.path)"
            .replacingOccurrences(of: "@", with: id)
        try Tool.run(
            "/usr/bin/env",
            ["-i", "PATH=/usr/bin:/bin"] + environment.split(separator: " ").map(String.init)
                + ["script", "-qec", command, file])
        return try String(decoding: Data(contentsOf: URL(filePath: file)), as: UTF8.self)
    }

    @Test(arguments: [
        ("TERM=xterm-256color LANG=C.UTF-8", true, true), ("TERM=xterm-256color LANG=C", true, false),
        ("TERM=xterm NO_COLOR=1 LANG=C.UTF-8", false, true), ("TERM=dumb LANG=C.UTF-8", false, true),
    ])
    func `colours and blocks come where the terminal has them`(
        environment: String, coloured: Bool, blocks: Bool
    ) throws {
        let text = try shown("show @", environment: environment)
        #expect(text.contains("\u{1B}[1m") == coloured && text.contains("█") == blocks, "\(text)")
        #expect(!text.contains("\u{1B}_G") && !text.contains("\u{1B}]1337") && !text.contains("▀"))
    }

    @Test(arguments: [
        ("TERM=xterm-kitty", "", "\u{1B}_Ga=T,f=24,o=z,s=16,v=10,"),
        ("TERM=xterm KITTY_WINDOW_ID=1", "", "\u{1B}_Ga=T,"),
        ("TERM=xterm-256color TERM_PROGRAM=iTerm.app", "", "\u{1B}]1337;File=inline=1;size="),
        ("TERM=xterm-256color", "--picture blocks", "\u{1B}[38;5;"),
        ("TERM=xterm-256color COLORTERM=truecolor", "--picture blocks", "\u{1B}[38;2;"),
        ("TERM=xterm", "--picture kitty", "\u{1B}_Ga=T,"),
    ])
    func `pictures come in the form that the terminal has`(environment: String, option: String, form: String) throws {
        let text = try shown("show @ \(option)", environment: environment)
        #expect(text.contains(form), "\(text)")
    }

    @Test(arguments: ["TERM=xterm-kitty --picture=never", "TERM=xterm-kitty TMUX=x", "TERM=xterm-256color"])
    func `otherwise there is none`(setting: String) throws {
        let parts = setting.components(separatedBy: " --")
        let text = try shown(
            "show @" + parts.dropFirst().map { " --" + $0 }.joined(), environment: parts[0] + " LANG=C.UTF-8")
        #expect(text.contains("annotated") && !text.contains("\u{1B}_G") && !text.contains("▀"))
    }

    @Test func `a pipe gets no picture, whatever is asked for`() async throws {
        let history = try History()
        let outcome = try await Program.monitorctl.run(
            ["show", history.ids[0], "--picture", "kitty", "--database", history.path],
            environment: ["TERM": "xterm-kitty"])
        #expect(!outcome.output.contains("\u{1B}") && outcome.errors.contains("no terminal"))
    }
}
