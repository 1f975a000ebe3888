/// Why a model file was refused: what is wrong, in which file and tensor, and what to do.
public struct ModelFileError: Error, CustomStringConvertible, Sendable {
    public enum Code: String, Sendable {
        case unreadable, notAModel, truncated, badHeader, missingTensor, wrongShape, wrongType, notFinite
        case badCard, checksumMismatch, unwritable
    }

    public let code: Code
    public let message: String

    public init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    public var description: String { message }
}
