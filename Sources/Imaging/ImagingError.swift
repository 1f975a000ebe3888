/// What went wrong with a picture.
public struct ImagingError: Error, CustomStringConvertible {
    public enum Code: String, Sendable, Hashable {
        /// Not a picture of the expected kind, or damaged.
        case malformed
        /// Larger than this program reads.
        case tooLarge
        /// The codec refused the pixels.
        case encoding
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
