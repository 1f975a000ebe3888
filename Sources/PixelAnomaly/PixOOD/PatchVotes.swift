/// Labels of patches from labels of pixels, for data that has them: the most frequent label of each patch.
public struct PatchVotes: Sendable, Hashable {
    /// Label that means "ignore".
    public static let ignored: UInt8 = 255

    /// Most frequent label of each patch, row by row; the smaller one of equals.
    public let labels: [UInt8]
    /// Share of the patch's pixels that have it.
    public let shares: [Float]

    /// - Parameters:
    ///   - labels: `[height, width]`; both extents are multiples of `patch`.
    public init(labels: [UInt8], width: Int, height: Int, patch: Int) {
        precondition(labels.count == width * height && width % patch == 0 && height % patch == 0)
        var winners: [UInt8] = []
        var shares: [Float] = []
        for top in stride(from: 0, to: height, by: patch) {
            for left in stride(from: 0, to: width, by: patch) {
                var counts = [Int](repeating: 0, count: 256)
                for y in top..<top + patch {
                    for x in left..<left + patch { counts[Int(labels[y * width + x])] += 1 }
                }
                let most = counts.max() ?? 0
                winners.append(UInt8(counts.firstIndex(of: most) ?? 255))
                shares.append(Float(most) / Float(patch * patch))
            }
        }
        self.labels = winners
        self.shares = shares
    }

    /// The labels, with 255 for patches whose share is below `least`.
    public func pure(_ least: Float) -> [UInt8] {
        zip(labels, shares).map { $1 < least ? Self.ignored : $0 }
    }
}
