import Basics
import Foundation
import PixelAnomaly
import Tensors
import Testing

/// A set in the plane like figure 3 of the PixOOD paper: dense clouds and a bow, with isolated outliers around them.
///
/// The paper counts an etalon as useful when its support reaches the least support. Here it must earn that by points of
/// the clouds alone, after the method has dropped what it drops: of those points, at least half a uniform share of all
/// points (half of N / 50) must have it as their nearest etalon. An etalon between the clouds, on an outlier, or next to
/// another one that takes all its points is not useful; all useful ones cover distinct parts.
///
/// The first etalons lie anywhere in the square that holds the points, as when learning begins before it knows what is
/// where; figure 3 finds 9 useful etalons by k-means and 32 by condensation. Where the first etalons are rows of the very
/// data, k-means hardly loses any: with few outliers both keep as many, with a tenth or more condensation is ahead, though
/// not by a factor of two (the second test).
@Suite struct FigureThreeTests {
    private static let budget = 50

    private struct Plane {
        /// `[N, 2]`, in random order.
        let points: Tensor
        let isOutlier: [Bool]

        static let reach = 14.0

        init(outliers: Int, seed: UInt64) {
            var generator = SeededGenerator(seed: seed)
            func normal() -> Double { (0..<12).reduce(-6) { sum, _ in sum + generator.uniform() } }
            var points: [(x: Double, y: Double)] = []
            for _ in 0..<500 { points.append((-3 + 0.4 * normal(), 2 + 0.4 * normal())) }
            for _ in 0..<300 { points.append((2.5 + 0.8 * normal(), 2.2 + 0.5 * normal())) }
            for _ in 0..<400 {
                let angle = generator.uniform(in: 0..<Double.pi)
                points.append((2.5 * cos(angle) + 0.1 * normal(), -2.5 * sin(angle) + 0.1 * normal()))
            }
            let inliers = points.count
            let wide = -Self.reach..<Self.reach
            for _ in 0..<outliers { points.append((generator.uniform(in: wide), generator.uniform(in: wide))) }
            let order = points.indices.map { (generator.next(), $0) }.sorted { $0.0 < $1.0 }.map(\.1)
            self.points = Tensor([points.count, 2], order.flatMap { [Float(points[$0].x), Float(points[$0].y)] })
            isOutlier = order.map { $0 >= inliers }
        }
    }

    private enum Start {
        case square
        case rows
    }

    /// Etalons that a method keeps, `[K, 2]`.
    private func kept(_ method: EtalonMethod, _ plane: Plane, from start: Start, seed: UInt64) throws -> Tensor {
        let (points, count) = (plane.points, plane.points.shape[0])
        var settings = CondensationSettings()
        settings.method = method
        settings.etalonsPerClass = Self.budget
        settings.batchRows = 128
        let whitening = Whitening(rows: points.pointer, count: count, dimension: 2, stride: 2)
        var generator = SeededGenerator(seed: seed)
        let first = Tensor([Self.budget, 2])
        for etalon in 0..<Self.budget {
            let row = generator.index(below: count)
            for column in 0..<2 {
                let value =
                    start == .rows
                    ? points.row(row)[column] : Float(generator.uniform(in: -Plane.reach..<Plane.reach))
                first.row(etalon)[column] = (value - whitening.median[column]) / whitening.deviation[column]
            }
        }
        let state = Condensation(
            settings: settings, whitening: whitening, classCount: 1, centres: first,
            scales: Tensor([Self.budget], repeating: -4.394449))
        let labels = [Int32](repeating: 0, count: count)
        state.train(TensorRows(features: points), columns: 0..<2, labels: labels, seed: 4) { _, _ in }
        return try state.finish(TensorRows(features: points), columns: 0..<2, labels: labels)[0].centres
    }

    /// How many of the etalons are useful.
    private func useful(_ etalons: Tensor, _ plane: Plane) -> Int {
        let (points, count) = (plane.points, plane.points.shape[0])
        var own = [Int](repeating: 0, count: etalons.shape[0])
        for row in 0..<count where !plane.isOutlier[row] {
            let distances = own.indices.map { etalon in
                hypot(points.row(row)[0] - etalons.row(etalon)[0], points.row(row)[1] - etalons.row(etalon)[1])
            }
            own[distances.indices.min { distances[$0] < distances[$1] } ?? 0] += 1
        }
        return own.count { 2 * $0 * Self.budget >= count }
    }

    @Test(arguments: [20, 60, 120], [UInt64(1), 2, 3])
    func `condensation keeps at least twice as many useful etalons as k-means`(outliers: Int, seed: UInt64) throws {
        let plane = Plane(outliers: outliers, seed: seed)
        let plain = useful(try kept(.kMeans, plane, from: .square, seed: seed + 100), plane)
        let condensed = useful(try kept(.condensation, plane, from: .square, seed: seed + 100), plane)
        #expect(condensed >= 2 * plain, "\(condensed) useful against \(plain)")
        #expect(condensed >= 32)
    }

    @Test(arguments: [120, 200], [UInt64(1), 2, 3])
    func `also among etalons that begin as rows it keeps more than k-means`(outliers: Int, seed: UInt64) throws {
        let plane = Plane(outliers: outliers, seed: seed)
        let plain = useful(try kept(.kMeans, plane, from: .rows, seed: seed + 100), plane)
        let condensed = useful(try kept(.condensation, plane, from: .rows, seed: seed + 100), plane)
        #expect(condensed > plain, "\(condensed) useful against \(plain)")
    }
}
