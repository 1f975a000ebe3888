import Analysis
import Basics
import ModelFiles
import Tensors
import TestSupport
import Testing

@Suite struct ReservoirTests {
    /// Offers rows `range`, row i holding (i, −i), from frame i / 10 and cell i % 10.
    private func fill(_ reservoir: inout Reservoir, _ range: Range<Int>, using random: inout SeededGenerator) {
        for index in range {
            let row: [Float] = [Float(index), -Float(index)]
            reservoir.offer(row, frame: Int64(index / 10), cell: Int64(index % 10), using: &random)
        }
    }

    private func sample(capacity: Int, rows: Int, seed: UInt64) -> Reservoir {
        var reservoir = Reservoir(width: 2, capacity: capacity)
        var random = SeededGenerator(seed: seed)
        fill(&reservoir, 0..<rows, using: &random)
        return reservoir
    }

    @Test func `fewer rows than fit are all kept in order`() {
        let reservoir = sample(capacity: 50, rows: 30, seed: 1)
        #expect(reservoir.tensor().array == (0..<30).flatMap { [Float($0), -Float($0)] })
        #expect((reservoir.count, reservoir.offered) == (30, 30))
    }

    @Test func `every part of the stream is kept with equal chance`() {
        var kept = [Int](repeating: 0, count: 10)
        for seed in 0..<400 {
            let reservoir = sample(capacity: 50, rows: 1000, seed: UInt64(seed))
            #expect(reservoir.count == 50)
            let rows = reservoir.tensor()
            for row in 0..<50 { kept[Int(rows[2 * row]) / 100] += 1 }
        }
        // 20,000 kept rows over ten parts: 2,000 each with a standard deviation of about 42.
        #expect(kept.allSatisfy { abs($0 - 2000) < 200 })
    }

    @Test func `rows stay together with their frame and cell`() {
        let reservoir = sample(capacity: 40, rows: 1000, seed: 7)
        let rows = reservoir.tensor()
        for row in 0..<40 {
            let index = Int(rows[2 * row])
            #expect(rows[2 * row + 1] == -Float(index))
            #expect(reservoir.frames[row] == index / 10 && reservoir.cells[row] == index % 10)
        }
    }

    @Test func `the same seed gives the same sample and another seed another`() {
        let first = sample(capacity: 20, rows: 500, seed: 5).tensor().array
        #expect(first == sample(capacity: 20, rows: 500, seed: 5).tensor().array)
        #expect(first != sample(capacity: 20, rows: 500, seed: 6).tensor().array)
    }

    @Test func `rows come out in the order of their frames`() {
        let reservoir = sample(capacity: 30, rows: 800, seed: 2)
        let ordered = reservoir.inTimeOrder().rows
        let frames = (0..<30).map { Int(ordered[2 * $0]) / 10 }
        #expect(frames == frames.sorted())
        #expect(Set((0..<30).map { ordered[2 * $0] }) == Set((0..<30).map { reservoir.tensor()[2 * $0] }))
    }

    @Test(arguments: [0, 10, 20, 300])
    func `a sample that was written and read goes on as if nothing had been`(rows: Int) throws {
        let folder = TemporaryFolder()
        var random = SeededGenerator(seed: 9)
        var reservoir = Reservoir(width: 2, capacity: 20)
        fill(&reservoir, 0..<rows, using: &random)
        var writer = SafetensorsWriter()
        reservoir.write(to: &writer, "patches")
        var copy = try Reservoir(writer.reread(in: folder), "patches", width: 2, capacity: 20)
        var copiedRandom = random
        fill(&reservoir, rows..<rows + 500, using: &random)
        fill(&copy, rows..<rows + 500, using: &copiedRandom)
        #expect(copy.tensor().array == reservoir.tensor().array)
        #expect(copy.frames == reservoir.frames && copy.cells == reservoir.cells)
        #expect(copy.offered == reservoir.offered && copy.count == reservoir.count)
    }

    @Test(arguments: [(3, 20), (2, 10)])
    func `a sample of another width or of more rows than fit is refused`(width: Int, capacity: Int) throws {
        let folder = TemporaryFolder()
        var writer = SafetensorsWriter()
        sample(capacity: 20, rows: 20, seed: 1).write(to: &writer, "patches")
        let file = try writer.reread(in: folder)
        let error = #expect(throws: ModelFileError.self) {
            _ = try Reservoir(file, "patches", width: width, capacity: capacity)
        }
        #expect(error?.code == .wrongShape)
    }
}
