internal import Basics
internal import CKernels
public import Tensors

/// How patches without labels are grouped.
public struct PseudoClassSettings: Sendable, Hashable {
    /// Fewest and most classes; the data decide in between.
    public var fewest = 4
    public var most = 8
    /// Least share of the patches that a class must have to stay.
    public var leastShare = 0.03
    public var passes = 8
    public var batchRows = 1024

    public init() {}
}

/// Kinds of surface in a camera's picture: the classes of PixOOD on a camera that has no labels.
///
/// *How they come about.* The patches to learn from are whitened channel by channel and grouped by mini-batch k-means,
/// from well-spread first centres (k-means++) and with all patches used in every pass. It starts with as many classes as
/// allowed and drops the smallest while it is too small, so that the scene decides how many there are: paving, wall,
/// foliage, sky, and, because a patch is also described by its difference from the usual one at its place, people and
/// vehicles that pass. A patch's class is its nearest centre.
///
/// *Why.* PixOOD was made for classes that people labelled. It needs at least two: with one class the classifier has
/// nothing to tell apart and its logit is noise (the similarity then decides alone). And classes by appearance do what
/// labels did: the budget of etalons is shared out among kinds of surface, so that a wide wall does not take the etalons
/// of the few patches of a door, and the logit tells which kind a patch is, the distance to the nearest etalon how well
/// that kind is covered by what was seen.
///
/// *What differs.* Such classes are arbitrary cuts: a logit between two of them is no sign of an anomaly, and one class is
/// as good as another. Hence `NeymanPearson.OutlierModel.indifferentLogit` and `PixelLearningSettings.pooling`.
public struct PseudoClasses: Sendable {
    /// Whitened centres, `[C, D]`.
    public let centres: Tensor
    public let whitening: Whitening

    public var count: Int { centres.shape[0] }

    public init(centres: Tensor, whitening: Whitening) {
        precondition(centres.shape.rank == 2 && centres.shape[1] == whitening.dimension)
        self.centres = centres
        self.whitening = whitening
    }

    /// Starts with `most` classes and drops the smallest one while it holds less than `leastShare`, down to `fewest`;
    /// below that only classes that hold nothing are dropped.
    public static func learn(
        _ source: any PatchSource, rows: [Int32], whitening: Whitening, settings: PseudoClassSettings, seed: UInt64
    ) -> PseudoClasses {
        let order = RowOrder(seed: seed)
        var generator = order.generator(epoch: -1)
        var centres = firstCentres(source, rows, whitening, count: settings.most, &generator)
        var round = 0
        while true {
            for pass in 0..<settings.passes {
                centres = improved(
                    centres, source, order.shuffled(rows, epoch: round * settings.passes + pass), whitening,
                    batchRows: settings.batchRows)
            }
            round += 1
            let classes = PseudoClasses(centres: centres, whitening: whitening)
            var counts = [Int](repeating: 0, count: classes.count)
            for label in classes.labels(source, rows: rows) where label >= 0 { counts[Int(label)] += 1 }
            guard let smallest = counts.indices.min(by: { counts[$0] < counts[$1] }), classes.count > 1 else {
                return classes
            }
            let mayDrop = classes.count > settings.fewest
            guard counts[smallest] < (mayDrop ? Int(settings.leastShare * Double(rows.count)) : 1) else {
                return classes
            }
            let kept = Tensor([classes.count - 1, whitening.dimension])
            for (place, index) in (0..<classes.count).filter({ $0 != smallest }).enumerated() {
                kept.row(place).update(from: centres.row(index), count: whitening.dimension)
            }
            centres = kept
        }
    }

    /// Class of each of the given rows; -1 for a row that is not a number.
    public func labels(_ source: any PatchSource, rows: [Int32]) -> [Int32] {
        var result: [Int32] = []
        result.reserveCapacity(rows.count)
        var start = 0
        while start < rows.count {
            let slice = rows[start..<min(rows.count, start + 1024)]
            let white = Self.whitened(source, slice, whitening)
            result += Self.nearest(white, centres).index
            start += slice.count
        }
        return result
    }

    // MARK: - k-means

    /// Each next centre is drawn with a probability proportional to its squared distance from those before (k-means++).
    private static func firstCentres(
        _ source: any PatchSource, _ rows: [Int32], _ whitening: Whitening, count: Int,
        _ generator: inout SeededGenerator
    ) -> Tensor {
        let sample = (0..<min(4096, rows.count)).map { _ in rows[generator.index(below: rows.count)] }
        let white = whitened(source, sample[...], whitening)
        let centres = Tensor([count, whitening.dimension], repeating: 0)
        var place = generator.index(below: sample.count)
        for centre in 0..<count {
            centres.row(centre).update(from: white.row(place), count: whitening.dimension)
            let found = Tensor([centre + 1, whitening.dimension])
            found.pointer.update(from: centres.pointer, count: found.count)
            let squares = nearest(white, found).squared
            var left = generator.uniform() * squares.reduce(0.0) { $0 + Double($1) }
            place =
                squares.firstIndex { square in
                    left -= Double(square)
                    return left <= 0
                } ?? sample.count - 1
        }
        return centres
    }

    /// One pass: every batch moves each centre to the mean of all patches it attracted in this pass.
    private static func improved(
        _ start: Tensor, _ source: any PatchSource, _ rows: [Int32], _ whitening: Whitening, batchRows: Int
    ) -> Tensor {
        let (count, dimension) = (start.shape[0], start.shape[1])
        let centres = Tensor(start.shape, start.elements)
        var sums = [Double](repeating: 0, count: count * dimension)
        var counts = [Int64](repeating: 0, count: count)
        var first = 0
        while first < rows.count {
            let slice = rows[first..<min(rows.count, first + batchRows)]
            let white = whitened(source, slice, whitening)
            ck_group_sums(white.pointer, nearest(white, centres).index, slice.count, dimension, &sums, &counts)
            for centre in 0..<count where counts[centre] > 0 {
                for column in 0..<dimension {
                    centres.row(centre)[column] = Float(sums[centre * dimension + column] / Double(counts[centre]))
                }
            }
            first += slice.count
        }
        return centres
    }

    private static func whitened(_ source: any PatchSource, _ rows: ArraySlice<Int32>, _ whitening: Whitening) -> Tensor
    {
        let raw = source.rows(rows, columns: 0..<whitening.dimension)
        whitening.apply(raw.pointer, count: rows.count, stride: whitening.dimension, into: raw.pointer)
        return raw
    }

    private static func nearest(_ rows: Tensor, _ centres: Tensor) -> (index: [Int32], squared: [Float]) {
        let (count, dimension, classes) = (rows.shape[0], rows.shape[1], centres.shape[0])
        let dots = Tensor([count, classes])
        var rowNorms = [Float](repeating: 0, count: count)
        var centreNorms = [Float](repeating: 0, count: classes)
        ck_row_norms(rows.pointer, count, dimension, dimension, &rowNorms)
        ck_row_norms(centres.pointer, classes, dimension, dimension, &centreNorms)
        multiply(
            m: count, n: classes, k: dimension, rows.pointer, lda: dimension, .none, centres.pointer, ldb: dimension,
            .transposed, into: dots.pointer, ldc: classes)
        var index = [Int32](repeating: -1, count: count)
        var squared = [Float](repeating: 0, count: count)
        ck_nearest_point(dots.pointer, classes, rowNorms, centreNorms, count, classes, &squared, &index)
        return (index, squared.map { $0.isFinite ? $0 : 0 })
    }
}
