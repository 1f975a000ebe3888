/// What the store tells besides events: one line each, for the log.
public struct StoreNews: Sendable, Hashable, CustomStringConvertible {
    public enum Gravity: String, Sendable, Hashable {
        /// Done in good order.
        case note
        /// The history goes on with less than it should have.
        case warning
        /// An operator must act.
        case error
    }

    public let gravity: Gravity
    public let text: String

    init(_ gravity: Gravity, _ text: String) {
        self.gravity = gravity
        self.text = text
    }

    public var description: String { text }
}
