internal import CKernels
internal import Tensors

/// Sums of the rows that each etalon attracted, for methods with hard assignments.
struct EtalonMeans {
    /// `[count, dimension]`
    fileprivate var sums: [Double]
    fileprivate var counts: [Int64]

    init(count: Int, dimension: Int) {
        sums = [Double](repeating: 0, count: count * dimension)
        counts = [Int64](repeating: 0, count: count)
    }
}

extension Condensation {
    /// Adds a batch to the sums of its nearest etalons, and to their support.
    /// - Returns: mean squared distance (with the factor 100 / sqrt(D)), summed over the classes present.
    func gather(_ data: Tensor, labels: [Int32]) -> Double {
        sortByClass(data, labels: labels)
        var loss = 0.0
        for label in 0..<classCount where !classRanges[label].isEmpty {
            let range = classRanges[label]
            let (index, squares) = nearestEtalons(label)
            var own = [Int64](repeating: 0, count: capacity)
            means.sums.withUnsafeMutableBufferPointer { sums in
                guard let start = sums.baseAddress else { return }
                ck_group_sums(
                    rows.pointer + range.lowerBound * dimension, index, range.count, dimension,
                    start + label * capacity * dimension, &own)
            }
            for (etalon, count) in own.enumerated() { means.counts[label * capacity + etalon] += count }
            loss += squares.reduce(0.0) { $0 + Double($1) } * 10_000 / Double(dimension) / Double(range.count)
            updateSupport(label, weightSums: own.map(Double.init)[...], rowCount: range.count)
        }
        return loss
    }

    /// Moves every etalon to the mean of the rows it attracted since the last time; one without any stays.
    func moveToMeans() {
        for (etalon, count) in means.counts.enumerated() where count > 0 {
            let centre = centres.values.pointer + etalon * dimension
            for column in 0..<dimension {
                centre[column] = Float(means.sums[etalon * dimension + column] / Double(count))
            }
        }
        means = EtalonMeans(count: means.counts.count, dimension: dimension)
    }
}
