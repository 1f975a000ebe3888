/// Why learning what is normal did not succeed: what is wrong and what to do.
public struct ObjectAnomalyError: Error, CustomStringConvertible, Sendable {
    public enum Code: String, Sendable {
        case tooFewObjects, notFinite, notPositiveDefinite, diverged, cancelled
    }

    public let code: Code
    public let message: String

    public init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    static let cancelled = ObjectAnomalyError(.cancelled, "learning was stopped")

    public var description: String { message }
}
