/// Why a scene could not be written or read back.
public struct ScenesError: Error, Sendable, CustomStringConvertible {
    public enum Code: String, Sendable {
        /// The encoder or container is not part of the installed libav.
        case unsupportedCodec
        /// A picture does not have the size or format that was announced.
        case wrongPicture
        /// The file could not be created or written.
        case cannotWrite
        /// The file could not be read or is not what it should be.
        case cannotRead
        /// libav refused the settings or a picture.
        case encodingFailed
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
