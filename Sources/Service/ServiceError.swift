/// What keeps the service from starting, in words for its operator. Never contains a secret.
public struct ServiceError: Error, CustomStringConvertible {
    public enum Code: String, Sendable, Hashable {
        /// The settings file cannot be read.
        case unreadable
        /// The settings are wrong; `issues` says where.
        case settings
        /// A password file cannot be used.
        case secret
    }

    public let code: Code
    /// One line per problem.
    public let message: String
    public let issues: [SettingsIssue]
    public let cause: (any Error)?

    public init(_ code: Code, _ message: String, issues: [SettingsIssue] = [], cause: (any Error)? = nil) {
        self.code = code
        self.message = message
        self.issues = issues
        self.cause = cause
    }

    public var description: String { message }
}
