public import Alerting

/// The way to a target whose settings cannot be used, such as one without its key: what it should be told waits.
public struct MissingTransport: NotificationTransport {
    private let reason: String

    public init(reason: String) { self.reason = reason }

    public func deliver(_: EventNotice) -> DeliveryOutcome { .unreachable(reason) }
}
