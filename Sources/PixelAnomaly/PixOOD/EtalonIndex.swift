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
    /// The same etalons as the right side of products.
    private let packed: PackedMatrix
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
        packed = PackedMatrix(weight: centres)
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
            PackedProduct(
                RowLayout(rows: rows.count, depth: dimension, stride: dimension), start, weights: packed.pointer,
                columns: total, into: product, outputStride: total
            ).run(lines: 0..<1, panels: 0..<packed.panels)
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
        let (workspace, total) = (context.workspace, centres.shape[0])
        let shifted = workspace.borrow([h * w, dimension])
        let dots = workspace.borrow([h * w, total])
        ck_affine_rows(
            features.pointer + columns.lowerBound, h * w, dimension, width, shift, nil, shifted.pointer, dimension)
        context.pool.forRanges(h * w, grain: 16) { @Sendable rows in
            PackedProduct(
                RowLayout(rows: rows.count, depth: dimension, stride: dimension),
                shifted.pointer + rows.lowerBound * dimension, weights: packed.pointer, columns: total,
                into: dots.pointer + rows.lowerBound * total, outputStride: total
            ).run(lines: 0..<1, panels: 0..<packed.panels)
        }
        // One fine row at a time: all of them would fill gigabytes at the published size.
        let scratch = workspace.borrow([context.pool.width, fineW * (dimension + total + 2)])
        context.pool.forEachOnStrand(fineH) { @Sendable strand, row in
            let fine = scratch.row(strand)
            let fineDots = fine + fineW * dimension
            let rowNorms = fineDots + fineW * total
            let place = UnsafeMutableRawPointer(rowNorms + fineW).assumingMemoryBound(to: Int32.self)
            ck_upsample_bilinear(shifted.pointer, h, w, dimension, fine, fineH, fineW, row, 1)
            ck_row_norms(fine, fineW, dimension, dimension, rowNorms)
            ck_upsample_bilinear(dots.pointer, h, w, total, fineDots, fineH, fineW, row, 1)
            for (label, range) in ranges.enumerated() {
                let output = distances.pointer + (label * fineH + row) * fineW
                ck_nearest_point(
                    fineDots + range.lowerBound, total, rowNorms, norms.pointer + range.lowerBound, fineW,
                    range.count, output, place)
                ck_square_roots(output, fineW)
            }
        }
        for tensor in [shifted, dots, scratch] { workspace.giveBack(tensor) }
    }
}
