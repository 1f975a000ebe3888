/// Why a target of notifications cannot be used at all, in one line for the operator. Never contains a secret.
public struct NotifyingError: Error, CustomStringConvertible {
    public enum Code: String, Sendable, Hashable {
        /// An address that makes no sense.
        case address
        /// A library that refuses its settings.
        case library
    }

    public let code: Code
    public let message: String

    init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    public var description: String { message }
}
