import Basics
import Foundation
import PixelAnomaly
import Tensors
import Testing

@Suite struct EtalonMethodTests {
    private static let dimension = 5
    private static let etalons = 4

    private static func random(_ shape: Shape, seed: UInt64) -> Tensor {
        var generator = SeededGenerator(seed: seed)
        let tensor = Tensor(shape)
        for index in 0..<tensor.count { tensor[index] = Float(generator.uniform(in: -1..<1)) }
        return tensor
    }

    /// Two classes whose whitening changes nothing.
    private static func condensation(_ method: EtalonMethod, etalons: Int = etalons) -> Condensation {
        var settings = CondensationSettings()
        settings.method = method
        settings.etalonsPerClass = etalons
        let total = method == .singleMean ? 2 : 2 * etalons
        let scales = random([total], seed: 8)
        for index in 0..<total { scales[index] -= 4 }
        return Condensation(
            settings: settings,
            whitening: Whitening(
                median: Array(repeating: 0, count: dimension), deviation: Array(repeating: 1, count: dimension)),
            classCount: 2, centres: random([total, dimension], seed: 7), scales: scales)
    }

    /// The loss as the documentation of `EtalonMethod` states it, in double precision.
    private static func loss(
        _ method: EtalonMethod, _ data: Tensor, _ labels: [Int32], temperature: Double, centres: [Double],
        scales: [Double]
    ) -> Double {
        var total = 0.0
        for label in 0..<2 {
            let rows = labels.indices.filter { labels[$0] == Int32(label) }
            for row in rows {
                let distances = (0..<etalons).map { etalon in
                    (0..<dimension).map { column in
                        let place = (label * etalons + etalon) * dimension + column
                        let difference = Double(data.row(row)[column]) - centres[place]
                        return difference * difference
                    }.reduce(0, +).squareRoot() * 100 / Double(dimension).squareRoot()
                }
                let shares = distances.map { exp(-temperature * ($0 - (distances.min() ?? 0))) }
                let sum = shares.reduce(0, +)
                for etalon in 0..<etalons {
                    let beta = 100 / (1 + exp(-scales[label * etalons + etalon] / 2)) + 0.01
                    let d = distances[etalon]
                    let term =
                        switch method {
                        case .softKMeans: d * d
                        case .softKMedians: d
                        default: d / beta + log(beta)
                        }
                    total += shares[etalon] / sum * term / Double(rows.count)
                }
            }
        }
        return total
    }

    @Test(arguments: [EtalonMethod.softKMeans, .softKMedians, .condensation])
    func `gradients are the slopes of the documented loss`(method: EtalonMethod) {
        let state = Self.condensation(method)
        let data = Self.random([23, Self.dimension], seed: 9)
        let labels = (0..<23).map { Int32($0 % 3 == 0 ? 0 : 1) }
        // Soft enough that rows have a say in several etalons.
        let temperature = 0.05
        let (centres, scales) = (state.centreValues.map(Double.init), state.scaleValues.map(Double.init))
        func value(_ centres: [Double], _ scales: [Double]) -> Double {
            Self.loss(method, data, labels, temperature: temperature, centres: centres, scales: scales)
        }
        let found = state.evaluate(data, labels: labels, temperature: temperature, inspect: nil)
        #expect(abs(found - value(centres, scales)) < 1e-5 * abs(found))
        func slope(_ parameters: [Double], _ index: Int, _ loss: ([Double]) -> Double) -> Float {
            var (above, below) = (parameters, parameters)
            above[index] += 1e-5
            below[index] -= 1e-5
            return Float((loss(above) - loss(below)) / 2e-5)
        }
        let expected = centres.indices.map { slope(centres, $0) { value($0, scales) } }
        #expect(relativeWorst(state.centreGradients, expected) < 2e-5)
        let expectedScales = scales.indices.map { slope(scales, $0) { value(centres, $0) } }
        if method == .condensation {
            #expect(relativeWorst(state.scaleGradients, expectedScales) < 2e-5)
        } else {
            #expect(state.scaleGradients.allSatisfy { $0 == 0 })
        }
    }

    private static func trained(
        _ method: EtalonMethod, _ data: Tensor, _ labels: [Int32], etalons: Int, epochs: Int = 20
    ) throws -> [EtalonSet] {
        var settings = CondensationSettings()
        settings.method = method
        settings.etalonsPerClass = etalons
        settings.epochs = epochs
        settings.batchRows = 64
        let columns = 0..<data.shape[1]
        let state = Condensation(
            initial: data, labels: labels, classCount: 2, settings: settings, seed: 3)
        state.train(TensorRows(features: data), columns: columns, labels: labels, seed: 4) { _, _ in }
        return try state.finish(TensorRows(features: data), columns: columns, labels: labels)
    }

    @Test func `a single mean is the mean of each class`() throws {
        let data = Self.random([200, Self.dimension], seed: 2)
        let labels = (0..<200).map { Int32($0 % 5 == 0 ? 1 : 0) }
        let sets = try Self.trained(.singleMean, data, labels, etalons: 9)
        for (label, set) in sets.enumerated() {
            #expect(set.count == 1)
            let rows = labels.indices.filter { labels[$0] == Int32(label) }
            let mean = (0..<Self.dimension).map { column in
                Float(rows.reduce(0.0) { $0 + Double(data.row($1)[column]) } / Double(rows.count))
            }
            #expect(worst(set.centres.array, mean) < 1e-5)
        }
    }

    @Test func `k-means ends where every etalon is the mean of its rows`() throws {
        let data = Self.random([300, 2], seed: 5)
        let labels = [Int32](repeating: 0, count: 150) + [Int32](repeating: 1, count: 150)
        let sets = try Self.trained(.kMeans, data, labels, etalons: 4, epochs: 60)
        let whitening = Whitening(rows: data.pointer, count: 300, dimension: 2, stride: 2)
        for (label, set) in sets.enumerated() {
            #expect(set.count == 4)
            var sums = [SIMD3<Float>](repeating: .zero, count: set.count)
            for row in labels.indices where labels[row] == Int32(label) {
                let nearest = (0..<set.count).min { one, other in
                    func square(_ etalon: Int) -> Float {
                        (0..<2).reduce(0) { sum, column in
                            let gap = data.row(row)[column] - set.centres.row(etalon)[column]
                            return sum + gap * gap / (whitening.deviation[column] * whitening.deviation[column])
                        }
                    }
                    return square(one) < square(other)
                }
                sums[try #require(nearest)] += SIMD3(data.row(row)[0], data.row(row)[1], 1)
            }
            for (etalon, sum) in sums.enumerated() {
                #expect(abs(set.centres.row(etalon)[0] - sum.x / sum.z) < 1e-5)
                #expect(abs(set.centres.row(etalon)[1] - sum.y / sum.z) < 1e-5)
            }
        }
    }

    @Test(arguments: EtalonMethod.allCases)
    func `every method learns a scene and gives no more etalons than its budget`(method: EtalonMethod) throws {
        let data = Self.random([400, Self.dimension], seed: 12)
        let labels = (0..<400).map { Int32($0 % 2) }
        let sets = try Self.trained(method, data, labels, etalons: 16)
        #expect(sets.allSatisfy { (1...(method == .singleMean ? 1 : 16)).contains($0.count) })
        #expect(sets.allSatisfy { $0.centres.array.allSatisfy(\.isFinite) })
    }
}
