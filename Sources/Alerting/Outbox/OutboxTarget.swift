/// Somebody who wants to be told of events: what, how often, and for how long it is kept while he cannot be reached.
/// How he is reached is his transport's matter.
public struct OutboxTarget: Sendable, Hashable {
    public enum Transport: String, Sendable, Hashable, CaseIterable {
        case exec, webhook, mqtt
    }

    /// Unique; totals and what waits are kept under it.
    public var name: String
    public var transport: Transport
    /// Empty: all.
    public var cameras: [String] = []
    /// Of either sort of event, as they are printed; empty: all.
    public var kinds: [String] = []
    /// Of anomalies; camera events have none and pass.
    public var minimumSurprise: Float = 0
    public var moments: [NotifyMoment] = [.opened, .closed]
    public var cooldown = Cooldown.Rules()
    /// What waited for longer is dropped.
    public var keepTime: Duration = .seconds(72 * 3600)
    /// When more wait than this, the oldest are dropped.
    public var keepCount = 10_000

    public init(name: String, transport: Transport) {
        self.name = name
        self.transport = transport
    }
}
