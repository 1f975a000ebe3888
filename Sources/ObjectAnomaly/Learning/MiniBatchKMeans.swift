internal import Basics
internal import CKernels
internal import Glibc
public import Tensors

/// k-means that takes in its rows chunk by chunk (Sculley 2010), with scikit-learn 1.0.2's rules for chunks and for
/// clusters that starve.
///
/// Each step labels a chunk with the centres as they were before it, moves every hit centre to the mean of all rows it
/// has ever been given, and moves clusters with less than a hundredth of the largest one's rows onto rows of the chunk.
///
/// - Note: `fit` also takes in the last, shorter chunk. The authors' code never fits that remainder and fails below 1024
///   rows altogether.
public struct MiniBatchKMeans: Sendable {
    /// `[k, D]`
    public let centres: Tensor
    /// `[k]`: rows behind each centre; integers, or what a moved centre was given.
    public private(set) var counts: [Float]
    private let chunkSize: Int
    private var rowsSinceCheck = 0
    private var random: SeededGenerator

    /// Starts from given centres `[k, D]`, which are copied, with no rows behind them.
    public init(centres: Tensor, chunkSize: Int = 1024, seed: UInt64) {
        precondition(centres.shape.rank == 2 && centres.shape[0] > 0 && chunkSize > 0)
        self.centres = Tensor(centres.shape, centres.array)
        self.chunkSize = chunkSize
        counts = [Float](repeating: 0, count: centres.shape[0])
        random = SeededGenerator(seed: seed)
    }

    /// Starts from centres spread over `rows` `[N, D]` (k-means++: each next one is drawn with a probability proportional
    /// to the squared distance from the nearest so far, the best of several candidates). N >= k.
    public init(spreadOver rows: Tensor, clusters: Int, chunkSize: Int = 1024, seed: UInt64) {
        precondition(clusters > 0 && rows.shape[0] >= clusters)
        var random = SeededGenerator(seed: seed)
        let chosen = Self.spread(rows, clusters: clusters, random: &random)
        let centres = Tensor([clusters, rows.shape[1]])
        for (cluster, row) in chosen.enumerated() { copyRow(rows.row(row), to: centres.row(cluster), rows.shape[1]) }
        self.init(centres: centres, chunkSize: chunkSize, seed: random.next())
    }

    public var clusterCount: Int { centres.shape[0] }

    /// Takes in all `rows` `[N, D]` once, in their order, in chunks.
    public mutating func fit(_ rows: Tensor) {
        var start = 0
        while start < rows.shape[0] {
            let end = min(rows.shape[0], start + chunkSize)
            fitChunk(rows, start..<end)
            start = end
        }
    }

    /// Takes in one chunk.
    /// - Parameter replacement: tells which row of the chunk (0 for its first) a starving cluster moves to; nil draws
    ///   distinct rows at random.
    package mutating func fitChunk(
        _ rows: Tensor, _ range: Range<Int>, replacement: ((_ cluster: Int) -> Int)? = nil
    ) {
        let labels = Self.nearest(rows, range, centres: centres).labels
        rowsSinceCheck += range.count
        let checks = counts.contains(0) || rowsSinceCheck >= 10 * clusterCount
        takeIn(
            rows.row(range.lowerBound), labels: labels, width: rows.shape[1], centres: centres, counts: &counts)
        if checks {
            rowsSinceCheck = 0
            feedStarving(rows, range, replacement)
        }
    }

    private mutating func feedStarving(_ rows: Tensor, _ range: Range<Int>, _ replacement: ((Int) -> Int)?) {
        let threshold = 0.01 * (counts.max() ?? 0)
        var starving = counts.indices.filter { counts[$0] < threshold }
        let most = range.count / 2
        if starving.count > most {
            starving = Array(starving.sorted { (counts[$0], $0) < (counts[$1], $1) }.prefix(most)).sorted()
        }
        guard !starving.isEmpty else { return }
        var taken: Set<Int> = []
        for cluster in starving {
            var row = replacement?(cluster) ?? random.index(below: range.count)
            while replacement == nil && !taken.insert(row).inserted { row = random.index(below: range.count) }
            copyRow(rows.row(range.lowerBound + row), to: centres.row(cluster), rows.shape[1])
        }
        // Not too few, or they would be moved again at once.
        let least = counts.indices.filter { !starving.contains($0) }.map { counts[$0] }.min() ?? 0
        for cluster in starving { counts[cluster] = least }
    }

    /// The nearest centre of each of `rows` `[N, D]`; the first of equally near ones.
    public func labels(_ rows: Tensor) -> [Int32] {
        Self.nearest(rows, 0..<rows.shape[0], centres: centres).labels
    }

    /// Mean squared distance of `rows` to their nearest centres.
    public func inertia(_ rows: Tensor) -> Float {
        let distances = Self.nearest(rows, 0..<rows.shape[0], centres: centres).distances
        return distances.isEmpty ? 0 : Float(distances.reduce(0) { $0 + Double($1) } / Double(distances.count))
    }

    private static func nearest(
        _ rows: Tensor, _ range: Range<Int>, centres: Tensor
    ) -> (labels: [Int32], distances: [Float]) {
        let (count, width, clusters) = (range.count, rows.shape[1], centres.shape[0])
        guard count > 0 else { return ([], []) }
        let products = Tensor([count, clusters])
        let start = rows.row(range.lowerBound)
        multiply(
            m: count, n: clusters, k: width, start, lda: width, .none, centres.pointer, ldb: width, .transposed,
            into: products.pointer, ldc: clusters)
        let rowNorms = squaredNorms(start, count: count, width: width)
        let centreNorms = squaredNorms(centres.pointer, count: clusters, width: width)
        var labels = [Int32](repeating: 0, count: count)
        var distances = [Float](repeating: 0, count: count)
        ck_nearest(
            products.pointer, rowNorms.pointer, centreNorms.pointer, count, clusters, &labels, &distances)
        return (labels, distances)
    }

    private static func spread(_ rows: Tensor, clusters: Int, random: inout SeededGenerator) -> [Int] {
        let count = rows.shape[0]
        var chosen = [random.index(below: count)]
        var distances = distancesToRow(rows, chosen[0])
        let trials = 2 + Int(log(Double(clusters)))
        while chosen.count < clusters {
            let total = distances.reduce(0) { $0 + Double($1) }
            var best: (row: Int, distances: [Float], total: Double)?
            for _ in 0..<trials {
                let row = total > 0 ? draw(distances, total, &random) : random.index(below: count)
                let candidate = zip(distances, distancesToRow(rows, row)).map(min)
                let sum = candidate.reduce(0) { $0 + Double($1) }
                if best.map({ sum < $0.total }) ?? true { best = (row, candidate, sum) }
            }
            guard let best else { break }
            chosen.append(best.row)
            distances = best.distances
        }
        return chosen
    }

    private static func distancesToRow(_ rows: Tensor, _ row: Int) -> [Float] {
        let centre = Tensor([1, rows.shape[1]])
        copyRow(rows.row(row), to: centre.pointer, rows.shape[1])
        return nearest(rows, 0..<rows.shape[0], centres: centre).distances
    }

    private static func draw(_ weights: [Float], _ total: Double, _ random: inout SeededGenerator) -> Int {
        var left = random.uniform() * total
        for (index, weight) in weights.enumerated() {
            left -= Double(weight)
            if left < 0 { return index }
        }
        return weights.count - 1
    }
}
