internal import CKernels

/// Per-channel shift and scale learned from data: `x' = (x - median) / deviation`.
public struct Whitening: Sendable, Hashable {
    /// Lower median of each channel, `[D]`.
    public let median: [Float]
    /// Unbiased standard deviation of each channel, `[D]`; 1 for a channel that does not vary.
    public let deviation: [Float]
    /// What is added before the scale is multiplied.
    private let shift: [Float]
    private let scale: [Float]

    public var dimension: Int { median.count }

    public init(median: [Float], deviation: [Float]) {
        precondition(median.count == deviation.count)
        self.median = median
        self.deviation = deviation.map { $0 > 0 && $0.isFinite ? $0 : 1 }
        shift = median.map { -$0 }
        scale = self.deviation.map { 1 / $0 }
    }

    /// Learns from `count` rows of `dimension` numbers, `stride` apart.
    public init(rows: UnsafePointer<Float>, count: Int, dimension: Int, stride: Int) {
        var median = [Float](repeating: 0, count: dimension)
        var deviation = [Float](repeating: 0, count: dimension)
        var scratch = [Float](repeating: 0, count: max(1, count))
        ck_column_statistics(rows, count, dimension, stride, &median, &deviation, &scratch)
        self.init(median: median, deviation: deviation)
    }

    /// Whitens `count` rows into dense rows at `output`, which may be `rows` itself when they are dense.
    package func apply(
        _ rows: UnsafePointer<Float>, count: Int, stride: Int, into output: UnsafeMutablePointer<Float>
    ) {
        ck_affine_rows(rows, count, dimension, stride, shift, scale, output, dimension)
    }

    /// `x' * deviation + median` of one whitened row.
    func undo(_ row: UnsafePointer<Float>, into output: UnsafeMutablePointer<Float>) {
        for index in 0..<dimension { output[index] = row[index] * deviation[index] + median[index] }
    }
}
