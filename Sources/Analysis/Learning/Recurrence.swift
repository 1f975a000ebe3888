internal import Basics
package import PixelAnomaly
internal import Tensors

/// Tells what recurs at different times from what fills one short time only: the guard against learning an anomaly that
/// happened while the camera was being learned.
///
/// Normal is what is seen again and again; an anomaly fills a few frames that follow each other. A single row of features
/// does not tell: parts of an unknown thing look like parts of known ones, and every passer-by looks a little new. So the
/// rows are grouped into many small *kinds* by k-means, as fine as the etalons that learning would make of them, and a
/// kind is left out when most of its rows come from one short time. What an anomaly has in common with normal life shares
/// the kinds of normal life; what it has to itself, and would get etalons of its own for, goes. A rare kind that comes
/// again stays. The same unknown thing at two times far apart does recur, and stays too.
///
/// Where such rows come thick, something unusual was there, and its edges and shadows hide among usual kinds. Those times
/// are left out altogether, which costs nothing: what is normal in them is seen at other times as well.
///
/// Where light drifts over the whole window, most kinds belong to a time of their own. More than an anomaly can fill is
/// therefore never left out: nothing is, then.
///
/// Works on rows of any kind, patches or objects; memory is bounded by the number of kinds.
package struct Recurrence: Sendable {
    package struct Settings: Sendable, Hashable {
        /// The longest short time, as a share of the frames: an anomaly's twentieth, and some margin.
        package var shortTime = 0.06
        /// A kind with more than this share of its rows in one short time does not recur.
        package var concentration = 0.5
        /// Rows per kind on the average, and kinds at most.
        package var rowsPerKind = 50
        package var mostKinds = 1024
        /// A kind with fewer rows is left alone: chance may put them together, and no etalon comes of them.
        package var leastRows = 4
        /// A time is unusual in which more than this share of the rows does not recur, and this many times the usual
        /// share: where every passer-by is a kind of its own, the share is never small.
        package var unusualShare = 0.02
        package var unusualFactor = 4.0
        /// Rows at other times that do not recur are left out too while they are no more than this share of all; more are
        /// no event but how this place is.
        package var mostScattered = 0.01
        /// What counts as a time there, as a share of the frames; unusual times are widened by half of it.
        package var timeStep = 0.01
        /// Share of all rows that an anomaly may fill, margins included; if more would have to go, nothing does.
        package var mostLeftOut = 0.12
        /// With fewer frames nothing is left out: there is too little to compare with.
        package var leastFrames = 100
        package var passes = 4

        package init() {}
    }

    /// What was found.
    package struct Result: Sendable {
        /// Rows to learn from, ascending.
        package let kept: [Int32]
        /// Rows left out, ascending.
        package let leftOut: [Int32]
        /// Unusual times, as numbers of frames, in order; nothing of them was kept.
        package let unusualTimes: [ClosedRange<Int32>]
    }

    package let settings: Settings
    private let seed: UInt64

    /// - Parameter seed: chooses the first rows of the kinds.
    package init(settings: Settings = .init(), seed: UInt64) {
        self.settings = settings
        self.seed = seed
    }

    /// Decides which rows to learn from. Rows that are not finite are always left out.
    ///
    /// - Parameters:
    ///   - rows: the features, `[N, D]`; they are whitened for the comparison.
    ///   - frames: number of the frame each row comes from, `[N]`, rising with time.
    package func callAsFunction(_ rows: any PatchSource, frames: [Int32]) -> Result {
        precondition(rows.count == frames.count)
        let finite = Self.finite(rows)
        let present = Set(finite.map { frames[Int($0)] }).sorted()
        let kindCount = min(settings.mostKinds, finite.count / settings.rowsPerKind)
        guard present.count >= settings.leastFrames, kindCount >= 2 else { return result(rows.count, finite, [], []) }
        let place = Dictionary(uniqueKeysWithValues: present.enumerated().map { ($1, $0) })
        /// When each row was seen, counted in frames that occur; finite rows only have a meaning here.
        let times = frames.map { place[$0] ?? 0 }
        let length = max(1, Int(settings.shortTime * Double(present.count)))
        var passing = Set<Int32>()
        for kind in kinds(rows, finite, count: kindCount) where kind.count >= settings.leastRows {
            let most = Self.most(kind.map { times[Int($0)] }.sorted(), within: length)
            if Double(most) > settings.concentration * Double(kind.count) { passing.formUnion(kind) }
        }
        let unusual = unusualTimes(passing, finite, times, count: present.count)
        let within = Set(finite.filter { row in unusual.contains { $0.contains(times[Int(row)]) } })
        let scattered = passing.subtracting(within)
        let areFew = Double(scattered.count) <= settings.mostScattered * Double(finite.count)
        return result(
            rows.count, finite, areFew ? within.union(scattered) : within,
            unusual.map { present[$0.lowerBound]...present[$0.upperBound] })
    }

    private func result(
        _ count: Int, _ finite: [Int32], _ passing: Set<Int32>, _ unusual: [ClosedRange<Int32>]
    ) -> Result {
        let isTooMuch = Double(passing.count) > settings.mostLeftOut * Double(finite.count)
        let kept = isTooMuch ? finite : finite.filter { !passing.contains($0) }
        let staying = Set(kept)
        return Result(
            kept: kept, leftOut: (0..<Int32(count)).filter { !staying.contains($0) },
            unusualTimes: isTooMuch ? [] : unusual)
    }

    /// Times in which conspicuously many rows do not recur, merged where they overlap.
    private func unusualTimes(
        _ passing: Set<Int32>, _ finite: [Int32], _ times: [Int], count: Int
    ) -> [ClosedRange<Int>] {
        var all = [Int](repeating: 0, count: count)
        var odd = all
        for row in finite {
            all[times[Int(row)]] += 1
            if passing.contains(row) { odd[times[Int(row)]] += 1 }
        }
        let half = max(1, Int(settings.timeStep * Double(count) / 2))
        let spans = (0..<count).map { max(0, $0 - half)...min(count - 1, $0 + half) }
        let strange = spans.map { odd[$0].reduce(0, +) }
        let shares = zip(spans, strange).map { Double($1) / Double(max(1, all[$0].reduce(0, +))) }
        let limit = max(settings.unusualShare, settings.unusualFactor * shares.sorted()[count / 2])
        var found: [ClosedRange<Int>] = []
        for (place, span) in spans.enumerated() where strange[place] >= settings.leastRows && shares[place] > limit {
            if let last = found.last, last.upperBound >= span.lowerBound - 1 {
                found[found.count - 1] = last.lowerBound...span.upperBound
            } else {
                found.append(span)
            }
        }
        return found
    }

    /// How many of the ascending times lie in the fullest span of this length.
    private static func most(_ times: [Int], within length: Int) -> Int {
        var (first, most) = (0, 0)
        for (last, time) in times.enumerated() {
            while times[first] <= time - length { first += 1 }
            most = max(most, last - first + 1)
        }
        return most
    }

    /// The given rows in groups.
    private func kinds(_ rows: any PatchSource, _ members: [Int32], count: Int) -> [[Int32]] {
        let columns = 0..<rows.dimension
        var settings = CondensationSettings()
        settings.method = .kMeans
        settings.etalonsPerClass = count
        settings.epochs = self.settings.passes
        var generator = SeededGenerator(seed: seed)
        let first = (0..<min(members.count, 8 * count)).map { _ in members[generator.index(below: members.count)] }
        var labels = [Int32](repeating: -1, count: rows.count)
        for member in members { labels[Int(member)] = 0 }
        let means = Condensation(
            initial: rows.rows(first[...], columns: columns), labels: first.map { _ in 0 }, classCount: 1,
            settings: settings, seed: generator.next())
        means.train(rows, columns: columns, labels: labels, seed: generator.next()) { _, _ in }
        let classes = PseudoClasses(
            centres: Tensor([count, rows.dimension], means.centreValues), whitening: means.whitening)
        var kinds = [[Int32]](repeating: [], count: count)
        for (member, kind) in zip(members, classes.labels(rows, rows: members)) where kind >= 0 {
            kinds[Int(kind)].append(member)
        }
        return kinds
    }

    private static func finite(_ rows: any PatchSource) -> [Int32] {
        let all = (0..<rows.count).map(Int32.init)
        return stride(from: 0, to: all.count, by: 1024).flatMap { start in
            let slice = all[start..<min(all.count, start + 1024)]
            let values = rows.rows(slice, columns: 0..<rows.dimension)
            return slice.enumerated().filter { place, _ in
                UnsafeBufferPointer(start: values.row(place), count: rows.dimension).allSatisfy(\.isFinite)
            }.map { $1 }
        }
    }
}
