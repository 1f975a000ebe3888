/// Up to four extents, outermost first, kept inline so that shapes never allocate.
public struct Shape: Hashable, Sendable, CustomStringConvertible, ExpressibleByArrayLiteral {
    private var extents: (Int, Int, Int, Int)
    public let rank: Int

    /// Between 0 (a scalar) and 4 extents, each >= 0.
    public init(_ extents: some Collection<Int>) {
        precondition(extents.count <= 4, "at most four dimensions")
        precondition(extents.allSatisfy { $0 >= 0 })
        rank = extents.count
        self.extents = (1, 1, 1, 1)
        for (index, extent) in extents.enumerated() { self[unchecked: index] = extent }
    }

    public init(arrayLiteral elements: Int...) { self.init(elements) }

    public subscript(index: Int) -> Int {
        precondition(index >= 0 && index < rank)
        return switch index {
        case 0: extents.0
        case 1: extents.1
        case 2: extents.2
        default: extents.3
        }
    }

    private subscript(unchecked index: Int) -> Int {
        get { self[index] }
        set {
            switch index {
            case 0: extents.0 = newValue
            case 1: extents.1 = newValue
            case 2: extents.2 = newValue
            default: extents.3 = newValue
            }
        }
    }

    /// Number of elements.
    public var count: Int { extents.0 * extents.1 * extents.2 * extents.3 }

    public var array: [Int] { (0..<rank).map { self[$0] } }

    public var description: String { "[" + array.map(String.init).joined(separator: ", ") + "]" }

    public static func == (left: Shape, right: Shape) -> Bool {
        left.rank == right.rank && left.extents == right.extents
    }

    public func hash(into hasher: inout Hasher) {
        hasher.combine(rank)
        hasher.combine(extents.0)
        hasher.combine(extents.1)
        hasher.combine(extents.2)
        hasher.combine(extents.3)
    }
}
