internal import Basics
public import Tensors

/// Keeps a bounded, uniformly random sample of all patches of a stream.
///
/// Every patch offered so far is in the sample with the same probability. Memory is fixed at creation. Not thread-safe.
public final class PatchReservoir {
    public let capacity: Int
    public let dimension: Int
    /// Patches kept.
    public private(set) var count = 0
    /// Patches offered.
    public private(set) var offered = 0
    private let features: Tensor
    private var frames: [Int32]
    private var cells: [Int32]
    private var generator: SeededGenerator
    private var gridWidth = 0
    private var gridHeight = 0

    /// - Parameters: at most `capacity` patches of `dimension` numbers; the same seed keeps the same patches.
    public init(capacity: Int, dimension: Int, seed: UInt64) {
        precondition(capacity > 0 && dimension > 0)
        self.capacity = capacity
        self.dimension = dimension
        features = Tensor([capacity, dimension])
        frames = Array(repeating: 0, count: capacity)
        cells = Array(repeating: 0, count: capacity)
        generator = SeededGenerator(seed: seed)
    }

    /// Offers every patch of a frame.
    ///
    /// - Parameters:
    ///   - map: `[h, w, D]`
    ///   - frame: the frame's number, ascending with time.
    public func offer(_ map: Tensor, frame: Int) {
        precondition(map.shape.rank == 3 && map.shape[2] == dimension)
        gridHeight = map.shape[0]
        gridWidth = map.shape[1]
        for cell in 0..<gridHeight * gridWidth {
            let place = offered < capacity ? offered : generator.index(below: offered + 1)
            offered += 1
            guard place < capacity else { continue }
            count = max(count, place + 1)
            (features.pointer + place * dimension).update(from: map.pointer + cell * dimension, count: dimension)
            frames[place] = Int32(truncatingIfNeeded: frame)
            cells[place] = Int32(cell)
        }
    }

    /// A copy of the patches kept.
    public func patches() -> PatchSet {
        let kept = Tensor([count, dimension])
        kept.pointer.update(from: features.pointer, count: count * dimension)
        return PatchSet(
            features: kept, frames: Array(frames[0..<count]), cells: Array(cells[0..<count]), gridWidth: gridWidth,
            gridHeight: gridHeight)
    }
}
