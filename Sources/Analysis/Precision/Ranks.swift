/// Statistics that depend on the order of values only.
package enum Ranks {
    /// The rank of every value, from 1; equal values share the mean of their ranks.
    package static func of(_ values: [Float]) -> [Double] {
        let order = values.indices.sorted { values[$0] < values[$1] }
        var ranks = [Double](repeating: 0, count: values.count)
        var start = 0
        while start < order.count {
            var end = start + 1
            while end < order.count, values[order[end]] == values[order[start]] { end += 1 }
            for place in start..<end { ranks[order[place]] = Double(start + end + 1) / 2 }
            start = end
        }
        return ranks
    }

    /// Spearman's correlation; 1 when both are constant, 0 when one of them is.
    package static func correlation(_ left: [Float], _ right: [Float]) -> Double {
        precondition(left.count == right.count)
        let (a, b) = (of(left), of(right))
        let mean = Double(left.count + 1) / 2
        var (product, first, second) = (0.0, 0.0, 0.0)
        for index in a.indices {
            product += (a[index] - mean) * (b[index] - mean)
            first += (a[index] - mean) * (a[index] - mean)
            second += (b[index] - mean) * (b[index] - mean)
        }
        guard first > 0, second > 0 else { return first == second ? 1 : 0 }
        return product / (first * second).squareRoot()
    }

    /// Share of the pairs of a marked and an unmarked value in which the marked one is higher, ties counted half; nil
    /// without a pair.
    package static func separation(_ values: [Float], marked: [Bool]) -> Double? {
        precondition(values.count == marked.count)
        let positives = Double(marked.filter { $0 }.count)
        let negatives = Double(values.count) - positives
        guard positives > 0, negatives > 0 else { return nil }
        let sum = zip(of(values), marked).reduce(0) { $1.1 ? $0 + $1.0 : $0 }
        return (sum - positives * (positives + 1) / 2) / (positives * negatives)
    }
}
