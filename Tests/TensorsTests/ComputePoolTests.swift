import Basics
import Tensors
import Testing

@Suite struct ComputePoolTests {
    @Test(arguments: [1, 2, 3, 8], [0, 1, 2, 3, 7, 100])
    func `Every index runs exactly once`(_ width: Int, _ count: Int) {
        let seen = Locked([Int](repeating: 0, count: count))
        ComputePool(width: width).forEach(count) { index in seen.withLock { $0[index] += 1 } }
        #expect(seen.withLock { $0 } == [Int](repeating: 1, count: count))
    }

    @Test(arguments: [1, 2, 5], [0, 1, 9, 64, 1000])
    func `Ranges cover everything once and keep the grain`(_ width: Int, _ count: Int) {
        let ranges = Locked([Range<Int>]())
        ComputePool(width: width).forRanges(count, grain: 8) { range in ranges.withLock { $0.append(range) } }
        let ordered = ranges.withLock { $0 }.sorted { $0.lowerBound < $1.lowerBound }
        #expect(ordered.flatMap(Array.init) == Array(0..<count))
        #expect(ordered.count <= max(1, width))
        #expect(count < 8 || ordered.allSatisfy { $0.count >= 8 })
    }

    @Test func `A strand never runs two indices at the same time`() {
        let busy = Locked([Int](repeating: 0, count: 4))
        ComputePool(width: 4).forEachOnStrand(200) { strand, _ in
            #expect(
                busy.withLock {
                    $0[strand] += 1
                    return $0[strand]
                } == 1)
            busy.withLock { $0[strand] -= 1 }
        }
    }

    @Test(arguments: [(1000, 100, 10), (1000, 300, 4), (1, 100, 1), (3, 1, 3), (100, 1000, 2)])
    func `Chunks are a multiple of the cores`(_ count: Int, _ size: Int, _ expected: Int) {
        #expect(ComputePool(width: 2).chunkCount(count, size: size) == expected)
    }
}
