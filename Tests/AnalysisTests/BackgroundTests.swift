import Analysis
import Tensors
import Testing

@Suite struct BackgroundTests {
    private let background = Background(mean: Tensor([2, 2, 1], [1, 2, 3, 4]))

    @Test func `a patch is described by its feature and its difference from the usual`() {
        let workspace = Workspace()
        let described = background.describe(Tensor([2, 2, 1], [5, 2, 3, 0]), workspace: workspace)
        #expect(described.shape == [2, 2, 2])
        #expect(described.array == [5, 4, 2, 0, 3, 0, 0, -4])
    }

    @Test func `a finer grid is compared with the nearest cells`() {
        let described = background.describe(Tensor([4, 4, 1], repeating: 0), workspace: Workspace())
        let differences = stride(from: 1, to: described.count, by: 2).map { described[$0] }
        #expect(differences == [-1, -1, -2, -2, -1, -1, -2, -2, -3, -3, -4, -4, -3, -3, -4, -4])
    }

    @Test func `only what lingers beyond the usual of a cell and its neighbours is in excess`() {
        var wide = Background(mean: Tensor([1, 4, 1], [0, 0, 0, 0]))
        wide.accept([2, 0, 0, 0])
        wide.accept([1, 0, 0, 0.5])
        #expect(wide.excess([3, 2.5, 1, 0.25], width: 4) == [1, 0.5, 0.5, 0])
    }
}

@Suite struct ConfirmablePeaksTests {
    @Test func `a single odd frame does not move the peaks, three of five do`() {
        let quiet: [Float] = [1, 1, 1, 1, 1, 1, 1, 1]
        var once = quiet
        once[3] = 9
        var thrice = quiet
        for index in [2, 4, 5] { thrice[index] = 9 }
        #expect(HeldOutPeaks(confirmable: once).maximum == 1)
        #expect(HeldOutPeaks(confirmable: thrice).maximum == 9)
    }

    @Test func `fewer frames than a window count as they are`() {
        #expect(HeldOutPeaks(confirmable: [1, 7]).maximum == 7)
        #expect(HeldOutPeaks(confirmable: []).maximum == 0)
    }
}
