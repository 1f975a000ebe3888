import Basics
import Tensors
import Testing

@Suite struct MatrixProductTests {
    static let sizes = [
        (1, 1, 1), (2, 3, 4), (7, 15, 9), (8, 16, 1), (9, 17, 5), (12, 32, 64), (13, 33, 385), (64, 64, 64),
        (121, 401, 20), (250, 7, 800), (130, 390, 390),
    ]

    @Test(arguments: sizes, [Transposition.none, .transposed])
    func `A product equals the naive sums for every transposition, factor and stride`(
        _ size: (m: Int, n: Int, k: Int), _ transposeA: Transposition
    ) {
        let (m, n, k) = size
        var generator = SeededGenerator(seed: UInt64(m * 1000 + n * 10 + k))
        func values(_ count: Int) -> [Float] { (0..<count).map { _ in Float(generator.uniform(in: -1..<1)) } }
        for transposeB in [Transposition.none, .transposed] {
            // Rows longer than needed: what lies between must neither be read as data nor written.
            let lda = (transposeA == .none ? k : m) + 3
            let ldb = (transposeB == .none ? n : k) + 2
            let ldc = n + 1
            let a = Tensor([transposeA == .none ? m : k, lda], values((transposeA == .none ? m : k) * lda))
            let b = Tensor([transposeB == .none ? k : n, ldb], values((transposeB == .none ? k : n) * ldb))
            let before = values(m * ldc)
            for (alpha, beta) in [(1, 0), (0.5, 1), (-2, 0.25)] as [(Float, Float)] {
                let c = Tensor([m, ldc], before)
                multiply(
                    m: m, n: n, k: k, alpha: alpha, a.pointer, lda: lda, transposeA, b.pointer, ldb: ldb, transposeB,
                    beta: beta, into: c.pointer, ldc: ldc)
                var worst = 0.0
                for row in stride(from: 0, to: m, by: max(1, m / 20)) {
                    for column in stride(from: 0, to: n, by: max(1, n / 20)) {
                        var sum = 0.0
                        for inner in 0..<k {
                            let left = a.pointer[transposeA == .none ? row * lda + inner : inner * lda + row]
                            let right = b.pointer[transposeB == .none ? inner * ldb + column : column * ldb + inner]
                            sum += Double(left) * Double(right)
                        }
                        let expected = Double(alpha) * sum + Double(beta) * Double(before[row * ldc + column])
                        worst = max(worst, abs(Double(c.pointer[row * ldc + column]) - expected))
                    }
                    #expect(c.pointer[row * ldc + n] == before[row * ldc + n])
                }
                #expect(worst < 1e-5 * Double(k).squareRoot() + 1e-6)
            }
        }
    }

    @Test func `A product with no inner extent is zero or leaves what is there`() {
        let a = Tensor([10, 1], repeating: 1)
        let c = Tensor([10, 10], repeating: 3)
        multiply(m: 10, n: 10, k: 0, a.pointer, lda: 1, .none, a.pointer, ldb: 10, beta: 1, into: c.pointer, ldc: 10)
        #expect(c.array == [Float](repeating: 3, count: 100))
        multiply(m: 10, n: 10, k: 0, a.pointer, lda: 1, .none, a.pointer, ldb: 10, into: c.pointer, ldc: 10)
        #expect(c.array == [Float](repeating: 0, count: 100))
    }

    @Test func `What output holds is not read when it is to be replaced`() {
        let a = Tensor([20, 20], repeating: 1)
        let c = Tensor([20, 20], repeating: .nan)
        multiply(m: 20, n: 20, k: 20, a.pointer, lda: 20, .none, a.pointer, ldb: 20, into: c.pointer, ldc: 20)
        #expect(c.array == [Float](repeating: 20, count: 400))
    }
}
