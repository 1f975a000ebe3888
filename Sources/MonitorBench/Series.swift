import Basics

/// Durations of one piece of work, done again and again.
struct Series {
    private(set) var durations: [Duration] = []

    mutating func add(_ duration: Duration) { durations.append(duration) }

    private func milliseconds(atShare share: Double) -> Double {
        let sorted = durations.sorted()
        guard !sorted.isEmpty else { return 0 }
        return Double(sorted[min(sorted.count - 1, Int(share * Double(sorted.count)))].nanoseconds) / 1e6
    }

    var median: Double { milliseconds(atShare: 0.5) }
    var best: Double { milliseconds(atShare: 0) }
    var p95: Double { milliseconds(atShare: 0.95) }
    var p99: Double { milliseconds(atShare: 0.99) }
    var worst: Double { milliseconds(atShare: 1) }
}
