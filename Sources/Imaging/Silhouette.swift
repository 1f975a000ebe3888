/// Which pixels of a picture a thing covers, as run lengths inside a rectangle of whole pixels.
public struct Silhouette: Hashable, Sendable {
    /// Top left corner of the rectangle in the picture.
    public let x: Int
    public let y: Int
    /// Its size; 0 x 0 when nothing is covered.
    public let width: Int
    public let height: Int
    /// Lengths of alternating runs of pixels outside and inside, row by row through the rectangle, the first one outside
    /// (perhaps empty); together they fill the rectangle.
    public let runs: [UInt32]
    /// Covered pixels.
    public let area: Int

    /// Nil when the runs do not fill the rectangle.
    public init?(x: Int, y: Int, width: Int, height: Int, runs: [UInt32]) {
        let (area, overflow) = width.multipliedReportingOverflow(by: height)
        let filled = runs.reduce(into: 0) { $0 += Int($1) }
        guard width >= 0, height >= 0, !overflow, filled == area else { return nil }
        self.x = x
        self.y = y
        self.width = width
        self.height = height
        self.runs = runs
        self.area = runs.indices.reduce(0) { $1 % 2 == 1 ? $0 + Int(runs[$1]) : $0 }
    }

    /// Covers nothing.
    public static let empty = Silhouette()

    private init() { (x, y, width, height, runs, area) = (0, 0, 0, 0, [], 0) }

    /// The pixels of a picture whose middles lie inside a polygon.
    public init(_ polygon: Polygon, width: Int, height: Int) {
        let box = Box(
            x1: Float(polygon.bounds.x.lowerBound), y1: Float(polygon.bounds.y.lowerBound),
            x2: Float(polygon.bounds.x.upperBound), y2: Float(polygon.bounds.y.upperBound)
        ).scaled(x: Float(width), y: Float(height))
        let (left, top) = (Int(box.x1.rounded(.down)), Int(box.y1.rounded(.down)))
        let (right, bottom) = (min(width, Int(box.x2.rounded(.up))), min(height, Int(box.y2.rounded(.up))))
        var runs: [UInt32] = [0]
        var ends: [(x: Double, step: Int)] = []
        for row in top..<bottom {
            ends.removeAll(keepingCapacity: true)
            polygon.cut(at: (Double(row) + 0.5) / Double(height), &ends)
            var column = left
            for end in ends {
                let next = min(max(Int((end.x * Double(width) - 0.5).rounded(.up)), column), right)
                runs[runs.count - 1] += UInt32(next - column)
                runs.append(0)
                column = next
            }
            // Every line enters as often as it leaves.
            runs[runs.count - 1] += UInt32(right - column)
        }
        self = Silhouette(x: left, y: top, width: right - left, height: bottom - top, runs: runs) ?? .empty
    }

    /// Calls `body` with the row and the columns of every piece of a row that is covered, from top to bottom.
    public func forEachPiece(_ body: (_ row: Int, _ columns: Range<Int>) -> Void) {
        var position = 0
        for (index, run) in runs.enumerated() {
            let end = position + Int(run)
            while index % 2 == 1, position < end {
                let (row, column) = (position / width, position % width)
                let last = min(end, (row + 1) * width)
                body(y + row, x + column..<x + column + last - position)
                position = last
            }
            position = end
        }
    }
}

extension Silhouette: Codable {
    private enum CodingKeys: String, CodingKey {
        case x, y, width, height, runs
    }

    public init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        let decoded = Silhouette(
            x: try values.decode(Int.self, forKey: .x), y: try values.decode(Int.self, forKey: .y),
            width: try values.decode(Int.self, forKey: .width), height: try values.decode(Int.self, forKey: .height),
            runs: try values.decode([UInt32].self, forKey: .runs))
        guard let decoded else {
            throw DecodingError.dataCorruptedError(
                forKey: .runs, in: values, debugDescription: "the runs do not fill the silhouette's rectangle")
        }
        self = decoded
    }

    public func encode(to encoder: any Encoder) throws {
        var values = encoder.container(keyedBy: CodingKeys.self)
        try values.encode(x, forKey: .x)
        try values.encode(y, forKey: .y)
        try values.encode(width, forKey: .width)
        try values.encode(height, forKey: .height)
        try values.encode(runs, forKey: .runs)
    }
}
