internal import CKernels
internal import Glibc
public import Imaging

/// Surprise of every cell of the patch grid, row-major.
public struct PixelScores: Sendable, Hashable {
    public let width: Int
    public let height: Int
    /// -log10 of the share of normal patches that look at least as anomalous, 0 ... 300.
    public let surprise: [Float]

    public init(width: Int, height: Int, surprise: [Float]) {
        precondition(surprise.count == width * height)
        self.width = width
        self.height = height
        self.surprise = surprise
    }

    public var peak: Float { surprise.max() ?? 0 }

    /// Each cell replaced by the mean of itself and its neighbours inside the map.
    public func smoothed() -> PixelScores {
        guard !surprise.isEmpty else { return self }
        let values = [Float](unsafeUninitializedCapacity: surprise.count) { buffer, count in
            if let start = buffer.baseAddress { ck_smooth3x3(surprise, width, height, start) }
            count = surprise.count
        }
        return PixelScores(width: width, height: height, surprise: values)
    }

    /// Groups of neighbouring cells (also diagonally) above a threshold.
    ///
    /// - Parameters:
    ///   - threshold: a cell belongs to a region when its surprise is greater.
    ///   - minimumCells: smaller regions are left out.
    ///   - pictureWidth, pictureHeight: pixels that the whole grid covers; boxes refer to them.
    ///   - limit: at most this many regions.
    /// - Returns: the most surprising first.
    public func regions(
        above threshold: Float, minimumCells: Int = 1, pictureWidth: Int, pictureHeight: Int, limit: Int = 256
    ) -> [PixelRegion] {
        guard !surprise.isEmpty, limit > 0 else { return [] }
        let found = withUnsafeTemporaryAllocation(of: Int32.self, capacity: 2 * surprise.count) { scratch in
            [ck_region](unsafeUninitializedCapacity: surprise.count) { buffer, count in
                count = min(
                    buffer.count,
                    ck_regions(
                        surprise, width, height, threshold, minimumCells, scratch.baseAddress, buffer.baseAddress,
                        buffer.count))
            }
        }
        let cellWidth = Float(pictureWidth) / Float(width)
        let cellHeight = Float(pictureHeight) / Float(height)
        let regions = found.map { region in
            PixelRegion(
                box: Box(
                    x1: Float(region.left) * cellWidth, y1: Float(region.top) * cellHeight,
                    x2: Float(region.right) * cellWidth, y2: Float(region.bottom) * cellHeight),
                cells: Int(region.cells), surprise: region.peak)
        }
        return Array(regions.sorted { ($0.surprise, $0.cells) > ($1.surprise, $1.cells) }.prefix(limit))
    }
}

/// A connected group of anomalous cells.
public struct PixelRegion: Sendable, Hashable {
    /// In pixels of the picture.
    public let box: Box
    public let cells: Int
    /// Highest surprise of its cells.
    public let surprise: Float

    public init(box: Box, cells: Int, surprise: Float) {
        self.box = box
        self.cells = cells
        self.surprise = surprise
    }

    /// Highest PixOOD score 1 - s_I of its cells, in [0, 1].
    public var score: Float { 1 - pow(10, -surprise) }
}
