/// The tensors that a network reads, by name and shape, and those that its official files carry besides.
///
/// A file fits a plan when it holds every wanted tensor in its shape and no other tensors than wanted and idle ones: a
/// name that nobody knows means that the file is for another network than it seems.
public struct TensorPlan: Sendable {
    /// Tensors that official files hold and inference does not need.
    public struct Idle: Sendable {
        public enum Names: Sendable {
            case exactly(String)
            case beginning(String)
            case ending(String)
        }

        public let names: Names
        /// Why they are not needed; for people.
        public let reason: String

        func covers(_ name: String) -> Bool {
            switch names {
            case .exactly(let text): name == text
            case .beginning(let text): name.hasPrefix(text)
            case .ending(let text): name.hasSuffix(text)
            }
        }
    }

    /// Extents by name.
    public private(set) var wanted: [String: [Int]] = [:]
    public private(set) var idle: [Idle] = []

    public init() {}

    public mutating func want(_ name: String, _ extents: [Int]) { wanted[name] = extents }

    /// `<name>.weight` and `<name>.bias`, one bias per output.
    public mutating func wantLayer(_ name: String, _ extents: [Int]) {
        want(name + ".weight", extents)
        want(name + ".bias", [extents.first ?? 0])
    }

    public mutating func leave(_ names: Idle.Names, because reason: String) {
        idle.append(Idle(names: names, reason: reason))
    }

    public mutating func add(_ other: TensorPlan) {
        wanted.merge(other.wanted) { first, _ in first }
        idle += other.idle
    }

    /// Numbers in all wanted tensors.
    public var parameters: Int { wanted.values.reduce(0) { $0 + $1.reduce(1, *) } }

    /// - Throws: `ModelFileError` (`missingTensor`, `wrongShape`, `wrongType`, `unexpectedTensor`) naming the first tensor
    ///   that is not as planned, and how many more there are.
    public func check(_ source: any TensorSource) throws(ModelFileError) {
        let present = Set(source.names)
        for (name, extents) in wanted.sorted(by: { $0.key < $1.key }) {
            guard let found = source.extents(of: name) else {
                // The source knows why a tensor that is there cannot be read.
                if present.contains(name) { _ = try source.tensor(name) }
                let more = wanted.keys.count { !present.contains($0) } - 1
                throw ModelFileError(
                    .missingTensor,
                    "\(source.origin): tensor \(name) is missing\(Self.and(more)); the file is incomplete or for another "
                        + "network")
            }
            guard found == extents else {
                throw ModelFileError(
                    .wrongShape, "\(source.origin): tensor \(name) has shape \(found), expected \(extents)")
            }
        }
        let strangers = present.filter { name in wanted[name] == nil && !idle.contains { $0.covers(name) } }.sorted()
        if let name = strangers.first {
            throw ModelFileError(
                .unexpectedTensor,
                "\(source.origin): tensor \(name)\(Self.and(strangers.count - 1)) belongs to no network that this monitor "
                    + "runs; the file is for another one, or for a changed one")
        }
    }

    private static func and(_ more: Int) -> String { more > 0 ? " (and \(more) more)" : "" }
}

extension TensorSource {
    /// The extents of a tensor that a network's layout is read from.
    /// - Throws: `ModelFileError`: `missingTensor`; `wrongShape` when it has not `rank` extents, each in `range`.
    public func extents(
        of name: String, rank: Int, each range: ClosedRange<Int> = 1...65536
    ) throws(ModelFileError) -> [Int] {
        guard let found = extents(of: name) else {
            throw ModelFileError(
                .missingTensor, "\(origin): tensor \(name) is missing; the file is incomplete or for another network")
        }
        guard found.count == rank, found.allSatisfy(range.contains) else {
            throw ModelFileError(
                .wrongShape,
                "\(origin): tensor \(name) has shape \(found), expected \(rank) extents between \(range.lowerBound) and "
                    + "\(range.upperBound)")
        }
        return found
    }

    /// One more than the highest number behind a prefix: of `blocks.0.x` and `blocks.7.y`, 8.
    /// - Throws: `ModelFileError.Code.wrongShape` above `most`.
    public func count(of prefix: String, most: Int) throws(ModelFileError) -> Int {
        var count = 0
        for name in names where name.hasPrefix(prefix) {
            guard let number = Int(name.dropFirst(prefix.count).prefix { $0 != "." }), number >= 0 else { continue }
            guard number < most else {
                throw ModelFileError(
                    .wrongShape, "\(origin): tensor \(name): at most \(most) of \(prefix)N are expected")
            }
            count = max(count, number + 1)
        }
        return count
    }
}
