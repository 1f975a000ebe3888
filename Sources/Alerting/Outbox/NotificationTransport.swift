/// What became of an attempt to deliver.
public enum DeliveryOutcome: Sendable, Hashable {
    /// The target has it.
    case delivered
    /// The target cannot be reached, or did not answer in time.
    case unreachable(String)
    /// The target cannot take it now; `after` is what it asked for, if it did.
    case busy(String, after: Duration? = nil)
    /// The target failed with it; after some attempts it is given up.
    case failed(String)
    /// The target will never take it.
    case rejected(String)

    /// Why it was not delivered; nil when it was. Never with a secret.
    public var reason: String? {
        switch self {
        case .delivered: nil
        case .unreachable(let reason), .busy(let reason, _), .failed(let reason), .rejected(let reason): reason
        }
    }
}

/// The way to one target. Called on one thread of its own, but for `stop` and `interrupt`.
public protocol NotificationTransport: Sendable {
    /// Called once, before anything is delivered.
    func start()
    /// Returns within the transport's own time limit, soon after `interrupt`.
    func deliver(_ notification: EventNotice) -> DeliveryOutcome
    /// Something changed at a camera, whether there is a notification or not.
    func refresh()
    /// The daemon stops: an attempt that is under way is to end. From any thread.
    func interrupt()
    /// Called once at the end, when nothing is delivered any more.
    func stop()
}

extension NotificationTransport {
    public func start() {}
    public func refresh() {}
    public func interrupt() {}
    public func stop() {}
}
