/// How long something takes, as counts in buckets that grow by an eighth of an octave each: quantiles are off by less than
/// ten per cent, adding costs next to nothing. The latest few thousand values count; older ones fade.
public struct LatencyHistogram: Sendable, Hashable {
    private var counts = [UInt32](repeating: 0, count: Self.buckets)
    private var sum: UInt32 = 0
    /// Values added since the beginning.
    public private(set) var count: UInt64 = 0

    private static let perOctave = 8
    /// From 1 µs to more than an hour.
    private static let buckets = 32 * perOctave
    /// With so many values all counts are halved.
    private static let most: UInt32 = 4096

    public init() {}

    /// Negative values, which only a defect makes, count as none.
    public mutating func add(_ duration: Duration) {
        counts[Self.bucket(max(0, duration.nanoseconds) / 1000)] += 1
        sum += 1
        count += 1
        guard sum >= Self.most else { return }
        for index in counts.indices { counts[index] /= 2 }
        sum = counts.reduce(0, +)
    }

    /// The value that a share of all values does not exceed, such as 0.5 or 0.99; nil without values.
    public func quantile(_ share: Double) -> Duration? {
        guard sum > 0 else { return nil }
        let wanted = max(1, (share * Double(sum)).rounded(.up))
        var passed = 0.0
        for (index, count) in counts.enumerated() {
            passed += Double(count)
            if passed >= wanted { return .microseconds(Self.microseconds(index)) }
        }
        return .microseconds(Self.microseconds(Self.buckets - 1))
    }

    private static func bucket(_ microseconds: Int64) -> Int {
        guard microseconds > 0 else { return 0 }
        let octave = 63 - microseconds.leadingZeroBitCount
        // The octave's next three bits.
        let part = octave >= 3 ? microseconds >> Int64(octave - 3) & 7 : microseconds << Int64(3 - octave) & 7
        return min(buckets - 1, octave * perOctave + Int(part))
    }

    /// The middle of a bucket.
    private static func microseconds(_ bucket: Int) -> Double {
        let (octave, part) = bucket.quotientAndRemainder(dividingBy: perOctave)
        return Double(UInt64(1) << UInt64(octave)) * (1 + (Double(part) + 0.5) / Double(perOctave))
    }
}
