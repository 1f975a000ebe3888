internal import CKernels
internal import COpenBLAS

/// Whether a matrix is used as stored or transposed.
public enum Transposition: Sendable { case none, transposed }

/// `c = alpha * op(a) op(b) + beta * c` in single precision, row-major, on the calling thread.
///
/// `op(a)` is `[m, k]`, `op(b)` is `[k, n]`, `c` is `[m, n]`; each `ld` is the distance between stored rows in elements.
/// OpenBLAS does what our kernels do not: products of few rows, processors without wide vectors, and factors of `c` other
/// than 0 and 1.
public func multiply(
    m: Int, n: Int, k: Int, alpha: Float = 1,
    _ a: UnsafePointer<Float>, lda: Int, _ transposeA: Transposition = .none,
    _ b: UnsafePointer<Float>, ldb: Int, _ transposeB: Transposition = .none,
    beta: Float = 0, into c: UnsafeMutablePointer<Float>, ldc: Int
) {
    guard m > 0, n > 0 else { return }
    if PackedProduct.isFast && m >= 8 && k > 0 && (beta == 0 || beta == 1) {
        BlockedProduct(m: m, n: n, k: k, alpha: alpha, a, lda, transposeA, b, ldb, transposeB, c, ldc)
            .run(accumulating: beta == 1)
        return
    }
    _ = blasIsSingleThreaded
    cblas_sgemm(
        CblasRowMajor, transposeA == .none ? CblasNoTrans : CblasTrans,
        transposeB == .none ? CblasNoTrans : CblasTrans, blasint(m), blasint(n), blasint(k), alpha, a, blasint(lda), b,
        blasint(ldb), beta, c, blasint(ldc))
}

/// OpenBLAS's own threads stall when another core is busy and serialise concurrent callers; parallelism is ours.
private let blasIsSingleThreaded: Void = openblas_set_num_threads(1)

/// A product whose right side is packed block by block into scratch memory.
private struct BlockedProduct {
    let m, n, k: Int
    let alpha: Float
    let a: UnsafePointer<Float>
    let lda: Int
    let transposeA: Transposition
    let b: UnsafePointer<Float>
    let ldb: Int
    let transposeB: Transposition
    let c: UnsafeMutablePointer<Float>
    let ldc: Int

    init(
        m: Int, n: Int, k: Int, alpha: Float, _ a: UnsafePointer<Float>, _ lda: Int, _ transposeA: Transposition,
        _ b: UnsafePointer<Float>, _ ldb: Int, _ transposeB: Transposition, _ c: UnsafeMutablePointer<Float>, _ ldc: Int
    ) {
        (self.m, self.n, self.k, self.alpha) = (m, n, k, alpha)
        (self.a, self.lda, self.transposeA) = (a, lda, transposeA)
        (self.b, self.ldb, self.transposeB) = (b, ldb, transposeB)
        (self.c, self.ldc) = (c, ldc)
    }

    /// Extents of a block: packed weights of half a megabyte, rows that stay in the second-level cache beside them.
    private static let deepest = 384
    private static let widest = 384
    private static let tallest = 120

    func run(accumulating: Bool) {
        let depth = min(k, Self.deepest)
        let packed = Tensor([PackedProduct.packedCount(depth: depth, columns: min(n, Self.widest))])
        let rows = transposeA == .transposed ? Tensor([min(m, Self.tallest), depth]) : nil
        for inner in stride(from: 0, to: k, by: Self.deepest) {
            for column in stride(from: 0, to: n, by: Self.widest) {
                let block = (
                    inner: inner..<min(k, inner + Self.deepest), columns: column..<min(n, column + Self.widest)
                )
                PackedProduct.pack(
                    b + (transposeB == .none ? inner * ldb + column : column * ldb + inner), stride: ldb, transposeB,
                    factor: alpha, depth: block.inner.count, columns: block.columns.count, into: packed.pointer)
                sweep(block.inner, block.columns, packed, rows, accumulating: accumulating || inner > 0)
            }
        }
    }

    private func sweep(
        _ inner: Range<Int>, _ columns: Range<Int>, _ packed: Tensor, _ transposed: Tensor?, accumulating: Bool
    ) {
        for top in stride(from: 0, to: m, by: Self.tallest) {
            let count = min(Self.tallest, m - top)
            var layout = RowLayout(rows: count, depth: inner.count, stride: lda)
            var rows = a + top * lda + inner.lowerBound
            if let transposed {
                layout.step = inner.count
                rows = transpose(inner, top..<top + count, into: transposed)
            }
            PackedProduct(
                layout, rows, weights: packed.pointer, columns: columns.count,
                into: c + top * ldc + columns.lowerBound, outputStride: ldc, accumulating: accumulating
            ).run(lines: 0..<1, panels: 0..<PackedProduct.panels(columns.count))
        }
    }

    /// Rows of the transposed left side as rows.
    private func transpose(_ inner: Range<Int>, _ rows: Range<Int>, into tensor: Tensor) -> UnsafePointer<Float> {
        ck_transpose(
            a + inner.lowerBound * lda + rows.lowerBound, lda, inner.count, rows.count, tensor.pointer)
        return UnsafePointer(tensor.pointer)
    }
}
