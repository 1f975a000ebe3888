internal import ModelFiles
package import Tensors

/// What a camera's cells usually look like: the mean patch feature of every cell over the learning time.
///
/// A camera stands still, so a patch is described by its feature and by how it differs from the usual one at its place.
/// PixOOD then sees a suitcase on the paving as a difference that nobody walking by ever made, although parts of it look
/// like parts of people.
package struct Background: Sendable {
    /// `[rows, columns, D]`
    package let mean: Tensor
    /// `[rows, columns]`: the most lingering surprise that each cell showed in held-out time. Some corners of a picture
    /// always look a little odd.
    package var lingering: Tensor

    /// Values of a described patch, for features of `width` values.
    package static func describedWidth(_ width: Int) -> Int { 2 * width }

    var rows: Int { mean.shape[0] }
    var columns: Int { mean.shape[1] }
    var width: Int { mean.shape[2] }

    /// Writes feature and difference, `[2 D]`, for the patch of `cell` (row-major in a grid of this one's size).
    package func describe(_ feature: UnsafePointer<Float>, cell: Int, into described: UnsafeMutablePointer<Float>) {
        let usual = mean.pointer + cell * width
        for index in 0..<width {
            described[index] = feature[index]
            described[width + index] = feature[index] - usual[index]
        }
    }

    /// All patches of a frame, `[rows, columns, 2 D]`, borrowed from the workspace. A grid of another size, after the
    /// camera's resolution changed, is compared with the nearest cells.
    package func describe(_ patches: Tensor, workspace: Workspace) -> Tensor {
        let (height, wide) = (patches.shape[0], patches.shape[1])
        let described = workspace.borrow([height, wide, Self.describedWidth(width)])
        for row in 0..<height {
            for column in 0..<wide {
                let cell = row * rows / height * columns + column * columns / wide
                let place = row * wide + column
                describe(
                    patches.pointer + place * width, cell: cell, into: described.pointer + place * 2 * width)
            }
        }
        return described
    }

    /// Squared distance of every patch `[rows, columns, D]` from the usual one, row-major in the patches' own grid.
    package func novelty(of patches: Tensor) -> [Float] {
        let (height, wide) = (patches.shape[0], patches.shape[1])
        return [Float](unsafeUninitializedCapacity: height * wide) { buffer, count in
            for place in 0..<height * wide {
                let cell = (place / wide) * rows / height * columns + (place % wide) * columns / wide
                let (usual, patch) = (mean.pointer + cell * width, patches.pointer + place * width)
                var sum: Float = 0
                for index in 0..<width {
                    let difference = patch[index] - usual[index]
                    sum += difference * difference
                }
                buffer[place] = sum
            }
            count = height * wide
        }
    }

    func write(to path: String) throws(ModelFileError) {
        var writer = SafetensorsWriter()
        writer.add("background.mean", mean)
        writer.add("background.lingering", lingering)
        try writer.write(to: path)
    }

    /// A copy whose tensors are its own.
    func copy() -> Background {
        var copy = Background(mean: Tensor(mean.shape, mean.elements))
        copy.lingering = Tensor(lingering.shape, lingering.elements)
        return copy
    }

    package init(mean: Tensor) {
        self.mean = mean
        lingering = Tensor([mean.shape[0], mean.shape[1]], repeating: 0)
    }

    /// By how much what stays in each cell is more surprising than ever before there; 0 and up. Row-major, in a grid of
    /// `width` columns that covers the same picture.
    package func excess(_ lingering: [Float], width: Int) -> [Float] {
        let height = lingering.count / width
        return lingering.indices.map { place in
            let cell = (place / width) * rows / height * columns + (place % width) * columns / width
            return max(0, lingering[place] - self.lingering[cell])
        }
    }

    /// Takes note of lingering surprise in normal time, for each cell and its neighbours: what stands there may sway.
    package mutating func accept(_ lingering: [Float]) {
        precondition(lingering.count == self.lingering.count)
        let known = Tensor(self.lingering.shape, self.lingering.elements)
        for row in 0..<rows {
            for column in 0..<columns {
                let value = lingering[row * columns + column]
                for y in max(0, row - 1)...min(rows - 1, row + 1) {
                    for x in max(0, column - 1)...min(columns - 1, column + 1) {
                        known[y * columns + x] = max(known[y * columns + x], value)
                    }
                }
            }
        }
        self.lingering = known
    }

    /// - Throws: `ModelFileError` when the tensor is missing, not finite, or not three-dimensional.
    init(_ source: any TensorSource) throws(ModelFileError) {
        mean = try source.parameter("background.mean")
        guard mean.shape.rank == 3, mean.count > 0 else {
            throw ModelFileError(.wrongShape, "\(source.origin): background.mean is no grid of features")
        }
        lingering = try source.parameter("background.lingering", shape: [mean.shape[0], mean.shape[1]])
    }
}
