/// The page of the configuration file, from the comments of the example that is installed.
enum SettingsPage {
    private struct Entry {
        let path: String
        /// What the example has behind it; empty for a group.
        let value: String
        let meaning: String
    }

    static func page(example: String) -> ManPage {
        var page = ManPage("monitord.yaml", 5, "configuration of monitord")
        page.heading("description")
        page.prose(
            """
            YAML, with the keys below; any other is refused. Relative paths count from the file's own folder. All mistakes \
            are reported at once, with line, column and key:

                monitord --check-config --config /etc/monitord/monitord.yaml
            """)
        page.heading("keys")
        for entry in entries(example) {
            let value = entry.value.isEmpty ? "" : ": " + ManPage.italic(entry.value)
            page.term(ManPage.bold(entry.path) + value, meaning(entry))
        }
        page.heading("example")
        page.prose(example.split(separator: "\n").map { "    \($0)" }.joined(separator: "\n"))
        page.heading("see also")
        page.raw(".BR monitord (8),\n.BR monitorctl (1)")
        return page
    }

    private static func meaning(_ entry: Entry) -> String {
        if !entry.meaning.isEmpty { return entry.meaning }
        return entry.value.isEmpty ? "What follows, with its name before it." : "See above."
    }

    private static func entries(_ example: String) -> [Entry] {
        var entries: [Entry] = []
        var prose: [String] = []
        var parents: [(indent: Int, key: String)] = []
        for line in example.split(separator: "\n", omittingEmptySubsequences: false) {
            let indent = line.prefix { $0 == " " }.count
            var rest = line.dropFirst(indent)
            let isComment = rest.hasPrefix("#")
            if isComment { rest = rest.dropFirst(rest.hasPrefix("# ") ? 2 : 1) }
            let inner = rest.prefix { $0 == " " }.count
            guard let (key, value, remark) = pair(rest.dropFirst(inner)) else {
                if isComment { prose.append(String(rest)) } else { prose = [] }
                continue
            }
            let isItem = rest.dropFirst(inner).hasPrefix("- ")
            let depth = indent + inner + (isItem ? 2 : 0)
            parents.removeAll { $0.indent >= depth }
            let path = (parents.map(\.key) + [key]).joined(separator: ".")
            let meaning = (prose + (remark.isEmpty ? [] : [remark])).joined(separator: "\n")
            entries.append(Entry(path: path, value: value, meaning: meaning))
            if value.isEmpty { parents.append((depth, key)) }
            prose = []
        }
        return entries
    }

    /// A key with its value, which is one word or in brackets: prose with a colon in it is none.
    private static func pair(_ text: Substring) -> (key: String, value: String, remark: String)? {
        let text = text.hasPrefix("- ") ? text.dropFirst(2) : text
        let key = text.prefix { $0.isLowercase || $0 == "_" || $0.isNumber }
        guard !key.isEmpty, text.dropFirst(key.count).first == ":" else { return nil }
        let rest = text.dropFirst(key.count + 1)
        let parts = rest.split(separator: " #", maxSplits: 1, omittingEmptySubsequences: false)
        let value = parts[0].trimmed
        let isBracketed =
            ["{", "["].contains(value.first.map(String.init) ?? "")
            && ["}", "]"].contains(value.last.map(String.init) ?? "")
        guard rest.isEmpty || rest.hasPrefix(" "), isBracketed || !value.contains(" ") else { return nil }
        return (String(key), value, parts.count > 1 ? parts[1].trimmed : "")
    }
}

extension Substring {
    fileprivate var trimmed: String {
        var text = self
        while text.first == " " { text.removeFirst() }
        while text.last == " " { text.removeLast() }
        return String(text)
    }
}
