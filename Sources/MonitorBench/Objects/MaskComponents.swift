import Evaluation
import Imaging

/// Takes a mask of anomalous pixels apart into things.
enum MaskComponents {
    /// The boxes of the mask's connected parts (neighbours share an edge).
    static func boxes(_ mask: PixelMask) -> [Box] {
        var left = mask.isSet
        var boxes: [Box] = []
        while let start = left.firstIndex(of: true) {
            var (low, high) = ((x: mask.width, y: mask.height), (x: 0, y: 0))
            var waiting = [start]
            left[start] = false
            while let pixel = waiting.popLast() {
                let (x, y) = (pixel % mask.width, pixel / mask.width)
                low = (min(low.x, x), min(low.y, y))
                high = (max(high.x, x + 1), max(high.y, y + 1))
                for (nextX, nextY) in [(x - 1, y), (x + 1, y), (x, y - 1), (x, y + 1)]
                where (0..<mask.width).contains(nextX) && (0..<mask.height).contains(nextY) {
                    let next = nextY * mask.width + nextX
                    guard left[next] else { continue }
                    left[next] = false
                    waiting.append(next)
                }
            }
            boxes.append(Box(x1: Float(low.x), y1: Float(low.y), x2: Float(high.x), y2: Float(high.y)))
        }
        return boxes
    }
}
