/// Why learning, loading or running the pixel detector was refused: what is wrong and what to do.
public struct PixelAnomalyError: Error, CustomStringConvertible {
    public enum Code: String, Sendable {
        /// Too few patches, or none of a class.
        case notEnoughData
        /// A number that should be finite is not.
        case notFinite
        /// A profile or checkpoint holds tensors that do not belong together.
        case inconsistentFile
        /// A profile was learned from features of another width.
        case wrongFeatures
    }

    public let code: Code
    public let message: String
    public let cause: (any Error)?

    public init(_ code: Code, _ message: String, cause: (any Error)? = nil) {
        self.code = code
        self.message = message
        self.cause = cause
    }

    public var description: String { cause.map { "\(message): \($0)" } ?? message }
}
