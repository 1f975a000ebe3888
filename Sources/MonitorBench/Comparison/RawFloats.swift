import FoundationEssentials
import Tensors

/// Files of single-precision numbers and nothing else, as the comparison's contenders exchange them.
enum RawFloats {
    /// - Throws: when the file cannot be read or does not hold as many numbers as `shape`.
    static func read(_ path: String, shape: Shape) throws -> Tensor {
        let data = try Data(contentsOf: URL(filePath: path))
        guard data.count == shape.count * MemoryLayout<Float>.stride else {
            throw ContenderError("\(path): \(data.count) bytes do not make an input of shape \(shape)")
        }
        let tensor = Tensor(shape)
        data.withUnsafeBytes { UnsafeMutableRawBufferPointer(tensor.elements).copyMemory(from: $0) }
        return tensor
    }

    /// The tensors one after the other.
    static func write(_ tensors: [Tensor], to path: String) throws {
        var data = Data()
        for tensor in tensors { data.append(contentsOf: UnsafeRawBufferPointer(tensor.elements)) }
        try data.write(to: URL(filePath: path))
    }

    /// `[rows, columns]` turned into `[columns, rows]`: channels-last to planes and back.
    static func transposed(_ matrix: Tensor, rows: Int, columns: Int) -> Tensor {
        let result = Tensor([columns, rows])
        for row in 0..<rows {
            for column in 0..<columns {
                result.pointer[column * rows + row] = matrix.pointer[row * columns + column]
            }
        }
        return result
    }
}

/// What a contender was asked for and cannot do.
struct ContenderError: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) { self.description = description }
}
