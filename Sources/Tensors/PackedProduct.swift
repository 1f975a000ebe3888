internal import CKernels

/// How the rows of a product lie in memory: windows of an image or rows of a matrix.
///
/// Line l holds `perLine` rows; row r of it begins at `l * lineStep + r * step` and consists of `runs` pieces of
/// `runLength` values that start `runStep` apart.
public struct RowLayout: Sendable {
    public var perLine: Int
    public var lineStep: Int
    public var step: Int
    public var runs: Int
    public var runStep: Int
    public var runLength: Int

    public init(perLine: Int, lineStep: Int, step: Int, runs: Int, runStep: Int, runLength: Int) {
        self.perLine = perLine
        self.lineStep = lineStep
        self.step = step
        self.runs = runs
        self.runStep = runStep
        self.runLength = runLength
    }

    /// One line with the rows of a matrix, `stride` values apart.
    public init(rows: Int, depth: Int, stride: Int) {
        self.init(perLine: rows, lineStep: 0, step: stride, runs: 1, runStep: 0, runLength: depth)
    }
}

/// One piece of work for one core: rows times packed weights, then bias, residual and activation.
///
/// Holds pointers, so it is made and used inside a parallel loop's body; the caller keeps the memory alive.
public struct PackedProduct {
    private var product: ck_product

    /// - Parameters:
    ///   - weights: packed by `pack` with the layout's depth.
    ///   - output: rows in the layout's order, `outputStride` values apart.
    public init(
        _ rows: RowLayout, _ input: UnsafePointer<Float>, weights: UnsafePointer<Float>, columns: Int,
        into output: UnsafeMutablePointer<Float>, outputStride: Int, bias: UnsafePointer<Float>? = nil,
        residual: UnsafePointer<Float>? = nil, activation: Activation = .none, accumulating: Bool = false
    ) {
        product = ck_product(
            input: input, per_line: rows.perLine, line_step: rows.lineStep, step: rows.step, runs: rows.runs,
            run_step: rows.runStep, run_length: rows.runLength, weights: weights, columns: columns, bias: bias,
            residual: residual, activation: activation.kernelCode, accumulate: accumulating ? 1 : 0, output: output,
            output_stride: outputStride)
    }

    /// Computes some lines and the columns of some panels on the calling thread.
    public func run(lines: Range<Int>, panels: Range<Int>) {
        withUnsafePointer(to: product) {
            ck_multiply($0, lines.lowerBound, lines.count, panels.lowerBound, panels.count)
        }
    }

    /// Columns of one panel on this processor.
    public static let panelWidth = ck_panel_width()

    /// Panels that `columns` fill, the last one perhaps in part.
    public static func panels(_ columns: Int) -> Int { (columns + panelWidth - 1) / panelWidth }

    /// Floats that packed weights of this size need.
    public static func packedCount(depth: Int, columns: Int) -> Int { ck_packed_size(depth, columns) }

    /// Whether products run at the speed of vector instructions here.
    public static let isFast = ck_has_fast_products() != 0

    /// Packs `factor * op(matrix)`, `[depth, columns]`, into panels.
    ///
    /// - Parameter packed: 64-byte aligned, room for `packedCount`.
    public static func pack(
        _ matrix: UnsafePointer<Float>, stride: Int, _ transposition: Transposition = .none, factor: Float = 1,
        depth: Int, columns: Int, into packed: UnsafeMutablePointer<Float>
    ) {
        ck_pack_matrix(matrix, stride, transposition == .transposed ? 1 : 0, factor, depth, columns, packed)
    }
}
