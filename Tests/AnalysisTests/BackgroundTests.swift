import Analysis
import Tensors
import Testing

@Suite struct BackgroundTests {
    @Test func `a patch is described by its feature and by how it differs from the usual one`() {
        let background = Background(mean: Tensor([1, 2, 2], [1, 2, 3, 4]))
        var described = [Float](repeating: 0, count: Background.describedWidth(2))
        background.describe([10, 20] as [Float], cell: 1, into: &described)
        #expect(described == [10, 20, 7, 16])
    }

    @Test func `what lingered in normal time is not beyond the usual, more than that is`() {
        var background = Background(mean: Tensor([3, 4, 2], repeating: 0))
        var map = [Float](repeating: 0, count: 12)
        map[5] = 2
        #expect(background.excess(map, width: 4)[5] == 2)
        background.accept(map)
        #expect(background.excess(map, width: 4).allSatisfy { $0 == 0 })
        // Its neighbours may sway as far, others not.
        #expect(background.excess([Float](repeating: 2, count: 12), width: 4) == [0, 0, 0, 2, 0, 0, 0, 2, 0, 0, 0, 2])
        map[5] = 5
        #expect(background.excess(map, width: 4)[5] == 3)
    }

    @Test func `what was accepted once stays accepted`() {
        var background = Background(mean: Tensor([1, 3, 1], repeating: 0))
        background.accept([4, 0, 0])
        background.accept([1, 0, 3])
        #expect(background.excess([4, 4, 3], width: 3) == [0, 0, 0])
    }

    @Test func `a finer grid of the same picture is compared with the nearest cells`() {
        let background = Background(mean: Tensor([1, 2, 1], repeating: 0))
        background.lingering[1] = 3
        #expect(background.excess([Float](repeating: 5, count: 8), width: 4) == [5, 5, 2, 2, 5, 5, 2, 2])
    }
}
