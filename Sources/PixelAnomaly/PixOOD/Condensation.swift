public import Basics
internal import CKernels
internal import Glibc
internal import ModelFiles
public import Tensors

/// Condenses the patches of each class into a bounded number of etalons.
///
/// Online learning in the space of whitened features `x'`: distances `d = |x' - c| * 100 / sqrt(D)`, soft assignments
/// `w = softmax(-T d)` with the inverse temperature T rising over the epochs, a learned scale
/// `beta = 100 sigmoid(p / 2) + 0.01` per etalon, and the loss `mean over a class of sum_k w (d / beta + ln beta)`, whose
/// gradient also flows through `w`. Etalons that attract too few patches are left out (their distance counts as 1e12)
/// until they are moved onto random ones; after the last epoch they are dropped (PixOOD, section 3.1).
///
/// `CondensationSettings.method` puts the simpler rules of the paper's ablation in the place of this loss.
///
/// Memory is bounded by etalons and batch size. Not thread-safe.
public final class Condensation {
    public let settings: CondensationSettings
    public let whitening: Whitening
    public let classCount: Int
    /// Epochs completed.
    public internal(set) var epoch = 0

    /// Whitened etalons `[C * K, D]`.
    let centres: AdamWeights
    /// Raw scale parameter p, `[C * K]`.
    let scales: AdamWeights
    /// Running support, `[C * K]`, and running batch size of each class, `[C]`.
    var support: [Float]
    var batchSize: [Float]
    /// Batches that contained each class.
    var batches: [Int64]
    var valid: [UInt8]

    var capacity: Int { settings.budget }
    var dimension: Int { whitening.dimension }

    /// The last batch: whitened rows sorted by class, and where each class lies in them.
    private(set) var rows = Tensor([0, 0])
    private var norms = Tensor([0])
    private var dots = Tensor([0, 0])
    private var order: [Int32] = []
    private(set) var classRanges: [Range<Int>]
    private let centreNorms: Tensor
    /// What hard assignments added up in this epoch.
    var means: EtalonMeans
    private let scratch: Tensor

    /// Chooses whitening and first etalons from data.
    ///
    /// - Parameters:
    ///   - initial: `[N, D]` raw features, N > 0, in random order.
    ///   - labels: class of each row in 0 ..< `classCount`; other values are ignored.
    public convenience init(
        initial: Tensor, labels: [Int32], classCount: Int, settings: CondensationSettings, seed: UInt64
    ) {
        let dimension = initial.shape[1]
        let whitening = Whitening(
            rows: initial.pointer, count: initial.shape[0], dimension: dimension, stride: dimension)
        let centres = Tensor([classCount * settings.budget, dimension])
        let white = Tensor(initial.shape)
        whitening.apply(initial.pointer, count: initial.shape[0], stride: dimension, into: white.pointer)
        var generator = SeededGenerator(seed: seed)
        for label in 0..<classCount {
            let members = labels.indices.filter { labels[$0] == Int32(label) }
            Self.chooseFirst(
                settings.budget, members: members, white,
                into: centres.pointer + label * settings.budget * dimension, &generator)
        }
        let scales = Tensor([classCount * settings.budget], repeating: Self.firstScale)
        self.init(settings: settings, whitening: whitening, classCount: classCount, centres: centres, scales: scales)
    }

    /// Starts from given whitened etalons `[C * K, D]` and scale parameters `[C * K]`.
    package convenience init(
        settings: CondensationSettings, whitening: Whitening, classCount: Int, centres: Tensor, scales: Tensor
    ) {
        self.init(
            settings: settings, whitening: whitening, classCount: classCount, centres: AdamWeights(centres),
            scales: AdamWeights(scales))
    }

    init(
        settings: CondensationSettings, whitening: Whitening, classCount: Int, centres: AdamWeights,
        scales: AdamWeights
    ) {
        let total = classCount * settings.budget
        precondition(centres.values.shape == [total, whitening.dimension] && scales.values.count == total)
        self.settings = settings
        self.whitening = whitening
        self.classCount = classCount
        self.centres = centres
        self.scales = scales
        support = Array(repeating: 0, count: total)
        batchSize = Array(repeating: 0, count: classCount)
        batches = Array(repeating: 0, count: classCount)
        valid = Array(repeating: 1, count: total)
        classRanges = Array(repeating: 0..<0, count: classCount)
        centreNorms = Tensor([total])
        means = EtalonMeans(count: settings.method.isHard ? total : 0, dimension: whitening.dimension)
        scratch = Tensor([5 * settings.budget])
    }

