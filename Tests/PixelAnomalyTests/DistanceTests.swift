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
        let sets = [set(etalons, dimension, &generator, offset: 50), set(etalons + 2, dimension, &generator, offset: 50)]
        let features = random([rows, dimension + 3], &generator, offset: 50)
        let found = Tensor([2, rows])
        let columns = 2..<dimension + 2
        EtalonIndex(sets).nearest(features, columns: columns, into: found, context: ComputeContext())
        for row in 0..<rows {
            for (label, set) in sets.enumerated() {
                let expected = (0..<set.count).map { etalon in
                    columns.map { column in
                        let difference = Double(features.row(row)[column]) - Double(set.centres.row(etalon)[column - 2])
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

    @Test func `the enlarged product form equals distances of enlarged features`() {
        var generator = SeededGenerator(seed: 5)
        let features = random([1, 1, 6], &generator)
        let sets = [set(4, 6, &generator, offset: 0)]
        let coarse = Tensor([1, 1])
        let fine = Tensor([1, 9])
        let index = EtalonIndex(sets)
        index.nearest(features, columns: 0..<6, into: coarse, context: ComputeContext())
        index.nearestEnlarged(features, columns: 0..<6, factor: 3, into: fine, context: ComputeContext())
        for value in fine.array { #expect(abs(value - coarse[0]) < 1e-5) }
    }
}
