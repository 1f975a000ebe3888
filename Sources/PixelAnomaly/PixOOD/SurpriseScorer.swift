internal import CKernels
public import Tensors

/// Turns (logits, nearest distances) into surprise: the least surprise among the evaluated classes, which is the
/// published `1 - max over classes of s_I` on a logarithmic scale.
///
/// `@unchecked Sendable`: the tables are written once, when the scorer is made.
public final class SurpriseScorer: @unchecked Sendable {
    public let tables: [SurpriseTable]
    /// Classes that may explain a patch.
    public let evaluated: [Int]
    private let storage: Tensor
    private let kernels: [ck_surprise_table]
    private let indices: [Int32]

    /// `tables` one per class, not empty; `evaluated` defaults to all of them.
    public init(tables: [SurpriseTable], evaluated: [Int]? = nil) {
        self.tables = tables
        self.evaluated = evaluated ?? Array(tables.indices)
        let storage = Tensor([max(1, tables.reduce(0) { $0 + $1.values.count })])
        var kernels: [ck_surprise_table] = []
        var start = 0
        for table in tables {
            for (index, value) in table.values.enumerated() { storage.pointer[start + index] = value }
            kernels.append(table.kernel(storage.pointer + start))
            start += table.values.count
        }
        self.storage = storage
        self.kernels = kernels
        indices = self.evaluated.map(Int32.init)
    }

    /// - Parameters:
    ///   - logits: `[N, C]`
    ///   - distances: `[C, N]`
    ///   - surprise: `[N]`, 0 ... 300; a patch with a NaN gets 300.
    ///   - classes: receives the class that explains each patch best, `[N]`, where given.
    public func callAsFunction(
        logits: Tensor, distances: Tensor, into surprise: Tensor, classes: UnsafeMutablePointer<Int32>? = nil
    ) {
        let count = surprise.count
        precondition(logits.count == count * tables.count && distances.count == count * tables.count)
        ck_surprise(
            kernels, indices, indices.count, logits.pointer, tables.count, distances.pointer, count, surprise.pointer,
            classes)
    }
}