    private static func beta(_ scale: Float) -> Float { Float(100 / (1 + exp(-Double(scale) / 2)) + 0.01) }

    /// p of a fresh etalon: beta = 10.01.
    static let firstScale: Float = -4.394449

    /// Distinct random rows; with too few of them repeated rows and a little noise, without any uniform noise.
    private static func chooseFirst(
        _ count: Int, members: [Int], _ rows: Tensor, into output: UnsafeMutablePointer<Float>,
        _ generator: inout SeededGenerator
    ) {
        let dimension = rows.shape[1]
        var pool = members
        for etalon in 0..<count {
            let target = output + etalon * dimension
            guard !members.isEmpty else {
                for index in 0..<dimension { target[index] = Float(generator.uniform(in: -0.5..<0.5)) }
                continue
            }
            if members.count > count {
                let pick = etalon + generator.index(below: pool.count - etalon)
                pool.swapAt(etalon, pick)
                target.update(from: rows.row(pool[etalon]), count: dimension)
            } else {
                target.update(from: rows.row(members[generator.index(below: members.count)]), count: dimension)
                for index in 0..<dimension { target[index] += Float(generator.uniform(in: -0.05..<0.05)) }
            }
        }
    }

    // MARK: - One batch

    /// One step of AdamW on a batch; methods with hard assignments take note of it for the end of the epoch.
    ///
    /// - Parameters:
    ///   - data: `[n, D]` raw features.
    ///   - labels: class of each row; values outside 0 ..< classCount are ignored.
    ///   - temperature, rate: inverse temperature and learning rate of the epoch.
    /// - Returns: the loss, summed over the classes present.
    @discardableResult
    public func step(_ data: Tensor, labels: [Int32], temperature: Double, rate: Double) -> Double {
        if settings.method.isHard { return gather(data, labels: labels) }
        let loss = evaluate(data, labels: labels, temperature: temperature, inspect: nil)
        centres.step(rate: rate, decay: 0)
        scales.step(rate: rate, decay: 0)
        return loss
    }

    /// Distances and assignments of one class's rows, for tests: class, rows of the batch in order, `[rows, K]` each.
    package typealias Inspection = (_ label: Int, _ rows: [Int32], _ distances: Tensor, _ weights: Tensor) -> Void

    /// Computes loss, gradients and running support of a batch without moving the parameters.
    package func evaluate(
        _ data: Tensor, labels: [Int32], temperature: Double, inspect: Inspection?
    ) -> Double {
        sortByClass(data, labels: labels)
        centres.gradients.fill(0)
        scales.gradients.fill(0)
        var loss = 0.0
        for label in 0..<classCount where !classRanges[label].isEmpty {
            loss += evaluateClass(label, temperature: Float(temperature), inspect: inspect)
        }
        return loss
    }

    func sortByClass(_ data: Tensor, labels: [Int32]) {
        let count = data.shape[0]
        precondition(data.shape[1] == dimension && labels.count == count)
        if rows.capacity < count * dimension || norms.capacity < count || dots.capacity < count * capacity {
            rows = Tensor([count, dimension])
            norms = Tensor([count])
            dots = Tensor([count, capacity])
        }
        order.removeAll(keepingCapacity: true)
        for label in 0..<classCount {
            let start = order.count
            for index in 0..<count where labels[index] == Int32(label) { order.append(Int32(index)) }
            classRanges[label] = start..<order.count
        }
        for (place, index) in order.enumerated() {
            whitening.apply(
                data.pointer + Int(index) * dimension, count: 1, stride: dimension,
                into: rows.pointer + place * dimension)
        }
        ck_row_norms(rows.pointer, order.count, dimension, dimension, norms.pointer)
    }

