internal import Basics

/// Memory for packed weights, side by side in large pages.
///
/// Weights live as long as their network and are read once per frame: one block after the other they need few pages.
/// A chunk is freed with the last tensor in it.
final class WeightArena: Sendable {
    /// Networks are loaded from any thread; all of them share this one.
    static let shared = WeightArena()

    private final class Chunk: Sendable {
        private let address: UInt
        let bytes: Int

        init(bytes: Int) {
            self.bytes = bytes
            address = UInt(bitPattern: LargeMemory.allocate(bytes))
        }

        deinit {
            if let start = UnsafeMutableRawPointer(bitPattern: address) { LargeMemory.free(start, bytes) }
        }

        func pointer(at offset: Int) -> UnsafeMutableRawPointer {
            guard let start = UnsafeMutableRawPointer(bitPattern: address) else { fatalError("a chunk has an address") }
            return start + offset
        }
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
