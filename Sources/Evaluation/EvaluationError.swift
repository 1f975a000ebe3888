/// What is wrong with a data set.
public struct EvaluationError: Error, CustomStringConvertible {
    public enum Code: String, Sendable, Hashable {
        /// A file or folder does not exist or cannot be read.
        case missing
        /// Not in the expected form.
        case malformed
    }

    public let code: Code
    public let message: String
    public let cause: (any Error)?

    public init(_ code: Code, _ message: String, cause: (any Error)? = nil) {
        self.code = code
        self.message = message
        self.cause = cause
    }

    public var description: String { message }
}