    private func evaluateClass(_ label: Int, temperature: Float, inspect: Inspection?) -> Double {
        if settings.method.reinitialises { refreshValidity(label) }
        let range = classRanges[label]
        let first = label * capacity
        let data = rows.pointer + range.lowerBound * dimension
        let points = centres.values.pointer + first * dimension
        let pointNorms = centreNorms.pointer + first
        ck_row_norms(points, capacity, dimension, dimension, pointNorms)
        multiply(
            m: range.count, n: capacity, k: dimension, data, lda: dimension, .none, points, ldb: dimension, .transposed,
            into: dots.pointer, ldc: capacity)
        let (beta, sigmoid) = scaleValues(label)
        let distances = inspect.map { _ in Tensor([range.count, capacity]) }
        let weights = inspect.map { _ in Tensor([range.count, capacity]) }
        var sums = [Double](repeating: 0, count: 3 * capacity)
        let loss = valid.withUnsafeBufferPointer { valid in
            var block = ck_condense_block(
                rows: range.count, etalons: capacity, dimension: dimension, data: data,
                data_norms: norms.pointer + range.lowerBound, centres: points, centre_norms: pointNorms,
                valid: valid.baseAddress.map { $0 + first },
                distance_scale: Float(100 / Double(dimension).squareRoot()),
                temperature: temperature, beta: beta, log_beta: beta + capacity, row_weight: 1 / Float(range.count),
                squared: settings.method.squaresDistance ? 1 : 0)
            return sums.withUnsafeMutableBufferPointer { sums in
                guard let start = sums.baseAddress else { return 0.0 }
                return ck_condense(
                    &block, dots.pointer, distances?.pointer, weights?.pointer, start, start + capacity,
                    start + 2 * capacity, scratch.pointer + 2 * capacity)
            }
        }
        if let distances, let weights { inspect?(label, Array(order[range]), distances, weights) }
        let gradient = centres.gradients.pointer + first * dimension
        multiply(
            m: capacity, n: dimension, k: range.count, alpha: -1, dots.pointer, lda: capacity, .transposed, data,
            ldb: dimension, into: gradient, ldc: dimension)
        sums.withUnsafeBufferPointer { sums in
            if let start = sums.baseAddress {
                ck_add_weighted_centres(start + capacity, points, capacity, dimension, gradient)
            }
        }
        for etalon in sigmoid.indices {
            let slope = 50 * sigmoid[etalon] * (1 - sigmoid[etalon])
            scales.gradients.pointer[first + etalon] = Float(sums[2 * capacity + etalon] * slope)
        }
        updateSupport(label, weightSums: sums[0..<capacity], rowCount: range.count)
        return loss
    }

    /// Writes beta and its logarithm of a class's etalons into the scratch memory, one behind the other; both are fixed,
    /// and there are no sigmoids, where the scale is not learned.
    private func scaleValues(_ label: Int) -> (beta: UnsafeMutablePointer<Float>, sigmoid: [Double]) {
        let beta = scratch.pointer
        guard settings.method.learnsScale else {
            beta.update(repeating: 1, count: capacity)
            (beta + capacity).update(repeating: 0, count: capacity)
            return (beta, [])
        }
        let sigmoid = (0..<capacity).map { etalon in
            1 / (1 + exp(-Double(scales.values.pointer[label * capacity + etalon]) / 2))
        }
        for etalon in 0..<capacity {
            beta[etalon] = Float(100 * sigmoid[etalon] + 0.01)
            beta[capacity + etalon] = log(beta[etalon])
        }
        return (beta, sigmoid)
    }

    /// Exponential averages without the bias of their first values: `q_t = q / (1 - (1 - q)^t)`.
    func updateSupport(_ label: Int, weightSums: ArraySlice<Double>, rowCount: Int) {
        batches[label] += 1
        let share = settings.supportDecay / (1 - pow(1 - settings.supportDecay, Double(batches[label])))
        for (etalon, sum) in weightSums.enumerated() {
            let index = label * capacity + etalon
            support[index] = Float((1 - share) * Double(support[index]) + share * sum)
        }
        batchSize[label] = Float((1 - share) * Double(batchSize[label]) + share * Double(rowCount))
    }

    // MARK: - Etalons without support

    /// Least support of an etalon of a class that is left where it is.
    package func supportThreshold(_ label: Int) -> Float {
        Float(settings.leastShare) * batchSize[label] / Float(capacity)
    }

    /// Etalons (class, index) with too little support now.
    package func unsupported() -> [(label: Int, etalon: Int)] {
        (0..<classCount).flatMap { label in
            (0..<capacity).filter { support[label * capacity + $0] < supportThreshold(label) }.map { (label, $0) }
        }
    }

