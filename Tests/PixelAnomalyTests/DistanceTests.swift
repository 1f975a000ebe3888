import Basics
import PixelAnomaly
import Tensors
import Testing

@Suite struct DistanceTests {
    private func random(_ shape: Shape, _ generator: inout SeededGenerator, offset: Double = 0) -> Tensor {
        let tensor = Tensor(shape)
        for index in 0..<tensor.count { tensor[index] = Float(offset + generator.uniform(in: -1..<1)) }
        return tensor
    }

    private func set(_ count: Int, _ dimension: Int, _ generator: inout SeededGenerator, offset: Double) -> EtalonSet {
        EtalonSet(
            centres: random([count, dimension], &generator, offset: offset), beta: Array(repeating: 10, count: count),
            support: Array(repeating: 1, count: count))
    }

    @Test(arguments: [(0, 3, 5), (1, 1, 1), (1, 17, 7), (63, 16, 8), (65, 15, 9), (130, 33, 31)])
    func `nearest distances equal those of a plain loop`(rows: Int, etalons: Int, dimension: Int) {
        var generator = SeededGenerator(seed: UInt64(rows * 1000 + etalons))
        // Far from the origin: without shifting, the product form would lose most digits.
        let sets = [
            set(etalons, dimension, &generator, offset: 50), set(etalons + 2, dimension, &generator, offset: 50),
        ]
        let features = random([rows, dimension + 3], &generator, offset: 50)
        let found = Tensor([2, rows])
        let columns = 2..<dimension + 2
        EtalonIndex(sets).nearest(features, columns: columns, into: found, context: ComputeContext())
        for row in 0..<rows {
            for (label, set) in sets.enumerated() {
                let expected =
                    (0..<set.count).map { etalon in
                        columns.map { column in
                            let difference =
                                Double(features.row(row)[column]) - Double(set.centres.row(etalon)[column - 2])
                            return difference * difference
                        }.reduce(0, +).squareRoot()
                    }.min() ?? .infinity
                #expect(abs(Double(found[label * rows + row]) - expected) < 1e-5)
            }
        }
    }

    @Test func `a feature that is no number is infinitely far`() {
        var generator = SeededGenerator(seed: 3)
        let features = random([3, 4], &generator)
        features[5] = .nan
        let found = Tensor([1, 3])
        EtalonIndex([set(20, 4, &generator, offset: 0)]).nearest(
            features, columns: 0..<4, into: found, context: ComputeContext())
        #expect(found[0].isFinite && found[1] == .infinity && found[2].isFinite)
    }

    @Test(arguments: [1, 2, 3])
    func `the enlarged product form equals distances of enlarged features`(factor: Int) {
        var generator = SeededGenerator(seed: 5)
        let (h, w, dimension) = (5, 4, 6)
        let features = random([h, w, dimension], &generator, offset: 20)
        let sets = [set(4, dimension, &generator, offset: 20), set(19, dimension, &generator, offset: 20)]
        let index = EtalonIndex(sets)
        let fine = Tensor([2, h * factor * w * factor])
        index.nearestEnlarged(
            features, columns: 0..<dimension, factor: factor, into: fine, context: ComputeContext())
        let enlarged = Tensor([h * factor, w * factor, dimension])
        for y in 0..<h * factor {
            for x in 0..<w * factor {
                for column in 0..<dimension {
                    enlarged[(y * w * factor + x) * dimension + column] = bilinear(features, factor, y, x, column)
                }
            }
        }
        let expected = Tensor(fine.shape)
        index.nearest(enlarged, columns: 0..<dimension, into: expected, context: ComputeContext())
        for (found, wanted) in zip(fine.array, expected.array) { #expect(abs(found - wanted) < 1e-3) }
    }

    /// Half-pixel centres, clamped at the border.
    private func bilinear(_ map: Tensor, _ factor: Int, _ y: Int, _ x: Int, _ column: Int) -> Float {
        func place(_ index: Int, _ count: Int) -> (low: Int, high: Int, share: Float) {
            let position = max(0, (Float(index) + 0.5) / Float(factor) - 0.5)
            let low = min(Int(position), count - 1)
            return (low, min(low + 1, count - 1), position - Float(low))
        }
        let (row, place) = (place(y, map.shape[0]), place(x, map.shape[1]))
        func value(_ y: Int, _ x: Int) -> Float { map[(y * map.shape[1] + x) * map.shape[2] + column] }
        let top = value(row.low, place.low) * (1 - place.share) + value(row.low, place.high) * place.share
        let bottom = value(row.high, place.low) * (1 - place.share) + value(row.high, place.high) * place.share
        return top * (1 - row.share) + bottom * row.share
    }
}
