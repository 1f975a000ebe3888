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

    @Test func `Loops from many threads and loops inside loops run every index once`() async {
        let pool = ComputePool(width: 3)
        let total = Locked(0)
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<4 {
                group.addTask {
                    for _ in 0..<200 {
                        pool.forEach(10) { _ in pool.forEach(5) { _ in total.withLock { $0 += 1 } } }
                    }
                }
            }
        }
        #expect(total.withLock { $0 } == 4 * 200 * 50)
    }

    @Test func `Helpers that fell asleep wake up, and pools come and go`() async throws {
        for round in 0..<30 {
            let pool = ComputePool(width: 4)
            let total = Locked(0)
            for _ in 0..<3 {
                pool.forEach(100) { _ in total.withLock { $0 += 1 } }
                if round % 10 == 0 { try await Task.sleep(for: .milliseconds(20)) }
            }
            #expect(total.withLock { $0 } == 300)
        }
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