    /// Moves every etalon with too little support onto a random patch of its class in the last batch.
    public func resetUnsupported(_ generator: inout SeededGenerator) {
        for (label, etalon) in unsupported() where !classRanges[label].isEmpty {
            let place = classRanges[label].lowerBound + generator.index(below: classRanges[label].count)
            let noise = 1e-6 / Double(dimension).squareRoot()
            move(label, etalon, toPlace: place)
            let centre = centres.values.pointer + (label * capacity + etalon) * dimension
            for index in 0..<dimension { centre[index] += Float(noise * generator.uniform()) }
        }
    }

    /// Moves an etalon onto row `row` of the last batch.
    package func reset(label: Int, etalon: Int, toRow row: Int) {
        guard let place = order.firstIndex(of: Int32(row)) else { return }
        move(label, etalon, toPlace: place)
    }

    private func move(_ label: Int, _ etalon: Int, toPlace place: Int) {
        let index = label * capacity + etalon
        (centres.values.pointer + index * dimension).update(from: rows.pointer + place * dimension, count: dimension)
        support[index] = 1.1 * supportThreshold(label)
    }

    /// Etalons at or below the threshold attract nothing until they are moved; before the first batch all take part.
    private func refreshValidity(_ label: Int) {
        guard batches[label] > 0 else { return }
        let threshold = supportThreshold(label)
        for index in label * capacity..<(label + 1) * capacity { valid[index] = support[index] > threshold ? 1 : 0 }
    }

    /// Judges all etalons by their present support.
    package func refreshValidity() {
        for label in 0..<classCount { refreshValidity(label) }
    }

    // MARK: - The result

    /// Hard assignments: adds the rows of each class to the count of their nearest valid etalon.
    package func countAssignments(_ data: Tensor, labels: [Int32], into counts: inout [Int64]) {
        sortByClass(data, labels: labels)
        for label in 0..<classCount where !classRanges[label].isEmpty {
            let nearest = nearestEtalons(label)
            counts.withUnsafeMutableBufferPointer { counts in
                guard let start = counts.baseAddress else { return }
                ck_count_indices(nearest.index, nearest.index.count, start + label * capacity)
            }
        }
    }

    /// The nearest valid etalon of each of a class's rows in the last batch, counted within the class, and the squared
    /// distance to it in whitened space.
    func nearestEtalons(_ label: Int) -> (index: [Int32], squares: [Float]) {
        let range = classRanges[label]
        let first = label * capacity
        let points = centres.values.pointer + first * dimension
        let pointNorms = centreNorms.pointer + first
        ck_row_norms(points, capacity, dimension, dimension, pointNorms)
        for etalon in 0..<capacity where valid[first + etalon] == 0 { pointNorms[etalon] = .infinity }
        multiply(
            m: range.count, n: capacity, k: dimension, rows.pointer + range.lowerBound * dimension, lda: dimension,
            .none, points, ldb: dimension, .transposed, into: dots.pointer, ldc: capacity)
        var index = [Int32](repeating: -1, count: range.count)
        var squares = [Float](repeating: 0, count: range.count)
        ck_nearest_point(
            dots.pointer, capacity, norms.pointer + range.lowerBound, pointNorms, range.count, capacity, &squares,
            &index)
        return (index, squares)
    }

    /// Raw-space etalons of a class that are valid and, where `counts` are given, were assigned patches.
    package func etalons(_ label: Int, counts: [Int64]? = nil) -> EtalonSet? {
        let kept = (label * capacity..<(label + 1) * capacity).filter { valid[$0] == 1 && counts?[$0] != 0 }
        guard !kept.isEmpty else { return nil }
        let raw = Tensor([kept.count, dimension])
        for (place, index) in kept.enumerated() {
            whitening.undo(centres.values.pointer + index * dimension, into: raw.row(place))
        }
        let beta = kept.map { Self.beta(scales.values.pointer[$0]) }
        return EtalonSet(centres: raw, beta: beta, support: kept.map { support[$0] })
    }
}

/// What tests compare.
extension Condensation {
    package var centreValues: [Float] { centres.values.array }
    package var centreGradients: [Float] { centres.gradients.array }
    package var scaleValues: [Float] { scales.values.array }
    package var betaValues: [Float] { scales.values.array.map(Self.beta) }
    package var scaleGradients: [Float] { scales.gradients.array }
    package var supportValues: [Float] { support }
    package var batchSizes: [Float] { batchSize }
    package var batchCounts: [Int64] { batches }
    package var validMask: [Int64] { valid.map(Int64.init) }
}
