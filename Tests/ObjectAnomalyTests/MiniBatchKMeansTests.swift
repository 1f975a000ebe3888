import ObjectAnomaly
import Tensors
import Testing

@Suite struct MiniBatchKMeansTests {
    @Test func `Separate kinds end in separate clusters`() {
        var world = SyntheticObjects(width: 24, seed: 2)
        let kinds = (0..<5).map { _ in world.kind() }
        let rows = world.objects(kinds, count: 1500, scatter: 0.1)
        var means = MiniBatchKMeans(spreadOver: rows, clusters: 5, chunkSize: 256, seed: 8)
        for _ in 0..<4 { means.fit(rows) }
        let singles = kinds.map { kind in means.labels(Tensor([1, 24], kind))[0] }
        #expect(Set(singles).count == 5)
        // Scatter of 0.1 in about 24 directions.
        #expect(means.inertia(rows) < 24 * 0.1 * 0.1 * 1.2)
    }

    @Test(arguments: [3, 100, 1024, 1025, 2500])
    func `Every row is taken in, the last short chunk too`(_ count: Int) {
        var world = SyntheticObjects(width: 4, seed: 3)
        let kinds = [world.kind()]
        let rows = world.objects(kinds, count: count)
        var means = MiniBatchKMeans(spreadOver: rows, clusters: 1, seed: 1)
        means.fit(rows)
        #expect(means.counts == [Float(count)])
        for column in 0..<4 {
            let mean = (0..<count).reduce(0.0) { $0 + Double(rows.row($1)[column]) } / Double(count)
            #expect(abs(Double(means.centres.pointer[column]) - mean) < 1e-4)
        }
    }

    @Test func `More clusters than distinct rows stay finite`() {
        let rows = Tensor([40, 3], repeating: 1)
        var means = MiniBatchKMeans(spreadOver: rows, clusters: 7, chunkSize: 16, seed: 1)
        for _ in 0..<3 { means.fit(rows) }
        #expect(means.centres.array.allSatisfy { $0 == 1 })
        #expect(means.labels(rows).allSatisfy { $0 == 0 })
    }
}
