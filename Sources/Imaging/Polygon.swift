/// A closed area of a picture in shares of its size: (0, 0) is the top left corner, (1, 1) the bottom right one.
///
/// Its edges neither cross nor touch each other, and it has an area.
public struct Polygon: Sendable, Hashable {
    public struct Point: Sendable, Hashable {
        public let x: Double
        public let y: Double

        public init(_ x: Double, _ y: Double) {
            self.x = x
            self.y = y
        }
    }

    /// What is wrong with a list of points; positions count from 1.
    public enum Flaw: Error, Hashable {
        case points(Int)
        case outside(Int)
        /// The edges that begin at these two points meet where they should not.
        case crossing(Int, Int)
        case empty
    }

    /// How many points there may be.
    public static let pointCount = 3...64
    /// A pixel of a picture of one megapixel.
    private static let leastArea = 1e-6

    public let points: [Point]
    /// Share of the picture, above 0.
    public let area: Double
    /// The smallest rectangle around it.
    public let bounds: (x: ClosedRange<Double>, y: ClosedRange<Double>)

    /// The last point is joined to the first.
    public init(_ points: [Point]) throws(Flaw) {
        guard Self.pointCount.contains(points.count) else { throw .points(points.count) }
        if let index = points.firstIndex(where: { !(0...1).contains($0.x) || !(0...1).contains($0.y) }) {
            throw .outside(index + 1)
        }
        self.points = points
        area = abs(Self.signedArea(points))
        let (xs, ys) = (points.map(\.x), points.map(\.y))
        bounds = ((xs.min() ?? 0)...(xs.max() ?? 0), (ys.min() ?? 0)...(ys.max() ?? 0))
        for first in points.indices {
            for second in points.indices.dropFirst(first + 1) where meetWrongly(first, second) {
                throw .crossing(first + 1, second + 1)
            }
        }
        guard area >= Self.leastArea else { throw .empty }
    }

    public static func == (left: Polygon, right: Polygon) -> Bool { left.points == right.points }
    public func hash(into hasher: inout Hasher) { hasher.combine(points) }

    private static func signedArea(_ points: [Point]) -> Double {
        var sum = 0.0
        for (index, point) in points.enumerated() {
            let next = points[(index + 1) % points.count]
            sum += point.x * next.y - next.x * point.y
        }
        return sum / 2
    }

    // MARK: - Edges

    private func edge(_ index: Int) -> (from: Point, to: Point) { (points[index], points[(index + 1) % points.count]) }

    /// Whether two edges share more than the corner between neighbours.
    private func meetWrongly(_ first: Int, _ second: Int) -> Bool {
        let (a, b) = (edge(first), edge(second))
        if second == first + 1 || (first == 0 && second == points.count - 1) {
            let (before, corner, after) = second == first + 1 ? (a.from, a.to, b.to) : (b.from, b.to, a.to)
            // Neighbours meet again only when the second runs back along the first, or when one has no length.
            let side = Self.side(before, corner, after)
            let turn = (corner.x - before.x) * (after.x - corner.x) + (corner.y - before.y) * (after.y - corner.y)
            return before == corner || corner == after || (side == 0 && turn < 0)
        }
        let (c, d) = (Self.side(a.from, a.to, b.from), Self.side(a.from, a.to, b.to))
        let (e, f) = (Self.side(b.from, b.to, a.from), Self.side(b.from, b.to, a.to))
        if c * d < 0 && e * f < 0 { return true }
        return (c == 0 && Self.isBetween(b.from, a)) || (d == 0 && Self.isBetween(b.to, a))
            || (e == 0 && Self.isBetween(a.from, b)) || (f == 0 && Self.isBetween(a.to, b))
    }

    /// On which side of a line a point lies: the sign tells, 0 is on it.
    private static func side(_ from: Point, _ to: Point, _ point: Point) -> Double {
        let value = (to.x - from.x) * (point.y - from.y) - (to.y - from.y) * (point.x - from.x)
        // What is a line to people is one here, whatever rounding makes of it.
        return abs(value) < 1e-12 ? 0 : value
    }

    /// Whether a point of an edge's line lies on the edge.
    private static func isBetween(_ point: Point, _ edge: (from: Point, to: Point)) -> Bool {
        min(edge.from.x, edge.to.x)...max(edge.from.x, edge.to.x) ~= point.x
            && min(edge.from.y, edge.to.y)...max(edge.from.y, edge.to.y) ~= point.y
    }

    // MARK: - Inside

