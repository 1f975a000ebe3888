package import Imaging
package import ObjectAnomaly

/// Which detections of a frame count as objects, when learning what is normal and when judging.
///
/// On a camera nobody draws boxes and nobody names classes. The boxes are the detector's own: plausible ones that the
/// detector is sure of, and those that motion confirms, whose place looks different from what always stands there. The
/// classes come about from them by k-means over their features (`ObjectNormalityLearner`).
///
/// Learning, held-out calibration and judging must share one choice. A detection that is judged but was never offered to
/// learning is new by construction: of the bench's scenes, learning from the chosen detections alone while judging all
/// plausible ones lowers the area under the curve by one to eleven points.
package struct ObjectSelection: Sendable {
    /// Size of the picture that the boxes refer to.
    package let pictureWidth: Int
    package let pictureHeight: Int

    /// A detection with at least this score counts wherever it is. Chosen with `movingRatio` on the scenes and clips of
    /// `monitor-bench objects`: it keeps all anomalous detections and drops about a quarter of the normal ones.
    package static let confidentScore: Float = 0.6
    /// A detection moves when its cells are on average at least this many times as new as those of the rest of the frame.
    package static let movingRatio: Float = 1

    package init(pictureWidth: Int, pictureHeight: Int) {
        self.pictureWidth = pictureWidth
        self.pictureHeight = pictureHeight
    }

    /// False for slivers along edges and boxes around most of the picture, which small detectors give for no object at all.
    package func isPlausible(_ box: Box) -> Bool {
        let (width, height) = (Float(pictureWidth), Float(pictureHeight))
        let least = max(4, 0.01 * max(width, height))
        return min(box.width, box.height) >= least && box.area <= 0.35 * width * height
    }

    /// Indices of the plausible detections, in their order.
    package func plausible(_ detections: [Detection]) -> [Int] {
        detections.indices.filter { isPlausible(detections[$0].box) }
    }

    /// Indices of the plausible detections that are confident or move, in their order: what stands in for labelled objects.
    ///
    /// - Parameters:
    ///   - novelty: row-major `[gridHeight, gridWidth]`: how far each cell of the picture is from what it usually shows, 0
    ///     and up, as `CellMemory` or `Background` tell. All zeros, as in the first frame, leave the confident ones.
    package func objects(
        _ detections: [Detection], novelty: [Float], gridWidth: Int, gridHeight: Int
    ) -> [Int] {
        precondition(novelty.count == gridWidth * gridHeight)
        let total = novelty.reduce(0.0) { $0 + Double($1) }
        return plausible(detections).filter { index in
            detections[index].score >= Self.confidentScore
                || moves(detections[index].box, novelty, total: total, gridWidth: gridWidth, gridHeight: gridHeight)
        }
    }

    /// As `objects`; without a grid, of a model that has no patches, all plausible ones.
    package func chosen(
        _ detections: [Detection], novelty: [Float], gridWidth: Int, gridHeight: Int
    ) -> [Int] {
        novelty.isEmpty
            ? plausible(detections)
            : objects(detections, novelty: novelty, gridWidth: gridWidth, gridHeight: gridHeight)
    }

    /// Whether the cells whose centres a box covers are newer than the others on average.
    private func moves(
        _ box: Box, _ novelty: [Float], total: Double, gridWidth: Int, gridHeight: Int
    ) -> Bool {
        let columns = Self.cells(box.x1, box.x2, length: pictureWidth, count: gridWidth)
        let rows = Self.cells(box.y1, box.y2, length: pictureHeight, count: gridHeight)
        let inside = rows.count * columns.count
        var sum = 0.0
        for row in rows {
            for column in columns { sum += Double(novelty[row * gridWidth + column]) }
        }
        let outside = novelty.count - inside
        guard inside > 0, sum > 0, outside > 0 else { return false }
        return sum / Double(inside) >= Double(Self.movingRatio) * (total - sum) / Double(outside)
    }

    /// Cells along one axis whose centres lie between two edges; the nearest one when a thin box falls between centres.
    private static func cells(_ low: Float, _ high: Float, length: Int, count: Int) -> Range<Int> {
        let scale = Float(count) / Float(length)
        func cell(_ edge: Float) -> Int { Int(min(max((edge * scale - 0.5).rounded(.up), 0), Float(count))) }
        let range = cell(low)..<max(cell(low), cell(high))
        guard range.isEmpty, count > 0 else { return range }
        let middle = min(count - 1, max(0, Int((low + high) / 2 * scale)))
        return middle..<middle + 1
    }
}
