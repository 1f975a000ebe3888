/// Pages of a program and of each of its commands, from what the program tells of itself.
enum CommandPages {
    /// One page for every command that does something, and one that leads to them.
    static func pages(_ root: CommandTree.Command) -> [ManPage] {
        let leaves = root.all().filter { ($0.command.subcommands ?? []).isEmpty }
        return [overview(root, leaves)] + leaves.map { page($0.words, $0.command, section: 1) }
    }

    /// A program without commands.
    static func page(_ words: [String], _ command: CommandTree.Command, section: Int) -> ManPage {
        var page = ManPage(words.joined(separator: "-"), section, summary(command))
        synopsis(&page, words, command)
        if let discussion = command.discussion {
            page.heading("description")
            page.prose(discussion)
        }
        options(&page, command)
        if section == 1 {
            page.heading("see also")
            page.raw(".BR monitorctl (1),\n.BR monitord (8),\n.BR monitord.yaml (5),\n.BR monitord\\-events (7)")
        }
        return page
    }

    private static func overview(
        _ root: CommandTree.Command, _ leaves: [(words: [String], command: CommandTree.Command)]
    ) -> ManPage {
        var page = ManPage(root.commandName, 1, summary(root))
        page.heading("synopsis")
        page.raw("\(ManPage.bold(root.commandName)) \(ManPage.italic("command")) [\(ManPage.italic("options"))]")
        page.heading("description")
        page.prose(root.discussion ?? "")
        page.heading("commands")
        for (words, command) in leaves {
            let name = words.dropFirst().joined(separator: " ")
            page.term(
                ManPage.bold(name), "\(summary(command, isSentence: true)) See \(words.joined(separator: "-"))(1).")
        }
        page.heading("files")
        page.term(
            ManPage.bold("/etc/monitord/monitord.yaml"), "The daemon's configuration, which says where all else lies.")
        page.heading("environment")
        page.term(ManPage.bold("TZ"), "The zone of times that are printed for people and read from the command line.")
        page.term(ManPage.bold("NO_COLOR"), "When it is set, nothing is coloured unless --color always asks for it.")
        page.term(
            ManPage.bold("LC_ALL") + ", " + ManPage.bold("LC_CTYPE") + ", " + ManPage.bold("LANG"),
            "Curves are drawn with block characters in UTF-8, and in ASCII otherwise.")
        page.term(
            ManPage.bold("TERM") + ", " + ManPage.bold("TERM_PROGRAM") + ", " + ManPage.bold("KITTY_WINDOW_ID") + ", "
                + ManPage.bold("COLORTERM"), "Tell whether and how the terminal shows pictures and colours.")
        page.heading("see also")
        page.raw(".BR monitord (8),\n.BR monitord.yaml (5),\n.BR monitord\\-events (7)")
        return page
    }

    /// Without its full stop, and small where it goes on from the name.
    private static func summary(_ command: CommandTree.Command, isSentence: Bool = false) -> String {
        let text = command.abstract ?? ""
        guard !isSentence else { return text }
        let short = text.hasSuffix(".") ? String(text.dropLast()) : text
        return short.prefix(1).lowercased() + short.dropFirst()
    }

    private static func synopsis(_ page: inout ManPage, _ words: [String], _ command: CommandTree.Command) {
        page.heading("synopsis")
        let parts = shown(command).map { argument in
            let usage = usage(argument) + (argument.isRepeating ? "..." : "")
            return argument.isOptional ? "[\(usage)]" : usage
        }
        page.raw((["\(ManPage.bold(words.joined(separator: " ")))"] + parts).joined(separator: "\n"))
    }

    private static func shown(_ command: CommandTree.Command) -> [CommandTree.Argument] {
        (command.arguments ?? []).filter(\.shouldDisplay)
    }

    /// By the long name, as people remember it.
    private static func usage(_ argument: CommandTree.Argument) -> String {
        let value = ManPage.italic(argument.valueName ?? "value")
        guard let names = argument.names, !names.isEmpty else { return value }
        let name = ManPage.bold((names.first { $0.kind == "long" } ?? names[0]).text)
        return argument.kind == "flag" ? name : "\(name) \(value)"
    }

    private static func options(_ page: inout ManPage, _ command: CommandTree.Command) {
        page.heading("options")
        for argument in shown(command) {
            let names = (argument.names ?? []).map { ManPage.bold($0.text) }.joined(separator: ", ")
            let value = argument.kind == "flag" ? "" : ManPage.italic(argument.valueName ?? "value")
            let text = [argument.abstract, argument.discussion].compactMap(\.self).joined(separator: "\n\n")
            page.term(
                [names, value].filter { !$0.isEmpty }.joined(separator: " "),
                text + (argument.defaultValue.map { " Default: \($0)." } ?? ""))
        }
    }
}
