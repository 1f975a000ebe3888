internal import Basics
internal import Yams

/// Collects what is wrong, so that one run shows everything.
final class IssueList {
    let file: String
    private(set) var issues: [SettingsIssue] = []

    init(file: String) { self.file = file }

    func add(_ mark: Mark?, _ path: String, _ message: String) {
        issues.append(
            SettingsIssue(file: file, line: mark?.line ?? 1, column: mark?.column ?? 1, path: path, message: message))
    }

    /// In the order of the file.
    var sorted: [SettingsIssue] { issues.sorted { ($0.line, $0.column) < ($1.line, $1.column) } }
}

/// Reads the keys of one YAML mapping; what is missing, of the wrong type, out of range or unknown becomes an issue.
final class MappingReader {
    let path: String
    let issues: IssueList
    private let mapping: Node.Mapping
    private var known: [String] = []

    /// Nil, with an issue, when the node is not a mapping.
    init?(_ node: Node, _ path: String, _ issues: IssueList) {
        guard case .mapping(let mapping) = node else {
            issues.add(node.mark, path, "expected keys with values, found \(Self.kind(node))")
            return nil
        }
        self.path = path
        self.issues = issues
        self.mapping = mapping
    }

    func path(_ key: String) -> String { path.isEmpty ? key : "\(path).\(key)" }

    func fail(_ key: String, _ message: String) {
        issues.add(mapping[Node(key)]?.mark ?? mapping.mark, path(key), message)
    }

    /// The value of a key, nil when it is absent.
    func node(_ key: String) -> Node? {
        known.append(key)
        return mapping[Node(key)]
    }

    func has(_ key: String) -> Bool { mapping[Node(key)] != nil }

    func require(_ key: String) { if !has(key) { fail(key, "is missing") } }

    /// Any single value as it is written: `no` and `10` are texts, too.
    func text(_ key: String) -> String? {
        guard let node = node(key) else { return nil }
        guard case .scalar(let scalar) = node, !Self.isNothing(scalar) else {
            fail(key, "expected text, found \(Self.kind(node))")
            return nil
        }
        return scalar.string
    }

    /// A name that can stand in file names, addresses and commands.
    func identifier(_ key: String) -> String? {
        guard let text = text(key) else { return nil }
        let allowed = Set("abcdefghijklmnopqrstuvwxyz0123456789_-")
        guard !text.isEmpty, text.count <= 64, text.allSatisfy(allowed.contains) else {
            fail(key, "may have lower-case letters, digits, `-` and `_`, found `\(text.prefix(40))`")
            return nil
        }
        return text
    }

    /// A path; a relative one begins at the settings file's folder.
    func file(_ key: String, in folder: String) -> String? {
        guard let text = text(key) else { return nil }
        guard !text.isEmpty else {
            fail(key, "expected a path, found nothing")
            return nil
        }
        return text.hasPrefix("/") ? text : folder + "/" + text
    }

    func number(_ key: String, in range: ClosedRange<Double>) -> Double? {
        guard let node = node(key) else { return nil }
        guard case .scalar(let scalar) = node, scalar.style == .plain, let value = Double(scalar.string), value.isFinite
        else {
            fail(key, "expected a number, found \(Self.found(node))")
            return nil
        }
        guard range.contains(value) else {
            fail(
                key,
                "must be from \(Self.short(range.lowerBound)) to \(Self.short(range.upperBound)), is \(scalar.string)")
            return nil
        }
        return value
    }

    func integer(_ key: String, in range: ClosedRange<Int>) -> Int? {
        guard let value = number(key, in: Double(range.lowerBound)...Double(range.upperBound)) else { return nil }
        guard value == value.rounded() else {
            fail(key, "expected a whole number, found \(Self.short(value))")
            return nil
        }
        return Int(value)
    }

    func flag(_ key: String) -> Bool? {
        guard let node = node(key) else { return nil }
        if case .scalar(let scalar) = node, scalar.style == .plain {
            if scalar.string == "true" { return true }
            if scalar.string == "false" { return false }
        }
        fail(key, "expected true or false, found \(Self.found(node))")
        return nil
    }

    func choice<Value: RawRepresentable<String> & CaseIterable>(_ key: String, _: Value.Type) -> Value? {
        guard let text = text(key) else { return nil }
        if let value = Value(rawValue: text) { return value }
        let allowed = Value.allCases.map(\.rawValue)
        fail(key, "expected \(allowed.joined(separator: ", ")), found `\(text)`" + Spelling.hint(text, allowed))
        return nil
    }

    /// A list of texts, such as `[a, b]`; nil when it is absent.
    /// - Parameter allowed: what the texts may be; nil for anything.
    func texts(_ key: String, among allowed: [String]? = nil, mayBeEmpty: Bool = true) -> [String]? {
        guard let node = node(key) else { return nil }
        guard case .sequence(let list) = node else {
            fail(key, "expected a list, found \(Self.kind(node))")
            return nil
        }
        if list.isEmpty, !mayBeEmpty {
            fail(key, "expected at least one of \((allowed ?? []).joined(separator: ", "))")
        }
        return list.enumerated().compactMap { index, item in
            let place = "\(path(key))[\(index)]"
            guard case .scalar(let scalar) = item, !Self.isNothing(scalar) else {
                issues.add(item.mark, place, "expected text, found \(Self.kind(item))")
                return nil
            }
            guard let allowed, !allowed.contains(scalar.string) else { return scalar.string }
            issues.add(
                item.mark, place,
                "expected \(allowed.joined(separator: ", ")), found `\(scalar.string.prefix(40))`"
                    + Spelling.hint(scalar.string, allowed))
            return nil
        }
    }

    /// Call last: reports the keys that nobody asked for.
    func finish() {
        for (key, value) in mapping {
            let name = key.string ?? "?"
            guard !known.contains(name) else { continue }
            issues.add(key.mark ?? value.mark, path(name), "unknown key" + Spelling.hint(name, known))
        }
    }

    // MARK: - Words

    static func found(_ node: Node) -> String {
        guard case .scalar(let scalar) = node, !isNothing(scalar) else { return kind(node) }
        return "`\(scalar.string.prefix(40))`"
    }

    private static func isNothing(_ scalar: Node.Scalar) -> Bool {
        scalar.style == .plain && ["", "~", "null"].contains(scalar.string)
    }

    private static func kind(_ node: Node) -> String {
        switch node {
        case .scalar(let scalar): scalar.string.isEmpty ? "nothing" : "a single value"
        case .mapping: "keys with values"
        case .sequence: "a list"
        case .alias: "an alias"
        }
    }

    private static func short(_ value: Double) -> String {
        value == value.rounded() && abs(value) < 1e15 ? String(Int(value)) : String(value)
    }
}
