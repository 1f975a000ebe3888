internal import Basics
internal import Tensors

/// Learned positional embeddings of a square patch grid, resampled to other grids and remembered per grid.
final class PositionGrid: Sendable {
    private struct Size: Hashable {
        let rows: Int
        let columns: Int
    }

    /// Cells per side of the learned grid.
    let side: Int
    private let width: Int
    /// `[side * side, width]`
    private let learned: Tensor
    private let interpolation: PositionInterpolation
    private let resampled = Locked<[(size: Size, positions: Tensor)]>([])
    private static let remembered = 4

    init(learned: Tensor, side: Int, interpolation: PositionInterpolation) {
        precondition(learned.shape[0] == side * side)
        self.learned = learned
        self.side = side
        width = learned.shape[1]
        self.interpolation = interpolation
    }

    /// `[rows * columns, width]`; shared, so nobody may write to it.
    func positions(rows: Int, columns: Int) -> Tensor {
        if rows == side && columns == side { return learned }
        let size = Size(rows: rows, columns: columns)
        if let known = resampled.withLock({ $0.first { $0.size == size }?.positions }) { return known }
        let positions = resample(rows: rows, columns: columns)
        resampled.withLock {
            $0.append((size, positions))
            if $0.count > Self.remembered { $0.removeFirst() }
        }
        return positions
    }

    private func resample(rows: Int, columns: Int) -> Tensor {
        let vertical = Tensor([rows, side], interpolation.weights(from: side, to: rows))
        let horizontal = Tensor([columns, side], interpolation.weights(from: side, to: columns))
        let line = side * width
        let stretched = Tensor([rows, line])
        multiply(
            m: rows, n: line, k: side, vertical.pointer, lda: side, .none, learned.pointer, ldb: line,
            into: stretched.pointer, ldc: line)
        let positions = Tensor([rows * columns, width])
        for row in 0..<rows {
            multiply(
                m: columns, n: width, k: side, horizontal.pointer, lda: side, .none, stretched.row(row), ldb: width,
                into: positions.pointer + row * columns * width, ldc: width)
        }
        return positions
    }
}
