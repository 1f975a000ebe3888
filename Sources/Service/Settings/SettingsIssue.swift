/// One thing that is wrong in a settings file.
public struct SettingsIssue: Sendable, Hashable, CustomStringConvertible {
    public let file: String
    /// From 1.
    public let line: Int
    public let column: Int
    /// Such as `cameras[1].rules.enter`; empty when the file as a whole is meant.
    public let path: String
    public let message: String

    /// `file:line:column: path: message`.
    public var description: String { "\(file):\(line):\(column): \(path.isEmpty ? "" : path + ": ")\(message)" }
}
