public import Alerting
internal import FoundationEssentials

/// What the daemon can be asked on its control socket: one line, a word and perhaps an argument.
///
/// | line | reply |
/// |---|---|
/// | `status` | a `DaemonStatus` |
/// | `ack {"event":"01a1fdf9","label":"false","note":"shadow"}` | an `AckOutcome`; `label` is `false`, `confirm` or `none` |
/// | `notify-test phone` | a `NotificationTest`: a message for the target `phone` waits to be delivered |
/// | `profile-changed yard` | `{}`; another version of the profile `yard` is in force |
///
/// A request that fails is answered with a `ControlFailure`.
public enum ControlRequest: Sendable, Hashable {
    case status
    case acknowledge(AckRequest)
    case testNotification(target: String)
    case profileChanged(profile: String)

    private static let words = "status, ack, notify-test, profile-changed"

    /// Reads a request line.
    /// - Throws: `ControlError` (`malformed`).
    public init(line: String) throws(ControlError) {
        let word = line.prefix { $0 != " " }
        let argument = line.dropFirst(word.count + 1)
        switch (word, argument.isEmpty) {
        case ("status", true): self = .status
        case ("ack", false):
            do {
                self = .acknowledge(try JSONDecoder().decode(AckRequest.self, from: Data(argument.utf8)))
            } catch {
                throw ControlError(
                    .malformed, #"ack needs an object such as {"event":"01a1fdf9","label":"false"} behind it"#)
            }
        case ("notify-test", false): self = .testNotification(target: String(argument))
        case ("profile-changed", false): self = .profileChanged(profile: String(argument))
        default: throw ControlError(.malformed, "unknown request; known are: \(Self.words)")
        }
    }

    /// The request as a line, without its line feed.
    public var line: String {
        switch self {
        case .status: "status"
        case .acknowledge(let request): "ack " + controlJSON(request)
        case .testNotification(let target): "notify-test \(target)"
        case .profileChanged(let profile): "profile-changed \(profile)"
        }
    }
}

/// The reply to a request that could not be carried out.
struct ControlFailure: Codable {
    let error: String
    /// Names the reason for programs, such as `unknownEvent`.
    let code: String?
}

/// A test message that waits to be delivered.
public struct NotificationTest: Codable, Sendable, Hashable {
    /// The message's.
    public let id: String

    public init(id: String) { self.id = id }
}

/// Replies of the daemon, one line of JSON each.
public enum ControlReply {
    public static let done = "{}"

    public static func result(_ outcome: AckOutcome) -> String { controlJSON(outcome) }

    public static func result(_ test: NotificationTest) -> String { controlJSON(test) }

    public static func failure(_ error: any Error) -> String {
        switch error {
        case let error as StoreError: controlJSON(ControlFailure(error: error.message, code: error.code.rawValue))
        case let error as ControlError: controlJSON(ControlFailure(error: error.message, code: error.code.rawValue))
        default: controlJSON(ControlFailure(error: "\(error)", code: nil))
        }
    }
}

extension ControlClient {
    /// Has a running daemon label an event, or take its label back.
    /// - Throws: `ControlError`: `refused` with the daemon's reason, and as `ask(_:at:)`.
    public static func acknowledge(_ request: AckRequest, at path: String) throws(ControlError) -> AckOutcome {
        let reply = try ask(.acknowledge(request), at: path)
        guard let outcome = try? JSONDecoder().decode(AckOutcome.self, from: Data(reply.utf8)) else {
            throw ControlError(.noReply, "\(path): monitord answers what this program does not understand: \(reply)")
        }
        return outcome
    }

    /// Has a running daemon send a test message to a target.
    /// - Throws: `ControlError`: `refused` with the daemon's reason, and as `ask(_:at:)`.
    public static func testNotification(to target: String, at path: String) throws(ControlError) -> NotificationTest {
        let reply = try ask(.testNotification(target: target), at: path)
        guard let test = try? JSONDecoder().decode(NotificationTest.self, from: Data(reply.utf8)) else {
            throw ControlError(.noReply, "\(path): monitord answers what this program does not understand: \(reply)")
        }
        return test
    }

    /// Sends a request and returns the reply.
    /// - Throws: `ControlError`: `refused` with the daemon's reason, and as `ask(_:at:)` of a line.
    @discardableResult
    public static func ask(_ request: ControlRequest, at path: String) throws(ControlError) -> String {
        let reply = try ask(request.line, at: path)
        if let failure = try? JSONDecoder().decode(ControlFailure.self, from: Data(reply.utf8)) {
            throw ControlError(.refused, failure.error, refusal: failure.code)
        }
        return reply
    }
}

/// One line of JSON.
func controlJSON(_ value: some Encodable) -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    // Strings and integers always encode.
    return (try? encoder.encode(value)).map { String(decoding: $0, as: UTF8.self) } ?? "{}"
}
