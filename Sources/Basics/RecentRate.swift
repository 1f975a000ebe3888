/// How often something happened lately: counts of the last ten whole seconds.
public struct RecentRate: Sendable, Hashable {
    private var counts = [Int](repeating: 0, count: Self.length + 1)
    private var second: Int64?
    private var first: Int64 = 0

    private static let length = 10

    public init() {}

    public mutating func add(at now: MonotonicTime) {
        advance(to: now)
        counts[0] += 1
    }

    /// Per second; 0 within the first second.
    public mutating func perSecond(at now: MonotonicTime) -> Double {
        advance(to: now)
        guard let second, second > first else { return 0 }
        return Double(counts.dropFirst().reduce(0, +)) / Double(min(Int64(Self.length), second - first))
    }

    /// The second under way is in front.
    private mutating func advance(to now: MonotonicTime) {
        let current = now.nanoseconds / 1_000_000_000
        guard let last = second else {
            (first, second) = (current, current)
            return
        }
        guard current > last else { return }
        let steps = Int(min(current - last, Int64(counts.count)))
        counts = Array([Int](repeating: 0, count: steps) + counts.dropLast(steps))
        second = current
    }
}
