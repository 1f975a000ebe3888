import Basics
import Glibc
import Tensors
import Testing

/// Products with packed weights and what is done to their sums, against double precision, at sizes around tiles and panels.
@Suite struct PackedProductTests {
    private static let tolerance = 3e-6

    private static func values(_ count: Int, _ range: Range<Double>, seed: UInt64) -> Tensor {
        var generator = SeededGenerator(seed: seed)
        return Tensor([count], (0..<count).map { _ in Float(generator.uniform(in: range)) })
    }

    /// Weights given as `[depth, width]`.
    private static func packed(_ weights: Tensor, depth: Int, width: Int) -> PackedMatrix {
        let columns = (0..<width).flatMap { column in (0..<depth).map { weights[$0 * width + column] } }
        return PackedMatrix(weight: Tensor([width, depth], columns))
    }

    private static func expected(_ sum: Double, _ activation: Activation) -> Double {
        switch activation {
        case .none: sum
        case .relu: max(sum, 0)
        case .gelu: 0.5 * sum * (1 + erf(sum / 2.0.squareRoot()))
        }
    }

    @Test(arguments: [1, 2, 7, 8, 15, 16, 17, 31, 32, 33, 64, 100], [Activation.none, .relu, .gelu])
    func `Bias, residual and activation equal double precision and touch nothing else`(
        _ width: Int, _ activation: Activation
    ) {
        let (rows, depth, stride) = (13, 3, width + 1)
        let input = Self.values(rows * depth, -2..<2, seed: 5)
        let weights = Self.values(depth * width, -2..<2, seed: 6)
        let matrix = Self.packed(weights, depth: depth, width: width)
        let bias = Self.values(width, -1..<1, seed: 7)
        let residual = Self.values(rows * stride, -1..<1, seed: 8)
        let before = Self.values(rows * stride, -1..<1, seed: 9)
        for (usesBias, usesResidual, accumulates) in [
            (false, false, false), (true, false, true), (false, true, false), (true, true, true),
        ] {
            let output = Tensor(before.shape, before.array)
            PackedProduct(
                RowLayout(rows: rows, depth: depth, stride: depth), input.pointer, weights: matrix.pointer,
                columns: width, into: output.pointer, outputStride: stride, bias: usesBias ? bias.pointer : nil,
                residual: usesResidual ? residual.pointer : nil, activation: activation, accumulating: accumulates
            ).run(lines: 0..<1, panels: 0..<matrix.panels)
            for row in 0..<rows {
                for column in 0..<width {
                    let place = row * stride + column
                    var sum = usesBias ? Double(bias[column]) : 0
                    sum += (usesResidual ? Double(residual[place]) : 0) + (accumulates ? Double(before[place]) : 0)
                    for inner in 0..<depth {
                        sum += Double(input[row * depth + inner]) * Double(weights[inner * width + column])
                    }
                    #expect(abs(Double(output[place]) - Self.expected(sum, activation)) < Self.tolerance)
                }
                #expect(output[row * stride + width] == before[row * stride + width])
            }
        }
    }

    @Test func `The Gaussian error unit keeps its tails`() {
        let values: [Float] = [
            -1e30, -100, -20, -9, -5.7, -5, -1e-8, 0, 1e-8, .leastNonzeroMagnitude, 5, 5.7, 9, 20, 100, 1e30,
        ]
        let wanted: [Float] = [0, 0, 0, 0, -3.4e-8, -1.433e-6, -5e-9, 0, 5e-9, 0, 4.9999986, 5.7, 9, 20, 100, 1e30]
        let input = Tensor([values.count], values)
        let output = Tensor([values.count])
        let one = PackedMatrix(weight: Tensor([1, 1], [1]))
        PackedProduct(
            RowLayout(rows: values.count, depth: 1, stride: 1), input.pointer, weights: one.pointer, columns: 1,
            into: output.pointer, outputStride: 1, activation: .gelu
        ).run(lines: 0..<1, panels: 0..<1)
        for (found, expected) in zip(output.array, wanted) {
            #expect(abs(found - expected) <= 1e-6 * max(1, abs(expected)), "\(found) for \(expected)")
        }
    }

    @Test func `Rows that begin anywhere and denormal numbers are multiplied like others`() {
        let (rows, depth, width) = (14, 33, 35)
        let input = Self.values(rows * (depth + 2) + 1, -1..<1, seed: 1)
        for index in stride(from: 0, to: input.count, by: 5) { input[index] = .leastNonzeroMagnitude * 71_000 }
        let weights = Self.values(depth * width, -1..<1, seed: 2)
        let matrix = Self.packed(weights, depth: depth, width: width)
        let output = Tensor([rows * width + 1], repeating: .nan)
        PackedProduct(
            RowLayout(rows: rows, depth: depth, stride: depth + 2), input.pointer + 1, weights: matrix.pointer,
            columns: width, into: output.pointer + 1, outputStride: width
        ).run(lines: 0..<1, panels: 0..<matrix.panels)
        for row in 0..<rows {
            for column in 0..<width {
                let sum = (0..<depth).reduce(0.0) {
                    $0 + Double(input[1 + row * (depth + 2) + $1]) * Double(weights[$1 * width + column])
                }
                #expect(abs(Double(output[1 + row * width + column]) - sum) < Self.tolerance)
            }
        }
        #expect(output[0].isNaN)
    }

    @Test(arguments: [(1, 1, 1), (3, 5, 4), (33, 7, 9), (40, 16, 1), (64, 3, 49)])
    func `Weights are packed in the order of channels-last windows, scaled`(_ outputs: Int, _ inputs: Int, _ cells: Int)
    {
        let depth = inputs * cells
        let weight = Self.values(outputs * depth, -1..<1, seed: 3)
        weight.reshape([outputs, depth])
        let scale = Self.values(outputs, 0.5..<2, seed: 4)
        let matrix = PackedMatrix(weight: weight, scale: scale, cells: cells)
        let unit = Tensor([depth, depth], repeating: 0)
        for index in 0..<depth { unit[index * depth + index] = 1 }
        let output = Tensor([depth, outputs])
        PackedProduct(
            RowLayout(rows: depth, depth: depth, stride: depth), unit.pointer, weights: matrix.pointer,
            columns: outputs, into: output.pointer, outputStride: outputs
        ).run(lines: 0..<1, panels: 0..<matrix.panels)
        var wrong = 0
        for cell in 0..<cells {
            for input in 0..<inputs {
                for column in 0..<outputs {
                    let expected = weight[column * depth + input * cells + cell] * scale[column]
                    if output[(cell * inputs + input) * outputs + column] != expected { wrong += 1 }
                }
            }
        }
        #expect(wrong == 0)
    }
}
