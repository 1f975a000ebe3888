import Analysis
import Imaging
import ObjectAnomaly
import Tensors
import Testing

@Suite struct ObjectSelectionTests {
    private let selection = ObjectSelection(pictureWidth: 640, pictureHeight: 360)
    /// Cells of 16 pixels.
    private let columns = 40
    private let rows = 23

    private func detection(_ x: Float, _ y: Float, _ width: Float, _ height: Float, score: Float) -> Detection {
        Detection(box: Box(x1: x, y1: y, x2: x + width, y2: y + height), score: score, normalLogit: nil)
    }

    /// Novelty of 1 everywhere but in some cells.
    private func novelty(_ level: Float, columns cells: Range<Int>, rows lines: Range<Int>) -> [Float] {
        var novelty = [Float](repeating: 1, count: columns * rows)
        for row in lines { for column in cells { novelty[row * columns + column] = level } }
        return novelty
    }

    private func chosen(_ detections: [Detection], _ novelty: [Float]) -> [Int] {
        selection.objects(detections, novelty: novelty, gridWidth: columns, gridHeight: rows)
    }

    @Test(arguments: [
        (Float(5), Float(80), false), (80, 5, false), (7, 7, true), (6, 40, false), (300, 300, false), (250, 320, true),
    ])
    func `Slivers and boxes around most of the picture are no objects`(
        _ width: Float, _ height: Float, _ isPlausible: Bool
    ) {
        #expect(selection.isPlausible(Box(x1: 10, y1: 10, x2: 10 + width, y2: 10 + height)) == isPlausible)
        let sure = [detection(10, 10, width, height, score: 0.99)]
        #expect(selection.plausible(sure) == (isPlausible ? [0] : []))
        #expect(chosen(sure, novelty(1, columns: 0..<0, rows: 0..<0)) == (isPlausible ? [0] : []))
    }

    @Test func `Small pictures keep small objects`() {
        let small = ObjectSelection(pictureWidth: 160, pictureHeight: 120)
        #expect(small.isPlausible(Box(x1: 0, y1: 0, x2: 4, y2: 4)))
        #expect(!small.isPlausible(Box(x1: 0, y1: 0, x2: 3, y2: 40)))
    }

    @Test func `A doubtful detection counts where its place is new and not where it always stands`() {
        let (walker, bench) = (detection(160, 96, 32, 64, score: 0.35), detection(400, 96, 32, 64, score: 0.35))
        let grid = novelty(30, columns: 10..<12, rows: 6..<10)
        #expect(chosen([walker, bench], grid) == [0])
        #expect(chosen([bench, walker], grid) == [1])
        let sure = detection(400, 96, 32, 64, score: ObjectSelection.confidentScore)
        #expect(chosen([walker, sure], grid) == [0, 1])
    }

    @Test func `A change of the light all over confirms nobody`() {
        var grid = [Float](repeating: 50, count: columns * rows)
        let still = detection(160, 96, 32, 64, score: 0.35)
        for row in 6..<10 { for column in 10..<12 { grid[row * columns + column] = 40 } }
        #expect(chosen([still], grid).isEmpty)
    }

    @Test func `Nothing moves in the first frame, and without a grid`() {
        let doubtful = detection(160, 96, 32, 64, score: 0.35)
        #expect(chosen([doubtful], [Float](repeating: 0, count: columns * rows)).isEmpty)
        let sure = detection(160, 96, 32, 64, score: 0.9)
        #expect(selection.objects([doubtful, sure], novelty: [], gridWidth: 0, gridHeight: 0) == [1])
    }

    @Test func `Thin and outlying boxes are looked up in the cell they lie in`() {
        let grid = novelty(30, columns: 39..<40, rows: 22..<23)
        #expect(chosen([detection(632, 352, 8, 8, score: 0.3)], grid) == [0])
        #expect(chosen([detection(600, 300, 7, 7, score: 0.3)], grid).isEmpty)
        #expect(chosen([detection(700, 500, 8, 8, score: 0.3)], grid) == [0])
    }

    @Test func `A frame is as new as it differs from what its places usually show, in a grid of any size`() {
        let mean = Tensor([2, 2, 3], [0, 0, 0, 1, 1, 1, 2, 2, 2, 3, 3, 3])
        let background = Background(mean: mean)
        #expect(background.novelty(of: mean) == [0, 0, 0, 0])
        let frame = Tensor([2, 2, 3], [0, 0, 0, 1, 1, 1, 2, 2, 4, 3, 3, 3])
        #expect(background.novelty(of: frame) == [0, 0, 4, 0])
        let finer = Tensor([4, 4, 3], repeating: 3)
        let novelty = background.novelty(of: finer)
        #expect(novelty == [27, 27, 12, 12, 27, 27, 12, 12, 3, 3, 0, 0, 3, 3, 0, 0])
    }
}
