import Basics
import CKernels
import Glibc
import Tensors
import Testing

/// The vector forms of the kernels against the portable form or double precision, at sizes around their vectors.
@Suite struct KernelTests {
    static let widths = [1, 2, 7, 8, 9, 15, 16, 17, 31, 33, 64, 100]

    /// Values that begin in the middle of a vector.
    private func unaligned(_ count: Int, _ range: Range<Double>, seed: UInt64) -> [Float] {
        var generator = SeededGenerator(seed: seed)
        return (0..<count).map { _ in Float(generator.uniform(in: range)) }
    }

    @Test(arguments: widths)
    func `Layer normalisation equals double precision`(_ width: Int) {
        let rows = 3
        let values = unaligned(rows * width + 1, -3..<5, seed: 1)
        let weight = unaligned(width, -1..<1, seed: 2)
        let bias = unaligned(width, -1..<1, seed: 3)
        var fast = [Float](repeating: .nan, count: rows * width)
        var portable = fast
        values.withUnsafeBufferPointer { buffer in
            let source = buffer.baseAddress! + 1
            ck_layer_norm(source, &fast, weight, bias, rows, width, 1e-6)
            ck_layer_norm_generic(source, &portable, weight, bias, rows, width, 1e-6)
        }
        for row in 0..<rows {
            let line = values[(1 + row * width)..<(1 + (row + 1) * width)].map(Double.init)
            let mean = line.reduce(0, +) / Double(width)
            let variance = line.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(width)
            for column in 0..<width {
                let normal = (line[column] - mean) / (variance + 1e-6).squareRoot()
                let expected = normal * Double(weight[column]) + Double(bias[column])
                // A single value has no variance: rounding of the mean is then divided by 0.001.
                let tolerance = width == 1 ? 1e-3 : 2e-5
                #expect(abs(Double(fast[row * width + column]) - expected) < tolerance)
                #expect(abs(Double(portable[row * width + column]) - expected) < tolerance)
            }
        }
    }

    @Test func `Every half-precision number survives the way to single precision and back`() {
        let halves = (0...UInt16.max).map { $0 }
        var singles = [Float](repeating: 0, count: halves.count)
        halves.withUnsafeBytes { ck_half_to_float($0.baseAddress, &singles, halves.count) }
        var back = [UInt16](repeating: 0, count: halves.count)
        ck_float_to_half(singles, &back, halves.count)
        var changed = 0
        for (half, (single, again)) in zip(halves, zip(singles, back)) {
            let isNaN = half & 0x7C00 == 0x7C00 && half & 0x3FF != 0
            if isNaN ? !single.isNaN || again & 0x7C00 != 0x7C00 || again & 0x3FF == 0 : again != half { changed += 1 }
        }
        #expect(changed == 0)
        #expect(singles[0x3C00] == 1)
        #expect(singles[0xC000] == -2)
        #expect(singles[0x7BFF] == 65504)
        #expect(singles[0x0001] == 0x1p-24)
        #expect(singles[0x7C00] == .infinity)
    }

    @Test func `Rounding to half precision goes to the nearest, ties to even`() {
        let values: [Float] = [
            1 + 0x1p-11, 1 + 3 * 0x1p-11, 1 + 0x1.8p-11, 65519, 65520, 0x1p-25, 0x1.8p-25, 0x1p-26, -0x1p-25,
        ]
        var halves = [UInt16](repeating: 0, count: values.count)
        ck_float_to_half(values, &halves, values.count)
        #expect(halves == [0x3C00, 0x3C02, 0x3C01, 0x7BFF, 0x7C00, 0x0000, 0x0001, 0x0000, 0x8000])
    }

    @Test func `Values that are not finite are found anywhere`() {
        for count in [1, 8, 100] {
            var values = [Float](repeating: .greatestFiniteMagnitude, count: count)
            #expect(ck_all_finite(values, count) == 1)
            for strange in [Float.nan, .infinity, -.infinity, .signalingNaN] {
                values[count - 1] = strange
                #expect(ck_all_finite(values, count) == 0)
            }
        }
        #expect(ck_all_finite([Float](), 0) == 1)
    }

    @Test(arguments: [(1, 1), (3, 40), (16, 16), (17, 33), (100, 5)])
    func `A transpose swaps rows and columns`(_ rows: Int, _ columns: Int) {
        let stride = columns + 2
        let matrix = unaligned(rows * stride, -1..<1, seed: 8)
        var result = [Float](repeating: .nan, count: rows * columns)
        ck_transpose(matrix, stride, rows, columns, &result)
        var wrong = 0
        for row in 0..<rows {
            for column in 0..<columns where result[column * rows + row] != matrix[row * stride + column] { wrong += 1 }
        }
        #expect(wrong == 0)
    }
}
