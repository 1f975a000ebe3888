/// An axis-aligned rectangle in pixels: left, top, right, bottom edges (no +1 convention).
public struct Box: Hashable, Sendable, Codable {
    public var x1: Float
    public var y1: Float
    public var x2: Float
    public var y2: Float

    public init(x1: Float, y1: Float, x2: Float, y2: Float) {
        self.x1 = x1
        self.y1 = y1
        self.x2 = x2
        self.y2 = y2
    }

    public var width: Float { max(0, x2 - x1) }
    public var height: Float { max(0, y2 - y1) }
    public var area: Float { width * height }
    public var centre: (x: Float, y: Float) { ((x1 + x2) / 2, (y1 + y2) / 2) }

    /// Intersection over union, in [0, 1]; 0 when both are empty.
    public func iou(with other: Box) -> Float {
        let overlap = intersection(with: other).area
        let union = area + other.area - overlap
        return union > 0 ? overlap / union : 0
    }

    /// The common rectangle; empty (zero area) when the boxes do not touch.
    public func intersection(with other: Box) -> Box {
        Box(x1: max(x1, other.x1), y1: max(y1, other.y1), x2: min(x2, other.x2), y2: min(y2, other.y2))
    }

    /// The smallest rectangle that holds both.
    public func union(with other: Box) -> Box {
        Box(x1: min(x1, other.x1), y1: min(y1, other.y1), x2: max(x2, other.x2), y2: max(y2, other.y2))
    }

    /// The part inside a picture of the given size.
    public func clipped(width: Int, height: Int) -> Box {
        Box(
            x1: min(max(x1, 0), Float(width)), y1: min(max(y1, 0), Float(height)),
            x2: min(max(x2, 0), Float(width)), y2: min(max(y2, 0), Float(height)))
    }

    /// Every edge multiplied: x by `sx`, y by `sy`.
    public func scaled(x sx: Float, y sy: Float) -> Box {
        Box(x1: x1 * sx, y1: y1 * sy, x2: x2 * sx, y2: y2 * sy)
    }
}
