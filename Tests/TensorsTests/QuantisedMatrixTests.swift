import Basics
import Glibc
import Tensors
import Testing

@Suite struct QuantisedMatrixTests {
    private static let available = ByteInstructions.allCases.filter(\.isAvailable)
    private static let sizes = [
        (1, 1, 1), (2, 3, 5), (7, 33, 9), (13, 17, 31), (12, 64, 32), (5, 385, 47), (25, 130, 65), (40, 6, 200),
    ]

    private struct Case {
        let rows: Tensor
        let stride: Int
        let weights: Tensor
        let bias: Tensor
        let factor: Tensor
        let before: Tensor

        init(_ size: (m: Int, k: Int, n: Int), seed: UInt64) {
            var generator = SeededGenerator(seed: seed)
            func values(_ shape: Shape) -> Tensor {
                Tensor(shape, (0..<shape.count).map { _ in Float(generator.uniform(in: -1..<1)) })
            }
            // Rows longer than needed and not aligned to anything.
            stride = size.k + 3
            rows = values([size.m + 1, stride])
            weights = values([size.n, size.k])
            bias = values([size.n])
            factor = values([size.n])
            before = values([size.m, size.n + 1])
        }
    }

    private static func product(
        _ data: Case, _ instructions: ByteInstructions, activation: Activation = .none, accumulating: Bool = false
    ) -> Tensor {
        let (m, k, n) = (data.before.shape[0], data.weights.shape[1], data.weights.shape[0])
        let matrix = QuantisedMatrix(data.weights, factor: data.factor, bias: data.bias, instructions: instructions)
        let memory = Tensor([QuantisedRows.memoryCount(m, depth: k, instructions: instructions)])
        let rows = QuantisedRows(
            data.rows.pointer + 1, stride: data.stride, count: m, depth: k, memory: memory.pointer,
            instructions: instructions)
        let output = Tensor(data.before.shape, data.before.elements)
        let half = matrix.panels / 2
        for panels in [0..<half, half..<matrix.panels] {
            matrix.multiply(
                rows, panels: panels, into: output.pointer, stride: n + 1, activation: activation,
                accumulating: accumulating)
        }
        return output
    }

    /// Levels of a row as the instructions keep them, read through products with single ones.
    private static func levels(_ row: [Float], _ instructions: ByteInstructions) -> [Float] {
        let identity = Tensor([row.count, row.count], repeating: 0)
        for index in row.indices { identity[index * row.count + index] = 1 }
        let matrix = QuantisedMatrix(identity, instructions: instructions)
        let memory = Tensor([QuantisedRows.memoryCount(1, depth: row.count, instructions: instructions)])
        let source = Tensor([row.count], row)
        let output = Tensor([row.count])
        let rows = QuantisedRows(
            source.pointer, stride: row.count, count: 1, depth: row.count, memory: memory.pointer,
            instructions: instructions)
        matrix.multiply(rows, panels: 0..<matrix.panels, into: output.pointer, stride: row.count)
        return output.array
    }

    @Test(arguments: [(1, 1), (3, 5), (9, 37), (17, 100), (8, 384)])
    func `Rows normalised into bytes are those normalised and then quantised, the same with every instruction set`(
        _ size: (rows: Int, width: Int)
    ) {
        var generator = SeededGenerator(seed: UInt64(size.width))
        func values(_ count: Int) -> Tensor {
            Tensor([count], (0..<count).map { _ in Float(generator.uniform(in: -1..<3)) })
        }
        let (weight, bias, source) = (values(size.width), values(size.width), values(size.rows * size.width))
        let normal = Tensor([size.width])
        var first: [Float]?
        for instructions in Self.available {
            let memory = Tensor([
                QuantisedRows.memoryCount(size.rows, depth: size.width, instructions: instructions)
            ])
            let identity = Tensor([size.width, size.width], repeating: 0)
            for index in 0..<size.width { identity[index * size.width + index] = 1 }
            let matrix = QuantisedMatrix(identity, instructions: instructions)
            let rows = QuantisedRows(
                normalising: source.pointer, weight: weight, bias: bias, epsilon: 1e-6, count: size.rows,
                normal: normal.pointer, memory: memory.pointer, instructions: instructions)
            let output = Tensor([size.rows, size.width])
            matrix.multiply(rows, panels: 0..<matrix.panels, into: output.pointer, stride: size.width)
            #expect(first.map { $0 == output.array } ?? true)
            first = output.array
            for row in 0..<size.rows {
                let x = (0..<size.width).map { Double(source[row * size.width + $0]) }
                let mean = x.reduce(0, +) / Double(size.width)
                let variance = x.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(size.width)
                let exact = x.indices.map {
                    (x[$0] - mean) / (variance + 1e-6).squareRoot() * Double(weight[$0]) + Double(bias[$0])
                }
                let step = ((exact.max() ?? 0) - (exact.min() ?? 0)) / 255
                for (found, wanted) in zip(output.array[(row * size.width)...], exact) {
                    #expect(abs(Double(found) - wanted) <= 0.51 * step + 1e-4)
                }
            }
        }
    }

