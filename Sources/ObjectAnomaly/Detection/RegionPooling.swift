internal import CKernels
public import Networks
public import Tensors

/// RoIAlign over a feature pyramid: a fixed grid of averaged bilinear samples of each box, read from the level whose cells
/// suit the box's size.
///
/// Coordinates are half-pixel aligned and each bin takes ceil(extent / bins) samples per axis. A box without area, or
/// crossed, gives zeros.
public struct RegionPooling: Sendable {
    /// Cells of the grid along each axis, 1 to 32.
    public let bins: Int

    public init(bins: Int) {
        precondition((1...32).contains(bins))
        self.bins = bins
    }

    /// Levels that boxes are read from; a coarser one serves proposals alone.
    public static let mostLevels = 4

    /// The pyramid level (0 for P2) that a box in input pixels is read from; nil when the box is crossed on exactly one
    /// axis, which the reference gives no level.
    package static func level(x1: Float, y1: Float, x2: Float, y2: Float) -> Int? {
        let level = ck_roi_level([x1, y1, x2, y2], Int32(mostLevels))
        return level < 0 ? nil : Int(level)
    }

    /// - Parameters:
    ///   - pyramid: finest level first; levels beyond the fourth are not read.
    ///   - boxes: `[N, 4]` in input pixels.
    ///   - rows: which boxes.
    ///   - output: `[rows.count, bins * bins * C]`, channels-last cells in row-major order.
    public func callAsFunction(
        _ pyramid: [FeatureMap], boxes: Tensor, rows: Range<Int>, into output: Tensor, context: ComputeContext
    ) {
        guard let finest = pyramid.first, !rows.isEmpty else { return }
        let channels = finest.tensor.shape[2]
        let size = bins * bins * channels
        precondition(output.count == rows.count * size && rows.upperBound <= boxes.shape[0])
        let levels = Array(pyramid.prefix(Self.mostLevels))
        let scratch = context.workspace.borrow([
            context.pool.width,
            ck_roi_align_scratch(Int32(finest.tensor.shape[0]), Int32(finest.tensor.shape[1]), Int32(bins)),
        ])
        let chunks = context.pool.chunkCount(rows.count, size: 16)
        context.pool.forEachOnStrand(chunks) { @Sendable strand, chunk in
            let range = rows.count * chunk / chunks..<rows.count * (chunk + 1) / chunks
            let maps: [ck_feature_map] = levels.map { (level: FeatureMap) -> ck_feature_map in
                ck_feature_map(
                    data: UnsafePointer(level.tensor.pointer), height: Int32(level.tensor.shape[0]),
                    width: Int32(level.tensor.shape[1]), scale: 1 / Float(level.stride))
            }
            let first = rows.lowerBound + range.lowerBound
            ck_roi_align(
                maps, Int32(maps.count), channels, boxes.pointer + 4 * first, range.count,
                Int32(bins), scratch.row(strand), output.pointer + range.lowerBound * size)
        }
        context.workspace.giveBack(scratch)
    }
}
