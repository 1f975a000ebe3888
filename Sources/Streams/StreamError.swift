/// Why a source gives no frames. The message says what, where and what to do, and never holds credentials.
public struct StreamError: Error, Sendable, Hashable, CustomStringConvertible {
    public enum Code: String, Sendable {
        /// The address is malformed or of a kind that is not supported.
        case unsupportedSource
        /// The file or folder does not exist.
        case missingFile
        /// The file exists but may not be read.
        case notReadable
        /// The file is not a video, or too damaged to open.
        case notVideo
        /// The container holds no video stream.
        case noVideoStream
        /// No decoder for this codec is installed.
        case unsupportedCodec
        /// The camera cannot be reached: refused, no route, unknown name.
        case unreachable
        /// The camera did not answer in time.
        case timedOut
        /// User name or password were refused.
        case authenticationRefused
        /// The camera has no stream at this path.
        case noSuchStream
        /// The stream stopped without being closed.
        case stalled
        /// The camera closed the connection.
        case connectionLost
        /// The bitstream is damaged beyond recovery.
        case damaged
        /// The decoder process died or broke the rules.
        case decoderFailed
        /// The decoder program is not installed.
        case decoderMissing
        /// The work was stopped on request.
        case stopped
        /// Memory or another resource of this machine is exhausted.
        case outOfResources
    }

    public let code: Code
    public let message: String

    public init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    public var description: String { message }
}
