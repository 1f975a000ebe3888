import Analysis
import Basics
import FoundationEssentials
import Tensors
import TestSupport
import Testing

@Suite struct HeldOutFramesTests {
    private static let framesPerBlock = 4

    /// Frames whose every patch value is the frame's number, in blocks as learning numbers them: 1, 5, 9, …
    private func offer(_ range: Range<Int>, to frames: inout HeldOutFrames) {
        for index in range {
            frames.offer(
                patches: Tensor([2, 3, 1], repeating: Float(index)),
                objects: Tensor([index % 3, 2], repeating: Float(-index)),
                block: 1 + index / Self.framesPerBlock * 4, time: .milliseconds(index * 100))
        }
    }

    @Test func `what is kept is bounded, in order and evenly spread over whole blocks`() {
        var frames = HeldOutFrames(capacity: 12)
        for index in 0..<400 {
            offer(index..<index + 1, to: &frames)
            #expect(frames.entries.count <= 12)
            let indices = frames.entries.map(\.index)
            #expect(indices == indices.sorted())
        }
        let blocks = Set(frames.entries.map(\.block)).sorted()
        let gaps = Set(zip(blocks, blocks.dropFirst()).map { $1 - $0 })
        #expect(blocks.count >= 2 && gaps.count == 1)
        #expect((gaps.first ?? 0) * 3 >= 50, "the kept blocks reach over at least half of the hundred")
        for block in blocks {
            let numbers = frames.entries.filter { $0.block == block }.map(\.index)
            #expect(numbers == Array(block * Self.framesPerBlock..<(block + 1) * Self.framesPerBlock))
        }
    }

    @Test func `nothing is dropped before it is full`() {
        var frames = HeldOutFrames(capacity: 12)
        offer(0..<12, to: &frames)
        #expect(frames.entries.map(\.index) == Array(0..<12))
        #expect(frames.entries.map(\.time) == (0..<12).map { .milliseconds($0 * 100) })
        #expect(frames.entries.map(\.block) == (0..<12).map { $0 / 4 })
    }

    @Test func `features are copied, because the caller's memory is used again`() {
        var frames = HeldOutFrames(capacity: 4)
        let patches = Tensor([1, 2, 1], repeating: 5)
        frames.offer(patches: patches, objects: Tensor([0, 2]), block: 1, time: .zero)
        patches[0] = 7
        #expect(frames.entries[0].patches.array == [5, 5])
        #expect(frames.entries[0].objects.shape == [0, 2])
    }

    @Test(arguments: [3, 12, 30, 131])
    func `what was written and read goes on as if nothing had been`(count: Int) throws {
        let folder = TemporaryFolder()
        var frames = HeldOutFrames(capacity: 12)
        offer(0..<count, to: &frames)
        try frames.writeMissing(folder: folder.path)
        let json = try JSONEncoder().encode(frames.state)
        var copy = try HeldOutFrames(
            capacity: 12, folder: folder.path, state: JSONDecoder().decode(HeldOutFrames.State.self, from: json))
        offer(count..<count + 150, to: &frames)
        offer(count..<count + 150, to: &copy)
        #expect(copy.entries.map(\.index) == frames.entries.map(\.index))
        #expect(copy.entries.map(\.time) == frames.entries.map(\.time))
        #expect(copy.entries.map(\.block) == frames.entries.map(\.block))
        #expect(copy.entries.map(\.patches.array) == frames.entries.map(\.patches.array))
        #expect(copy.entries.map(\.objects.array) == frames.entries.map(\.objects.array))
        #expect(copy.entries.map(\.objects.shape) == frames.entries.map(\.objects.shape))
    }

    @Test func `files of frames that are kept no longer go, others stay`() throws {
        let folder = TemporaryFolder()
        try Data([1]).write(to: URL(filePath: folder.file("plan.json")))
        var frames = HeldOutFrames(capacity: 8)
        offer(0..<8, to: &frames)
        try frames.writeMissing(folder: folder.path)
        #expect(folder.names().count == 9)
        offer(8..<24, to: &frames)
        try frames.writeMissing(folder: folder.path)
        frames.removeOthers(folder: folder.path)
        let expected = frames.entries.map { "heldout-\($0.index).safetensors" } + ["plan.json"]
        #expect(folder.names() == Set(expected))
    }
}
