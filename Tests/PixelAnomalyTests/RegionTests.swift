import Basics
import Imaging
import PixelAnomaly
import Testing

@Suite struct RegionTests {
    private func random(_ width: Int, _ height: Int, seed: UInt64) -> PixelScores {
        var generator = SeededGenerator(seed: seed)
        return PixelScores(
            width: width, height: height, surprise: (0..<width * height).map { _ in Float(generator.uniform() * 4) })
    }

    /// Regions by repeatedly merging labels of neighbours until nothing changes.
    private func naive(_ map: PixelScores, above threshold: Float) -> [(cells: Int, peak: Float, box: [Int])] {
        var label = map.surprise.indices.map { map.surprise[$0] > threshold ? $0 : -1 }
        var changed = true
        while changed {
            changed = false
            for index in label.indices where label[index] >= 0 {
                for dy in -1...1 {
                    for dx in -1...1 {
                        let (x, y) = (index % map.width + dx, index / map.width + dy)
                        guard x >= 0, y >= 0, x < map.width, y < map.height else { continue }
                        let other = label[y * map.width + x]
                        if other >= 0, other < label[index] {
                            label[index] = other
                            changed = true
                        }
                    }
                }
            }
        }
        return Set(label.filter { $0 >= 0 }).map { root in
            let cells = label.indices.filter { label[$0] == root }
            let xs = cells.map { $0 % map.width }
            let ys = cells.map { $0 / map.width }
            return (
                cells.count, cells.map { map.surprise[$0] }.max() ?? 0,
                [xs.min() ?? 0, ys.min() ?? 0, (xs.max() ?? 0) + 1, (ys.max() ?? 0) + 1]
            )
        }
    }

    @Test(arguments: [(1, 1), (1, 9), (9, 1), (7, 5), (31, 18)])
    func `regions equal those of naive label merging`(width: Int, height: Int) {
        for (round, threshold) in [Float(0.5), 2, 2.8, 3.5, 5].enumerated() {
            let map = random(width, height, seed: UInt64(100 * width + round))
            let found = map.regions(above: threshold, pictureWidth: 4 * width, pictureHeight: 2 * height, limit: 1000)
            let expected = naive(map, above: threshold).sorted { ($0.peak, $0.cells) > ($1.peak, $1.cells) }
            #expect(found.count == expected.count)
            for (region, other) in zip(found, expected) {
                #expect(region.cells == other.cells && region.surprise == other.peak)
                #expect(
                    region.box
                        == Box(
                            x1: Float(4 * other.box[0]), y1: Float(2 * other.box[1]), x2: Float(4 * other.box[2]),
                            y2: Float(2 * other.box[3])))
            }
        }
    }

    @Test func `small regions are left out and the limit keeps the most surprising`() {
        let map = PixelScores(width: 5, height: 2, surprise: [5, 0, 6, 6, 0, 0, 0, 0, 0, 9])
        #expect(map.regions(above: 1, minimumCells: 2, pictureWidth: 5, pictureHeight: 2).map(\.cells) == [3])
        #expect(map.regions(above: 1, pictureWidth: 5, pictureHeight: 2, limit: 1).map(\.surprise) == [9])
        #expect(abs((map.regions(above: 1, pictureWidth: 5, pictureHeight: 2).last?.score ?? 0) - 0.99999) < 1e-6)
    }

    @Test func `smoothing averages nine cells everywhere`() {
        let map = random(6, 4, seed: 8)
        let smooth = map.smoothed()
        for y in 0..<4 {
            for x in 0..<6 {
                let (left, top) = (min(max(x - 1, 0), 3), min(max(y - 1, 0), 1))
                let window = (top..<top + 3).flatMap { v in (left..<left + 3).map { map.surprise[v * 6 + $0] } }
                #expect(abs(smooth.surprise[y * 6 + x] - window.reduce(0, +) / 9) < 1e-5)
            }
        }
        #expect(random(2, 1, seed: 1).smoothed().surprise.count == 2)
    }
}
