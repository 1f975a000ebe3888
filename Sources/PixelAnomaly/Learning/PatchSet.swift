public import ModelFiles
public import Tensors

/// Patches of one camera with where and when they were seen.
public struct PatchSet: PatchSource, Sendable {
    /// `[N, D]`
    public let features: Tensor
    /// Number of the frame each patch comes from, ascending with time but in any order here, `[N]`.
    public let frames: [Int32]
    /// Cell of the patch grid, `y * gridWidth + x`, `[N]`.
    public let cells: [Int32]
    public let gridWidth: Int
    public let gridHeight: Int

    public var count: Int { frames.count }
    public var dimension: Int { features.shape[1] }

    public init(features: Tensor, frames: [Int32], cells: [Int32], gridWidth: Int, gridHeight: Int) {
        precondition(features.shape.rank == 2 && features.shape[0] == frames.count && frames.count == cells.count)
        self.features = features
        self.frames = frames
        self.cells = cells
        self.gridWidth = gridWidth
        self.gridHeight = gridHeight
    }

    public func copyRows(_ indices: ArraySlice<Int32>, columns: Range<Int>, into output: Tensor) {
        precondition(output.count == indices.count * columns.count && columns.upperBound <= dimension)
        for (place, index) in indices.enumerated() {
            (output.pointer + place * columns.count).update(
                from: features.pointer + Int(index) * dimension + columns.lowerBound, count: columns.count)
        }
    }

    /// A copy with the given rows only.
    public func keeping(_ rows: [Int32]) -> PatchSet {
        PatchSet(
            features: self.rows(rows[...], columns: 0..<dimension), frames: rows.map { frames[Int($0)] },
            cells: rows.map { cells[Int($0)] }, gridWidth: gridWidth, gridHeight: gridHeight)
    }

    /// Splits by time: rows of the earlier frames, and rows of the last frames that make up about `share` of all.
    ///
    /// Random rows would do for neither side: neighbours in time show the same things.
    public func splitByTime(lastShare share: Double) -> (earlier: [Int32], last: [Int32]) {
        let sorted = frames.sorted()
        guard let newest = sorted.last else { return ([], []) }
        let cut = min(newest, sorted[min(sorted.count - 1, Int(Double(sorted.count) * (1 - share)))])
        let rows = frames.indices.map(Int32.init)
        return (rows.filter { frames[Int($0)] < cut }, rows.filter { frames[Int($0)] >= cut })
    }

    /// Writes the patches so that learning can go on after a restart.
    /// - Throws: `ModelFileError.Code.unwritable`.
    public func write(to path: String) throws(ModelFileError) {
        var writer = SafetensorsWriter()
        writer.add("patches.features", features)
        writer.add("patches.frames", integers: frames.map(Int64.init))
        writer.add("patches.cells", integers: cells.map(Int64.init))
        writer.add("patches.grid", integers: [Int64(gridWidth), Int64(gridHeight)])
        try writer.write(to: path)
    }

    /// - Throws: `ModelFileError` when the file is not what `write` wrote.
    public init(path: String) throws(ModelFileError) {
        let file = try SafetensorsFile(path: path)
        let features = try file.parameter("patches.features")
        let frames = try file.integers("patches.frames").map { Int32(truncatingIfNeeded: $0) }
        let cells = try file.integers("patches.cells").map { Int32(truncatingIfNeeded: $0) }
        let grid = try file.integers("patches.grid")
        guard features.shape.rank == 2, features.shape[0] == frames.count, cells.count == frames.count, grid.count == 2
        else { throw ModelFileError(.wrongShape, "\(path): features, frames and cells do not belong together") }
        self.init(
            features: features, frames: frames, cells: cells, gridWidth: Int(grid[0]), gridHeight: Int(grid[1]))
    }
}
