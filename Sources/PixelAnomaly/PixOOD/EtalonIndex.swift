internal import CKernels
public import Tensors

/// Nearest etalons of all classes, ready for matrix products.
///
/// Features and etalons are shifted by the etalons' mean first: single precision then keeps its digits where
/// `|x|^2 - 2 x.c + |c|^2` cancels.
public struct EtalonIndex: Sendable {
    public let dimension: Int
    public let classCount: Int
    /// Shifted etalons of all classes one after the other, `[sum K, D]`, and their squared norms.
    private let centres: Tensor
    private let norms: Tensor
    private let ranges: [Range<Int>]
    private let shift: [Float]

    /// `sets` one per class, not empty, of one dimension.
    public init(_ sets: [EtalonSet]) {
        precondition(!sets.isEmpty && sets.allSatisfy { $0.dimension == sets[0].dimension && $0.count > 0 })
        dimension = sets[0].dimension
        classCount = sets.count
        let total = sets.reduce(0) { $0 + $1.count }
        var sums = [Double](repeating: 0, count: dimension)
        for set in sets {
            for index in 0..<set.centres.count { sums[index % dimension] += Double(set.centres.pointer[index]) }
        }
        shift = sums.map { Float(-$0 / Double(total)) }
        centres = Tensor([total, dimension])
        norms = Tensor([total])
        var ranges: [Range<Int>] = []
        for set in sets {
            let start = ranges.last?.upperBound ?? 0
            ck_affine_rows(
                set.centres.pointer, set.count, dimension, dimension, shift, nil,
                centres.pointer + start * dimension, dimension)
            ranges.append(start..<start + set.count)
        }
        self.ranges = ranges
        ck_row_norms(centres.pointer, total, dimension, dimension, norms.pointer)
    }

    /// Distance of every row to the nearest etalon of every class.
    ///
    /// - Parameters:
    ///   - features: `[N, W]` or `[h, w, W]`; the `columns` of each row are compared.
    ///   - distances: `[C, N]`; infinite for a row with a NaN.
    public func nearest(
        _ features: Tensor, columns: Range<Int>, into distances: Tensor, context: ComputeContext
    ) {
        let width = features.shape[features.shape.rank - 1]
        let count = features.count / width
        precondition(columns.count == dimension && columns.upperBound <= width && distances.count == count * classCount)
        let shifted = context.workspace.borrow([count, dimension])
        let dots = context.workspace.borrow([count, centres.shape[0]])
        let rowNorms = context.workspace.borrow([count])
        defer {
            context.workspace.giveBack(shifted)
            context.workspace.giveBack(dots)
            context.workspace.giveBack(rowNorms)
        }
        let total = centres.shape[0]
        context.pool.forRanges(count, grain: 64) { @Sendable rows in
            let start = shifted.pointer + rows.lowerBound * dimension
            let product = dots.pointer + rows.lowerBound * total
            ck_affine_rows(
                features.pointer + rows.lowerBound * width + columns.lowerBound, rows.count, dimension, width, shift,
                nil, start, dimension)
            ck_row_norms(start, rows.count, dimension, dimension, rowNorms.pointer + rows.lowerBound)
            multiply(
                m: rows.count, n: total, k: dimension, start, lda: dimension, .none, centres.pointer, ldb: dimension,
                .transposed, into: product, ldc: total)
            withUnsafeTemporaryAllocation(of: Int32.self, capacity: rows.count) { index in
                guard let place = index.baseAddress else { return }
                for (label, range) in ranges.enumerated() {
                    let output = distances.pointer + label * count + rows.lowerBound
                    ck_nearest_point(
                        product + range.lowerBound, total, rowNorms.pointer + rows.lowerBound,
                        norms.pointer + range.lowerBound, rows.count, range.count, output, place)
                    ck_indexed_distance(
                        start, rows.count, dimension, dimension, centres.pointer + range.lowerBound * dimension, place,
                        output)
                }
            }
        }
    }

    /// As `nearest` on features bilinearly enlarged `factor` times, without enlarged products.
    ///
    /// Enlarging is linear, so the product of an enlarged feature with an etalon is the enlarged product: products are
    /// formed on the patch grid, and only norms on the fine one. Exact up to rounding.
    /// - Parameters:
    ///   - features: `[h, w, W]`
    ///   - distances: `[C, h * factor * w * factor]`
    public func nearestEnlarged(
        _ features: Tensor, columns: Range<Int>, factor: Int, into distances: Tensor, context: ComputeContext
    ) {
        let (h, w, width) = (features.shape[0], features.shape[1], features.shape[2])
        let (fineH, fineW) = (h * factor, w * factor)
        precondition(columns.count == dimension && distances.count == classCount * fineH * fineW)
        let workspace = context.workspace
        let shifted = workspace.borrow([h * w, dimension])
        let fine = workspace.borrow([fineH * fineW, dimension])
        let rowNorms = workspace.borrow([fineH * fineW])
        ck_affine_rows(
            features.pointer + columns.lowerBound, h * w, dimension, width, shift, nil, shifted.pointer, dimension)
        ck_upsample_bilinear(shifted.pointer, h, w, dimension, fine.pointer, fineH, fineW)
        ck_row_norms(fine.pointer, fineH * fineW, dimension, dimension, rowNorms.pointer)
        workspace.giveBack(fine)
        var index = [Int32](repeating: -1, count: fineH * fineW)
        for (label, range) in ranges.enumerated() {
            let dots = workspace.borrow([h * w, range.count])
            let fineDots = workspace.borrow([fineH * fineW, range.count])
            multiply(
                m: h * w, n: range.count, k: dimension, shifted.pointer, lda: dimension, .none,
                centres.pointer + range.lowerBound * dimension, ldb: dimension, .transposed, into: dots.pointer,
                ldc: range.count)
            ck_upsample_bilinear(dots.pointer, h, w, range.count, fineDots.pointer, fineH, fineW)
            let output = distances.pointer + label * fineH * fineW
            ck_nearest_point(
                fineDots.pointer, range.count, rowNorms.pointer, norms.pointer + range.lowerBound, fineH * fineW,
                range.count, output, &index)
            ck_square_roots(output, fineH * fineW)
            workspace.giveBack(dots)
            workspace.giveBack(fineDots)
        }
        workspace.giveBack(shifted)
        workspace.giveBack(rowNorms)
    }
}
