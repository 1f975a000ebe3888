package import Basics
package import ModelFiles
package import Tensors

/// A uniform sample of bounded size from a stream of feature rows of unknown length (Vitter's algorithm R).
package struct Reservoir {
    package let width: Int
    package let capacity: Int
    /// Rows offered so far.
    package private(set) var offered: Int
    package private(set) var count: Int
    private let rows: Tensor
    /// The frame each kept row came from.
    package private(set) var frames: [Int64]
    /// The cell of the frame's grid each kept row came from, where rows are patches.
    package private(set) var cells: [Int64]

    package init(width: Int, capacity: Int) {
        self.width = width
        self.capacity = capacity
        offered = 0
        count = 0
        rows = Tensor([capacity, width])
        frames = []
        cells = []
    }

    package mutating func offer(
        _ row: UnsafePointer<Float>, frame: Int64, cell: Int64, using random: inout SeededGenerator
    ) {
        offered += 1
        if count < capacity {
            rows.row(count).update(from: row, count: width)
            frames.append(frame)
            cells.append(cell)
            count += 1
        } else {
            let slot = random.index(below: offered)
            guard slot < capacity else { return }
            rows.row(slot).update(from: row, count: width)
            frames[slot] = frame
            cells[slot] = cell
        }
    }

    /// A copy of the kept rows, `[count, width]`.
    package func tensor() -> Tensor {
        let copy = Tensor([count, width])
        copy.pointer.update(from: rows.pointer, count: count * width)
        return copy
    }

    /// A copy of the kept rows, earliest frames first, and the frame of each.
    package func inTimeOrder() -> (rows: Tensor, frames: [Int64]) {
        let order = frames.indices.sorted { (frames[$0], $0) < (frames[$1], $1) }
        let copy = Tensor([count, width])
        for (place, row) in order.enumerated() { copy.row(place).update(from: rows.row(row), count: width) }
        return (copy, order.map { frames[$0] })
    }

    package func write(to writer: inout SafetensorsWriter, _ name: String) {
        writer.add("\(name).rows", tensor())
        writer.add("\(name).frames", integers: frames)
        writer.add("\(name).cells", integers: cells)
        writer.add("\(name).offered", integers: [Int64(offered)])
    }

    package init(_ source: any TensorSource, _ name: String, width: Int, capacity: Int) throws(ModelFileError) {
        self.init(width: width, capacity: capacity)
        let stored = try source.tensor("\(name).rows")
        let storedFrames = try source.integers("\(name).frames")
        let storedCells = try source.integers("\(name).cells")
        let storedOffered = try source.integers("\(name).offered")
        guard stored.shape.rank == 2, stored.shape[1] == width, stored.shape[0] <= capacity,
            storedFrames.count == stored.shape[0], storedCells.count == storedFrames.count, storedOffered.count == 1,
            storedOffered[0] >= storedFrames.count
        else {
            throw ModelFileError(.wrongShape, "\(source.origin): \(name) does not fit this model; start learning anew")
        }
        rows.pointer.update(from: stored.pointer, count: stored.count)
        frames = storedFrames
        cells = storedCells
        count = storedFrames.count
        offered = Int(storedOffered[0])
    }
}
