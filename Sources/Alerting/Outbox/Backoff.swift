internal import Basics

/// How long to wait after attempts that failed: twice as long each time, from a second up to a cap, give or take a
/// quarter, so that those who failed together do not come back together.
public struct Backoff: Sendable {
    static let first: Duration = .seconds(1)
    private let cap: Duration
    private var random: SeededGenerator

    public init(cap: Duration, seed: UInt64) {
        self.cap = cap
        random = SeededGenerator(seed: seed)
    }

    /// - Parameter failures: in a row, from 1.
    public mutating func delay(after failures: Int) -> Duration {
        let doubled = Self.first * (1 << min(max(failures - 1, 0), 20))
        return min(doubled, cap) * random.uniform(in: 0.75..<1.25)
    }
}
