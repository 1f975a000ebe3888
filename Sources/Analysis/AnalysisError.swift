/// Why a frame cannot be analysed or a profile cannot be learned or loaded: what, where, and what to do.
public struct AnalysisError: Error, CustomStringConvertible, Sendable {
    public enum Code: String, Sendable {
        case unsupportedModel, badModel
        case missingProfile, badProfile, profileOfOtherModel, unwritableProfile
        case alreadyLearning, tooLittleMaterial, rejectedResult, cancelled
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
