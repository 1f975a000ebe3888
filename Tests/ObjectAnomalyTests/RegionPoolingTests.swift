import Basics
import Glibc
import Networks
import ObjectAnomaly
import Tensors
import Testing

@Suite struct RegionPoolingTests {
    private func pyramid(_ width: Int, _ height: Int, channels: Int, seed: UInt64) -> [FeatureMap] {
        var random = SeededGenerator(seed: seed)
        return (2...6).map { level in
            let stride = 1 << level
            let map = Tensor([(height + stride - 1) / stride, (width + stride - 1) / stride, channels])
            for index in 0..<map.count { map.pointer[index] = Float(random.uniform(in: -1..<1)) }
            return FeatureMap(tensor: map, stride: stride)
        }
    }

    /// One bilinear sample as the definition words it.
    private func sample(_ map: Tensor, _ y: Double, _ x: Double, _ channel: Int) -> Double {
        let (height, width) = (map.shape[0], map.shape[1])
        if y < -1 || y > Double(height) || x < -1 || x > Double(width) { return 0 }
        func corners(_ position: Double, _ extent: Int) -> (Int, Int, Double) {
            let inside = max(position, 0)
            let low = Int(inside)
            return low >= extent - 1 ? (extent - 1, extent - 1, 0) : (low, low + 1, inside - Double(low))
        }
        let (top, bottom, v) = corners(y, height)
        let (left, right, u) = corners(x, width)
        func value(_ y: Int, _ x: Int) -> Double { Double(map.pointer[(y * width + x) * map.shape[2] + channel]) }
        return (1 - v) * ((1 - u) * value(top, left) + u * value(top, right))
            + v * ((1 - u) * value(bottom, left) + u * value(bottom, right))
    }

    private func naive(_ pyramid: [FeatureMap], _ box: [Float], bins: Int) -> [Float] {
        let channels = pyramid[0].tensor.shape[2]
        let size = bins * bins * channels
        let (width, height) = (box[2] - box[0], box[3] - box[1])
        guard width > 0, height > 0 else { return [Float](repeating: 0, count: size) }
        let level = min(max(Int(floor(log2((width * height).squareRoot() / 56 + 1e-6))), 0), 3)
        let map = pyramid[level]
        let scale = 1 / Float(map.stride)
        let (x1, y1) = (box[0] * scale - 0.5, box[1] * scale - 0.5)
        let (binX, binY) = ((box[2] * scale - 0.5 - x1) / Float(bins), (box[3] * scale - 0.5 - y1) / Float(bins))
        let (samplesX, samplesY) = (Int(ceil(binX)), Int(ceil(binY)))
        var out: [Float] = []
        for y in 0..<bins {
            for x in 0..<bins {
                for channel in 0..<channels {
                    var sum = 0.0
                    for i in 0..<samplesY {
                        for j in 0..<samplesX {
                            let py = y1 + Float(y) * binY + (Float(i) + 0.5) * binY / Float(samplesY)
                            let px = x1 + Float(x) * binX + (Float(j) + 0.5) * binX / Float(samplesX)
                            sum += sample(map.tensor, Double(py), Double(px), channel)
                        }
                    }
                    out.append(Float(sum / Double(samplesX * samplesY)))
                }
            }
        }
        return out
    }

    @Test(arguments: [(1, 7), (5, 3), (32, 7), (45, 2)], [1, 3])
    func `Pooling equals its definition on odd sizes and odd boxes`(_ sizes: (Int, Int), _ cores: Int) {
        let (channels, bins) = sizes
        let (width, height) = (203, 117)
        let pyramid = pyramid(width, height, channels: channels, seed: 4)
        var random = SeededGenerator(seed: UInt64(channels))
        var boxes: [[Float]] = [
            [0, 0, 203, 117], [0, 0, 1, 1], [202, 116, 203, 117], [0, 50, 203, 51], [100, 0, 100.5, 117],
            [-30, -40, 60, 50], [150, 90, 400, 300],
        ]
        for _ in 0..<40 {
            let x = Float(random.uniform(in: 0..<190))
            let y = Float(random.uniform(in: 0..<110))
            boxes.append([x, y, x + Float(random.uniform(in: 0.1..<120)), y + Float(random.uniform(in: 0.1..<90))])
        }
        let context = ComputeContext(pool: ComputePool(width: cores))
        let output = Tensor([boxes.count - 2, bins * bins * channels])
        RegionPooling(bins: bins)(
            pyramid, boxes: Tensor([boxes.count, 4], boxes.flatMap { $0 }), rows: 2..<boxes.count, into: output,
            context: context)
        for (row, box) in boxes.dropFirst(2).enumerated() {
            let found = (0..<output.shape[1]).map { output.row(row)[$0] }
            expectClose(found, naive(pyramid, box, bins: bins), within: 2e-5, "box \(box)")
        }
    }

    @Test func `Boxes without area, crossed or not finite give zeros`() {
        let pyramid = pyramid(128, 96, channels: 3, seed: 1)
        let boxes: [[Float]] = [
            [10, 10, 10, 50], [10, 10, 50, 10], [50, 10, 10, 60], [10, 60, 50, 10], [60, 60, 10, 10],
            [.nan, 0, 10, 10], [0, 0, .infinity, 10], [-.infinity, 0, 10, 10], [0, 0, 3e38, 3e38],
        ]
        let output = Tensor([boxes.count, 49 * 3], repeating: 7)
        RegionPooling(bins: 7)(
            pyramid, boxes: Tensor([boxes.count, 4], boxes.flatMap { $0 }), rows: 0..<boxes.count, into: output,
            context: ComputeContext(pool: ComputePool(width: 1)))
        #expect(output.array.allSatisfy { $0 == 0 })
        #expect(RegionPooling.level(x1: 50, y1: 10, x2: 10, y2: 60) == nil)
        #expect(RegionPooling.level(x1: 10, y1: 10, x2: 10, y2: 50) == 0)
    }

    @Test func `A box is read from the level whose cells suit it`() {
        let sides: [Float] = [1, 111, 113, 223, 225, 447, 449, 5000]
        #expect(sides.map { RegionPooling.level(x1: 0, y1: 0, x2: $0, y2: $0) } == [0, 0, 1, 1, 2, 2, 3, 3])
    }
}