    @Test func `The portable instructions are always there`() {
        #expect(ByteInstructions.generic.isAvailable)
        #expect(ByteInstructions.best.isAvailable)
    }

    @Test(arguments: sizes)
    func `Every instruction set agrees with the portable one`(_ size: (m: Int, k: Int, n: Int)) {
        let data = Case(size, seed: UInt64(size.m * 7 + size.k))
        for activation in [Activation.none, .relu, .gelu] {
            for accumulating in [false, true] {
                let expected = Self.product(data, .generic, activation: activation, accumulating: accumulating)
                for instructions in Self.available {
                    let found = Self.product(data, instructions, activation: activation, accumulating: accumulating)
                    // Only GELU's multiplications may be fused or not.
                    let tolerance: Float = activation == .gelu ? 1e-5 : 0
                    let worst = zip(expected.elements, found.elements).map { abs($0 - $1) / (1 + abs($0)) }.max() ?? 0
                    #expect(worst <= tolerance)
                    #expect(
                        (1...size.m).allSatisfy {
                            found[$0 * (size.n + 1) - 1] == data.before[$0 * (size.n + 1) - 1]
                        })
                }
            }
        }
    }

    @Test(arguments: sizes)
    func `A product is as close to the exact one as 8 bits allow`(_ size: (m: Int, k: Int, n: Int)) {
        let data = Case(size, seed: UInt64(size.n * 11 + size.k))
        let found = Self.product(data, .best)
        for row in 0..<size.m {
            let x = (0..<size.k).map { Double(data.rows.pointer[1 + row * data.stride + $0]) }
            let span = (x.max() ?? 0) - (x.min() ?? 0)
            for column in 0..<size.n {
                let w = (0..<size.k).map { Double(data.weights[column * size.k + $0]) }
                let factor = Double(data.factor[column])
                let exact = factor * zip(x, w).reduce(0) { $0 + $1.0 * $1.1 } + Double(data.bias[column])
                // Half a step of each activation times its weight and the other way round.
                let stepX = span / 255 / 2
                let stepW = (w.map(abs).max() ?? 0) / 127 / 2
                let bound =
                    abs(factor) * zip(x, w).reduce(0) { $0 + stepX * abs($1.1) + stepW * (abs($1.0) + stepX) } + 1e-5
                #expect(abs(Double(found[row * (size.n + 1) + column]) - exact) <= bound)
            }
        }
    }

    @Test(arguments: available)
    func `Largest sums neither saturate nor wrap`(_ instructions: ByteInstructions) {
        let depth = 3072
        // Alternating so that the row spans all levels; the highest level meets the highest weights of either sign.
        for sign in [Float(1), -1] {
            let row = Tensor([1, depth], (0..<depth).map { $0 % 2 == 0 ? 255 : 0 })
            let weights = Tensor([3, depth], repeating: 127 * sign)
            let matrix = QuantisedMatrix(weights, instructions: instructions)
            let memory = Tensor([QuantisedRows.memoryCount(1, depth: depth, instructions: instructions)])
            let output = Tensor([1, 3])
            for even in [row, Tensor([1, depth], (0..<depth).map { $0 == 0 ? 0 : 255 })] {
                let rows = QuantisedRows(
                    even.pointer, stride: depth, count: 1, depth: depth, memory: memory.pointer,
                    instructions: instructions)
                matrix.multiply(rows, panels: 0..<matrix.panels, into: output.pointer, stride: 3)
                let exact = even.elements.reduce(0, +) * 127 * sign
                #expect(output.elements.allSatisfy { abs($0 - exact) <= 1e-6 * abs(exact) })
            }
        }
    }

    @Test(arguments: available)
    func `Zero, constant and denormal rows, and rows far from zero, keep what they are`(
        _ instructions: ByteInstructions
    ) {
        for width in [1, 3, 4, 7, 16, 37] {
            #expect(Self.levels([Float](repeating: 0, count: width), instructions).allSatisfy { $0 == 0 })
            let constant = Self.levels([Float](repeating: -3.25, count: width), instructions)
            #expect(constant.allSatisfy { abs($0 + 3.25) < 1e-5 })
            let tiny = (0..<width).map { Float(sign: .plus, exponent: -140, significand: 1) * Float($0) }
            #expect(Self.levels(tiny, instructions).allSatisfy { abs($0) < 1e-37 })
        }
        let far = (0..<37).map { 1000 + Float($0) / 36 }
        for (found, wanted) in zip(Self.levels(far, instructions), far) { #expect(abs(found - wanted) < 3e-3) }
    }

    @Test(arguments: available)
    func `The largest finite values become their own levels`(_ instructions: ByteInstructions) {
        let largest = Float.greatestFiniteMagnitude / 256
        let row = [-largest, 0, largest, largest / 2, 1e-30]
        for (found, wanted) in zip(Self.levels(row, instructions), row) {
            #expect(abs(found - wanted) <= 1.01 * largest / 255)
        }
        // Their difference is infinite.
        let extreme = Self.levels([-.greatestFiniteMagnitude, .greatestFiniteMagnitude, 0], instructions)
        #expect(!extreme.contains { $0.isNaN })
    }

    @Test(arguments: available)
    func `Weights that are all zero or denormal give the bias`(_ instructions: ByteInstructions) {
        for value in [0, Float.leastNormalMagnitude / 64] {
            let matrix = QuantisedMatrix(
                Tensor([5, 9], repeating: value), bias: Tensor([5], [1, 2, 3, 4, 5]), instructions: instructions)
            let memory = Tensor([QuantisedRows.memoryCount(2, depth: 9, instructions: instructions)])
            let row = Tensor([2, 9], (0..<18).map { Float($0) })
            let output = Tensor([2, 5])
            let rows = QuantisedRows(
                row.pointer, stride: 9, count: 2, depth: 9, memory: memory.pointer, instructions: instructions)
            matrix.multiply(rows, panels: 0..<matrix.panels, into: output.pointer, stride: 5)
            #expect(output.array == [1, 2, 3, 4, 5, 1, 2, 3, 4, 5])
        }
    }

    @Test func `GELU is within its stated error`() {
        let points = Tensor([1, 4001], (0...4000).map { Float($0) * 0.004 - 8 })
        let matrix = QuantisedMatrix(Tensor([4001, 1], repeating: 0), bias: points)
        let memory = Tensor([QuantisedRows.memoryCount(1, depth: 1)])
        let zero = Tensor([1], repeating: 0)
        let output = Tensor([1, 4001])
        let row = QuantisedRows(zero.pointer, stride: 1, count: 1, depth: 1, memory: memory.pointer)
        matrix.multiply(row, panels: 0..<matrix.panels, into: output.pointer, stride: 4001, activation: .gelu)
        let worst = zip(points.elements, output.elements).map { x, y in
            abs(y - x * 0.5 * erfc(-x / Float(2).squareRoot())) / max(1.3e-4, 4.2e-5 * abs(x))
        }.max()
        #expect((worst ?? 2) < 1)
    }
}
