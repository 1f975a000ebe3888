/// A curve on one line of text.
struct Sparkline {
    /// Points nearer than this, in milliseconds, have no gap between them: tracks are thinned.
    private static let longestStep: Int64 = 2000

    /// Highest value in each column; nil where nothing was measured.
    let columns: [Float?]
    let low: Float
    let high: Float

    /// - Parameter points: places along the horizontal axis in milliseconds, ascending, with their values.
    /// - Returns: nil with fewer than two points, which make no curve.
    init?(_ points: [(place: Int64, value: Float)], width: Int) {
        guard points.count > 1, let first = points.first?.place, let last = points.last?.place, last > first else {
            return nil
        }
        let count = max(2, min(width, points.count))
        var columns = [Float?](repeating: nil, count: count)
        var before = points[0]
        for point in points {
            func column(_ place: Int64) -> Int { Int(Int64(count) * (place - first) / (last - first + 1)) }
            if point.place - before.place <= Self.longestStep {
                for column in column(before.place)..<column(point.place) where columns[column] == nil {
                    columns[column] = before.value
                }
            }
            let column = column(point.place)
            columns[column] = max(columns[column] ?? -.infinity, point.value)
            before = point
        }
        self.columns = columns
        low = points.map(\.value).min() ?? 0
        high = points.map(\.value).max() ?? 0
    }

    /// With block characters, or in ASCII; gaps stay empty.
    func text(blocks: Bool) -> String {
        let steps = Array(blocks ? "▁▂▃▄▅▆▇█" : "_.-=+*#@")
        return String(
            columns.map { value in
                guard let value else { return " " }
                let share = high > low ? (value - low) / (high - low) : 1
                return steps[min(steps.count - 1, Int(share * Float(steps.count)))]
            })
    }
}
