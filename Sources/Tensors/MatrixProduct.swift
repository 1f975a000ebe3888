internal import COpenBLAS

/// OpenBLAS's own threads stall when another core is busy and serialise concurrent callers; parallelism is ours.
private let blasIsSingleThreaded: Void = openblas_set_num_threads(1)

/// Whether a matrix is used as stored or transposed.
public enum Transposition: Sendable { case none, transposed }

/// `c = alpha * op(a) op(b) + beta * c` in single precision, row-major, on the calling thread.
///
/// `op(a)` is `[m, k]`, `op(b)` is `[k, n]`, `c` is `[m, n]`; each `ld` is the distance between stored rows in elements.
public func multiply(
    m: Int, n: Int, k: Int, alpha: Float = 1,
    _ a: UnsafePointer<Float>, lda: Int, _ transposeA: Transposition = .none,
    _ b: UnsafePointer<Float>, ldb: Int, _ transposeB: Transposition = .none,
    beta: Float = 0, into c: UnsafeMutablePointer<Float>, ldc: Int
) {
    guard m > 0, n > 0 else { return }
    _ = blasIsSingleThreaded
    cblas_sgemm(
        CblasRowMajor, transposeA == .none ? CblasNoTrans : CblasTrans,
        transposeB == .none ? CblasNoTrans : CblasTrans, blasint(m), blasint(n), blasint(k), alpha, a, blasint(lda), b,
        blasint(ldb), beta, c, blasint(ldc))
}
