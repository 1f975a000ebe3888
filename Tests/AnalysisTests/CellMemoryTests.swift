import Analysis
import Basics
import ModelFiles
import Tensors
import TestSupport
import Testing

@Suite struct CellMemoryTests {
    @Test func `the first frame is not new and a still scene stays so`() {
        var memory = CellMemory(cells: 6, width: 2)
        var novelty = [Float](repeating: 9, count: 6)
        let frame = Tensor([2, 3, 2], (0..<12).map(Float.init))
        for _ in 0..<20 {
            memory.update(frame, novelty: &novelty)
            #expect(novelty.allSatisfy { $0 < 1e-9 })
        }
        #expect(memory.frames == 20)
    }

    @Test func `novelty is the squared distance to the mean of the frames before`() {
        var memory = CellMemory(cells: 2, width: 2)
        var novelty: [Float] = [0, 0]
        memory.update(Tensor([1, 2, 2], [0, 0, 1, 1]), novelty: &novelty)
        memory.update(Tensor([1, 2, 2], [2, 4, 1, 1]), novelty: &novelty)
        #expect(novelty == [20, 0])
        // The mean of cell 0 is now (1, 2).
        memory.update(Tensor([1, 2, 2], [1, 2, 4, 5]), novelty: &novelty)
        #expect(novelty == [0, 25])
    }

    @Test func `at first the memory is the mean of all frames`() {
        var random = SeededGenerator(seed: 8)
        var memory = CellMemory(cells: 12, width: 3)
        var novelty = [Float](repeating: 0, count: 12)
        var sums = [Float](repeating: 0, count: 36)
        for _ in 0..<40 {
            let frame = Features.random([3, 4, 3], using: &random)
            for index in sums.indices { sums[index] += frame[index] }
            memory.update(frame, novelty: &novelty)
        }
        let background = memory.background(rows: 3, columns: 4).mean
        #expect(background.shape == [3, 4, 3])
        for index in sums.indices { #expect(abs(background[index] - sums[index] / 40) < 1e-5) }
    }

    @Test func `a memory that was written and read goes on as if nothing had been`() throws {
        let folder = TemporaryFolder()
        var random = SeededGenerator(seed: 2)
        var memory = CellMemory(cells: 4, width: 5)
        var novelty = [Float](repeating: 0, count: 4)
        for _ in 0..<9 { memory.update(Features.random([2, 2, 5], using: &random), novelty: &novelty) }
        var writer = SafetensorsWriter()
        memory.write(to: &writer)
        let file = try writer.reread(in: folder)
        var copy = try CellMemory(file, cells: 4, width: 5)
        #expect(copy.frames == 9)
        let frame = Features.random([2, 2, 5], using: &random)
        var copied = novelty
        memory.update(frame, novelty: &novelty)
        copy.update(frame, novelty: &copied)
        #expect(copied == novelty)
        #expect(throws: ModelFileError.self) { _ = try CellMemory(file, cells: 5, width: 5) }
    }
}
