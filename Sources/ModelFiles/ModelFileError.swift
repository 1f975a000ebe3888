/// Why a model file was refused: what is wrong, in which file and tensor, and what to do.
public struct ModelFileError: Error, CustomStringConvertible, Sendable {
    public enum Code: String, Sendable {
        case unreadable, notAModel, truncated, badHeader, missingTensor, wrongShape, wrongType, notFinite
        case badCard, checksumMismatch, unwritable
        /// A tensor that no known network has.
        case unexpectedTensor
        /// A checkpoint that asks for what only a Python interpreter could do.
        case forbidden
        /// More of something than any model needs.
        case tooLarge
    }

    public let code: Code
    public let message: String

    public init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    public var description: String { message }
}
