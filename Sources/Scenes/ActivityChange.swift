/// From some time on, more or fewer agents come by.
public struct ActivityChange: Sendable, Codable, Hashable {
    /// When, in seconds.
    public var second: Double
    /// Mean number of normal agents that enter the view per minute; 0 and up.
    public var agentsPerMinute: Double

    public init(second: Double, agentsPerMinute: Double) {
        self.second = second
        self.agentsPerMinute = agentsPerMinute
    }
}
