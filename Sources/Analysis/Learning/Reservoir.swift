internal import Basics
internal import ModelFiles
internal import Tensors

/// A uniform sample of bounded size from a stream of feature rows of unknown length (Vitter's algorithm R).
struct Reservoir {
    let width: Int
    let capacity: Int
    /// Rows offered so far.
    private(set) var offered: Int
    private(set) var count: Int
    private let rows: Tensor
    /// The frame each kept row came from.
    private(set) var frames: [Int64]

    init(width: Int, capacity: Int) {
        self.width = width
        self.capacity = capacity
        offered = 0
        count = 0
        rows = Tensor([capacity, width])
        frames = []
        frames.reserveCapacity(capacity)
    }

    mutating func offer(
        _ row: UnsafePointer<Float>, frame: Int64, using random: inout SeededGenerator
    ) {
        offered += 1
        if count < capacity {
            rows.row(count).update(from: row, count: width)
            frames.append(frame)
            count += 1
        } else {
            let slot = random.index(below: offered)
            guard slot < capacity else { return }
            rows.row(slot).update(from: row, count: width)
            frames[slot] = frame
        }
    }

    /// A copy of the kept rows, `[count, width]`.
    func tensor() -> Tensor {
        let copy = Tensor([count, width])
        copy.pointer.update(from: rows.pointer, count: count * width)
        return copy
    }

    func write(to writer: inout SafetensorsWriter, _ name: String) {
        writer.add("\(name).rows", tensor())
        writer.add("\(name).frames", integers: frames)
        writer.add("\(name).offered", integers: [Int64(offered)])
    }

    init(_ source: any TensorSource, _ name: String, width: Int, capacity: Int) throws(ModelFileError) {
        self.init(width: width, capacity: capacity)
        let stored = try source.tensor("\(name).rows")
        let storedFrames = try source.integers("\(name).frames")
        let storedOffered = try source.integers("\(name).offered")
        guard stored.shape.rank == 2, stored.shape[1] == width, stored.shape[0] <= capacity,
            storedFrames.count == stored.shape[0], storedOffered.count == 1, storedOffered[0] >= storedFrames.count
        else {
            throw ModelFileError(.wrongShape, "\(source.origin): \(name) does not fit this model; start learning anew")
        }
        rows.pointer.update(from: stored.pointer, count: stored.count)
        frames = storedFrames
        count = storedFrames.count
        offered = Int(storedOffered[0])
    }
}
