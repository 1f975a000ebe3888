import Networks
import Testing

@Suite struct PositionInterpolationTests {
    @Test(
        arguments: [PositionInterpolation.scaled(offset: 0.1), .scaled(offset: 0), .antialiased], [1, 2, 5, 7, 23, 40])
    func `Weights of every cell sum to one`(_ interpolation: PositionInterpolation, _ count: Int) {
        let weights = interpolation.weights(from: 7, to: count)
        #expect(weights.count == 7 * count)
        for cell in 0..<count {
            let sum = weights[7 * cell..<7 * (cell + 1)].reduce(0, +)
            #expect(abs(sum - 1) < 1e-5)
        }
    }

    @Test func `The same size without offset changes nothing`() {
        for interpolation in [PositionInterpolation.scaled(offset: 0), .antialiased] {
            let weights = interpolation.weights(from: 5, to: 5)
            for row in 0..<5 {
                for column in 0..<5 { #expect(abs(weights[row * 5 + column] - (row == column ? 1 : 0)) < 1e-6) }
            }
        }
    }

    @Test func `Doubling uses the published cubic taps`() {
        // A = -0.75; the centre of cell 7 of 16 lies a quarter of a cell behind that of cell 3 of 8.
        let row = PositionInterpolation.scaled(offset: 0).weights(from: 8, to: 16)[8 * 7..<8 * 8]
        let expected: [Float] = [0, 0, -0.10546875, 0.87890625, 0.26171875, -0.03515625, 0, 0]
        for (found, wanted) in zip(row, expected) { #expect(abs(found - wanted) < 1e-6) }
    }
}
