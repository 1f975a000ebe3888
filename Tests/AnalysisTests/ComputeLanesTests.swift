import Analysis
import Basics
import Dispatch
import Foundation
import Imaging
import Tensors
import TestSupport
import Testing

/// Frames judged side by side.
@Suite struct ComputeLanesTests {
    private func picture(_ seed: UInt64) -> PixelBuffer {
        var generator = SeededGenerator(seed: seed)
        let buffer = PixelBuffer(width: 64, height: 48, format: .gray8)
        for index in 0..<48 * 64 { buffer.mutableBytes[index] = UInt8(generator.index(below: 256)) }
        return buffer
    }

    @Test func `Frames side by side have the features that they have one after the other`() async throws {
        let folder = TemporaryFolder()
        let model = try AnomalyModel(TinyBundle(pixelFeatures: "fpn-p3-head", pixels: nil).open(in: folder))
        let alone = AnalysisEngine(model: model, threads: 1, clocks: SystemClocks())
        let pictures = (0..<8).map { picture(UInt64($0)) }
        let expected = pictures.map { alone.material(of: $0).patches.array }
        let side = AnalysisEngine(model: model, threads: 4, framesAtOnce: 3, clocks: SystemClocks())
        #expect(side.threads == 4)
        let found = await withTaskGroup(of: (Int, [Float]).self) { group in
            for _ in 0..<4 {
                for index in pictures.indices {
                    group.addTask { (index, side.material(of: pictures[index]).patches.array) }
                }
            }
            return await group.reduce(into: []) { $0.append($1) }
        }
        #expect(found.count == 32)
        for (index, patches) in found { #expect(patches == expected[index]) }
        let settled = side.workspace.allocations
        for picture in pictures { _ = side.material(of: picture) }
        #expect(side.workspace.allocations == settled)
    }

    @Test func `There are never more lanes than threads`() throws {
        let folder = TemporaryFolder()
        let model = try AnomalyModel(TinyBundle(pixelFeatures: "fpn-p3-head", pixels: nil).open(in: folder))
        let engine = AnalysisEngine(model: model, threads: 2, framesAtOnce: 50, clocks: SystemClocks())
        #expect(engine.material(of: picture(1)).patches.shape[2] == 8)
        #expect(engine.threads == 2)
    }

    /// What is lent.
    private final class Token: Sendable {}

    @Test func `a caller that comes back at once waits for those who came before`() {
        let lanes = ComputeLanes([Token()], clocks: SystemClocks())
        let order = Locked<[String]>([])
        let done = DispatchSemaphore(value: 0)
        func queue(_ name: String, behind count: Int, turns: Int = 1) {
            Thread.detachNewThread {
                for _ in 0..<turns { lanes.withExtractor { _ in order.withLock { $0.append(name) } } }
                done.signal()
            }
            while lanes.waiting < count { usleep(200) }
        }
        lanes.withExtractor { _ in
            queue("flood", behind: 1, turns: 3)
            queue("a", behind: 2)
            queue("b", behind: 3)
        }
        for _ in 0..<3 { done.wait() }
        // The flood's second turn comes after those who waited during its first.
        #expect(order.withLock { $0 } == ["flood", "a", "b", "flood", "flood"])
    }
}