    /// Whether a point lies inside; of the border, some is and some is not.
    public func contains(_ x: Double, _ y: Double) -> Bool {
        guard bounds.x.contains(x), bounds.y.contains(y) else { return false }
        var isInside = false
        var from = points[points.count - 1]
        for to in points {
            if (from.y <= y) != (to.y <= y), x < from.x + (y - from.y) / (to.y - from.y) * (to.x - from.x) {
                isInside.toggle()
            }
            from = to
        }
        return isInside
    }

    /// What of a horizontal line lies inside, from left to right.
    public func spans(at y: Double) -> [ClosedRange<Double>] {
        var ends: [(x: Double, step: Int)] = []
        cut(at: y, &ends)
        return stride(from: 0, to: ends.count - 1, by: 2).map { ends[$0].x...max(ends[$0].x, ends[$0 + 1].x) }
    }

    /// The parts of the horizontal axis over which something of the polygon lies between two heights, in order and apart.
    func extents(from top: Double, to bottom: Double) -> [ClosedRange<Double>] {
        guard bounds.y.lowerBound < bottom, top < bounds.y.upperBound else { return [] }
        // A piece between the two heights lies over its edges, and between them where it goes all the way through.
        var extents = spans(at: top)
        for index in points.indices {
            let (from, to) = edge(index)
            guard min(from.y, to.y) < bottom, top < max(from.y, to.y) else { continue }
            func x(at y: Double) -> Double { from.x + (y - from.y) / (to.y - from.y) * (to.x - from.x) }
            let isLevel = from.y == to.y
            let first = isLevel ? from.x : x(at: min(max(from.y, top), bottom))
            let second = isLevel ? to.x : x(at: min(max(to.y, top), bottom))
            extents.append(min(first, second)...max(first, second))
        }
        extents.sort { $0.lowerBound < $1.lowerBound }
        return extents.reduce(into: []) { merged, extent in
            if let last = merged.last, extent.lowerBound <= last.upperBound {
                merged[merged.count - 1] = last.lowerBound...max(last.upperBound, extent.upperBound)
            } else {
                merged.append(extent)
            }
        }
    }

    /// Where a horizontal line lies inside: pairs of left and right ends, appended to `ends` as (x, +1) and (x, -1).
    func cut(at y: Double, _ ends: inout [(x: Double, step: Int)]) {
        guard bounds.y.contains(y) else { return }
        let first = ends.count
        var from = points[points.count - 1]
        for to in points {
            if (from.y <= y) != (to.y <= y) {
                ends.append((from.x + (y - from.y) / (to.y - from.y) * (to.x - from.x), 0))
            }
            from = to
        }
        ends[first...].sort { $0.x < $1.x }
        for index in first..<ends.count { ends[index].step = (index - first) % 2 == 0 ? 1 : -1 }
    }
}

extension Collection<Polygon> {
    /// Which share of a box lies inside at least one of the polygons.
    ///
    /// - Parameters:
    ///   - box: in shares of the picture. Of one without area its middle counts.
    ///   - lines: along which it is measured; more are more exact.
    public func share(of box: Box, lines: Int = 16) -> Double {
        let (left, right, top, bottom) = (Double(box.x1), Double(box.x2), Double(box.y1), Double(box.y2))
        let near = filter {
            $0.bounds.x.lowerBound <= right && left <= $0.bounds.x.upperBound && $0.bounds.y.lowerBound <= bottom
                && top <= $0.bounds.y.upperBound
        }
        guard !near.isEmpty else { return 0 }
        guard right > left, bottom > top else {
            return near.contains { $0.contains((left + right) / 2, (top + bottom) / 2) } ? 1 : 0
        }
        var ends: [(x: Double, step: Int)] = []
        var inside = 0.0
        for line in 0..<lines {
            let y = top + (bottom - top) * (Double(line) + 0.5) / Double(lines)
            ends.removeAll(keepingCapacity: true)
            for polygon in near { polygon.cut(at: y, &ends) }
            if near.count > 1 { ends.sort { $0.x < $1.x } }
            var depth = 0
            var since = left
            for end in ends {
                let x = Swift.min(Swift.max(end.x, left), right)
                if depth > 0 { inside += x - since }
                since = x
                depth += end.step
            }
        }
        return inside / (Double(lines) * (right - left))
    }
}

extension Polygon: Codable {
    /// `[[x, y], …]`.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(points.map { [$0.x, $0.y] })
    }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        let pairs = try container.decode([[Double]].self)
        guard pairs.allSatisfy({ $0.count == 2 }), let polygon = try? Polygon(pairs.map { Point($0[0], $0[1]) }) else {
            throw DecodingError.dataCorruptedError(in: container, debugDescription: "not a polygon")
        }
        self = polygon
    }
}
