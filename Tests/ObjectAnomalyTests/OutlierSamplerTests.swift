import Glibc
import ObjectAnomaly
import Tensors
import Testing

@Suite struct OutlierSamplerTests {
    /// Two classes in eight dimensions with a common, correlated covariance.
    private func gaussians() throws -> TiedGaussians {
        var world = SyntheticObjects(width: 8, seed: 21)
        var queues = ClassQueues(classes: 2, capacity: 400, width: 8)
        for label in 0..<2 {
            for _ in 0..<400 {
                var row = (0..<8).map { _ in world.normal() }
                for column in 1..<8 { row[column] = 0.6 * row[column - 1] + 0.5 * row[column] + Float(3 * label) }
                queues.append(row, to: label)
            }
        }
        return try TiedGaussians(queues)
    }

    /// Largest distance between the two samples' empirical distributions, scaled so that 1.63 is exceeded by chance in
    /// one case of a hundred (Kolmogorov and Smirnov).
    private func distance(_ a: [Float], _ b: [Float]) -> Double {
        let (left, right) = (a.sorted(), b.sorted())
        var largest = 0.0
        var j = 0
        for (i, value) in left.enumerated() {
            while j < right.count && right[j] <= value { j += 1 }
            largest = max(largest, abs(Double(i + 1) / Double(left.count) - Double(j) / Double(right.count)))
        }
        let size = Double(left.count * right.count) / Double(left.count + right.count)
        return largest * size.squareRoot()
    }

    @Test(arguments: [1, 30])
    func `Outliers by their length are distributed as the least likely of many draws`(_ draws: Int) throws {
        let gaussians = try gaussians()
        var shortcut = OutlierSampler(drawsPerOutlier: draws, seed: 5)
        var literal = OutlierSampler(drawsPerOutlier: draws, seed: 6)
        let perClass = 600
        let fast = shortcut.outliers(of: gaussians, perClass: perClass)
        let slow = literal.outliersLiterally(of: gaussians, perClass: perClass)
        let classes = (0..<2 * perClass).map { Int32($0 / perClass) }
        let density = distance(
            gaussians.logDensities(fast, classes: classes), gaussians.logDensities(slow, classes: classes))
        #expect(density < 1.95, "density: \(density)")
        for label in 0..<2 {
            for column in 0..<8 {
                func values(_ rows: Tensor) -> [Float] {
                    (label * perClass..<(label + 1) * perClass).map { rows.row($0)[column] }
                }
                let found = distance(values(fast), values(slow))
                #expect(found < 2.2, "class \(label), column \(column): \(found)")
            }
        }
    }

    @Test func `Squared lengths have the mean of the largest of many chi-square numbers`() throws {
        let gaussians = try gaussians()
        var sampler = OutlierSampler(drawsPerOutlier: 1, seed: 1)
        let rows = sampler.outliers(of: gaussians, perClass: 4000)
        let classes = (0..<8000).map { Int32($0 / 4000) }
        var constant = 0.5 * 8 * 1.8378770664
        for index in 0..<8 { constant += log(Double(gaussians.factor.row(index)[index])) }
        let squares = gaussians.logDensities(rows, classes: classes).map { -2 * (Double($0) + constant) }
        let mean = squares.reduce(0, +) / 8000
        let variance = squares.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / 8000
        // A single chi-square number with 8 degrees of freedom: mean 8, variance 16.
        #expect(abs(mean - 8) < 0.2 && abs(variance - 16) < 1.6, "\(mean), \(variance)")
    }

    @Test(arguments: [1, 2, 63, 64, 65, 130, 200])
    func `The factor times its transpose is the covariance`(_ width: Int) throws {
        var world = SyntheticObjects(width: width, seed: UInt64(width))
        let kinds = [world.kind()]
        let rows = world.objects(kinds, count: 2 * width + 5, scatter: 1)
        var queues = ClassQueues(classes: 1, capacity: rows.shape[0], width: width)
        for row in 0..<rows.shape[0] { queues.append(rows.row(row), to: 0) }
        let gaussians = try TiedGaussians(queues)
        let product = Tensor([width, width])
        multiply(
            m: width, n: width, k: width, gaussians.factor.pointer, lda: width, .none, gaussians.factor.pointer,
            ldb: width,
            .transposed, into: product.pointer, ldc: width)
        expectClose(product.array, gaussians.covariance.array, within: 1e-4, "L L^T")
        for row in 0..<width {
            #expect((row + 1..<max(row + 1, width)).allSatisfy { gaussians.factor.row(row)[$0] == 0 })
        }
    }

    @Test func `A class without rows gets the mean of all and others stay as they are`() throws {
        var queues = ClassQueues(classes: 3, capacity: 2, width: 2)
        for (row, label) in [([Float(9), 9], 0), ([1, 2], 0), ([3, 4], 0), ([5, 0], 2)] {
            queues.append(row, to: label)
        }
        #expect(queues.count(0) == 2 && queues.total == 3)
        let gaussians = try TiedGaussians(queues)
        #expect(gaussians.means.array == [2, 3, 3, 2, 5, 0])
        #expect(throws: ObjectAnomalyError.self) { try TiedGaussians(ClassQueues(classes: 1, capacity: 1, width: 1)) }
    }
}
