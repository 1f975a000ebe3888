internal import Basics

/// Memory for packed weights, side by side in large pages.
///
/// Weights live as long as their network and are read once per frame: one block after the other they need few pages.
/// A chunk is freed with the last tensor in it.
final class WeightArena: Sendable {
    /// Networks are loaded from any thread; all of them share this one.
    static let shared = WeightArena()

    /// `@unchecked Sendable`: the address never changes, and `WeightArena` gives every part of the memory to one tensor.
    private final class Chunk: @unchecked Sendable {
        private let start: UnsafeMutableRawPointer
        let bytes: Int

        init(bytes: Int) {
            self.bytes = bytes
            start = LargeMemory.allocate(bytes)
        }

        deinit { LargeMemory.free(start, bytes) }

        func pointer(at offset: Int) -> UnsafeMutableRawPointer { start + offset }
    }

    private static let chunkBytes = 4 * LargeMemory.page
    private let current = Locked<(chunk: Chunk, used: Int)?>(nil)

    /// A tensor with undefined contents.
    func tensor(_ shape: Shape) -> Tensor {
        let bytes = (shape.count * 4).rounded(upTo: 64)
        return current.withLock { current in
            if let (chunk, used) = current, used + bytes <= chunk.bytes {
                current = (chunk, used + bytes)
                return Tensor(shape, at: chunk.pointer(at: used), of: chunk)
            }
            let chunk = Chunk(bytes: max(Self.chunkBytes, bytes.rounded(upTo: LargeMemory.page)))
            let left = current.map { $0.chunk.bytes - $0.used } ?? 0
            if chunk.bytes - bytes >= left { current = (chunk, bytes) }
            return Tensor(shape, at: chunk.pointer(at: 0), of: chunk)
        }
    }
}
