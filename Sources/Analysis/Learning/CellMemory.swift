internal import ModelFiles
internal import Tensors

/// A running mean of every cell's patch feature, to tell what is new in a frame from what always stands there.
///
/// A static scene shows the same patches in every frame; without this, a uniform sample of cells would hold hardly any
/// of the walkers that are just as normal.
struct CellMemory {
    /// Frames over which the mean forgets.
    private static let horizon: Float = 1000

    let cells: Int
    let width: Int
    private(set) var frames: Int
    private let mean: Tensor

    init(cells: Int, width: Int) {
        self.cells = cells
        self.width = width
        frames = 0
        mean = Tensor([cells, width], repeating: 0)
    }

    /// Writes the squared distance of every cell to its mean into `novelty` (0 for the first frame), then moves the mean.
    mutating func update(_ patches: Tensor, novelty: inout [Float]) {
        precondition(patches.count == cells * width && novelty.count == cells)
        let rate = max(1 / Float(frames + 1), 1 / Self.horizon)
        let isFirst = frames == 0
        for cell in 0..<cells {
            let row = patches.pointer + cell * width
            let average = mean.pointer + cell * width
            var sum: Float = 0
            for index in 0..<width {
                let difference = row[index] - average[index]
                sum += difference * difference
                average[index] += rate * difference
            }
            novelty[cell] = isFirst ? 0 : sum
        }
        frames += 1
    }

    /// The means as a grid.
    func background(rows: Int, columns: Int) -> Background {
        precondition(rows * columns == cells)
        return Background(mean: Tensor([rows, columns, width], mean.elements))
    }

    func write(to writer: inout SafetensorsWriter) {
        writer.add("cells.mean", mean)
        writer.add("cells.frames", integers: [Int64(frames)])
    }

    init(_ source: any TensorSource, cells: Int, width: Int) throws(ModelFileError) {
        self.init(cells: cells, width: width)
        let stored = try source.tensor("cells.mean", shape: [cells, width])
        mean.pointer.update(from: stored.pointer, count: stored.count)
        frames = Int(try source.integers("cells.frames").first ?? 0)
    }
}
