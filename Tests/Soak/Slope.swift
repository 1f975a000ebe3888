/// How fast a value grows, from samples in the order of their times.
struct Slope {
    /// Per unit of time, and its standard error.
    let value: Double
    let error: Double

    /// Growth from block to block of samples: what grew once tells little, whereas a leak grows in every block. The
    /// samples of one block depend on each other too much to be counted one by one.
    ///
    /// - Parameter points: at least as many as `blocks`.
    init(_ points: [(time: Double, value: Double)], blocks: Int = 8) {
        let size = points.count / blocks
        let middles = (0..<blocks).map { block -> (time: Double, value: Double) in
            let members = points[block * size..<(block + 1) * size]
            return (members.map(\.time).sorted()[size / 2], members.map(\.value).sorted()[size / 2])
        }
        let steps = zip(middles, middles.dropFirst()).map { ($1.value - $0.value) / ($1.time - $0.time) }
        let mean = steps.reduce(0.0, +) / Double(steps.count)
        let spread = steps.reduce(0.0) { $0 + ($1 - mean) * ($1 - mean) } / Double(steps.count - 1)
        value = mean
        error = (spread / Double(steps.count)).squareRoot()
    }
}
