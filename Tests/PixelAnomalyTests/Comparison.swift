/// Largest absolute difference; infinite when the counts differ.
func worst(_ left: [Float], _ right: [Float]) -> Float {
    guard left.count == right.count else { return .infinity }
    return zip(left, right).map { abs($0 - $1) }.max() ?? 0
}

/// Largest absolute difference relative to the largest expected value.
func relativeWorst(_ found: [Float], _ expected: [Float]) -> Float {
    worst(found, expected) / max(1e-30, expected.map(abs).max() ?? 0)
}

/// Median absolute difference.
func medianError(_ left: [Float], _ right: [Float]) -> Float {
    guard left.count == right.count, !left.isEmpty else { return .infinity }
    return zip(left, right).map { abs($0 - $1) }.sorted()[left.count / 2]
}
