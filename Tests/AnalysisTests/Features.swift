import Basics
import ModelFiles
import Tensors
import TestSupport

/// Made-up features.
enum Features {
    /// Values in [0, 1).
    static func random(_ shape: Shape, using random: inout SeededGenerator) -> Tensor {
        let tensor = Tensor(shape)
        for index in 0..<tensor.count { tensor[index] = Float(random.uniform()) }
        return tensor
    }
}

extension SafetensorsWriter {
    /// What the writer holds, as it comes back from disk.
    func reread(in folder: TemporaryFolder) throws -> SafetensorsFile {
        let path = folder.file("reread.safetensors")
        try write(to: path)
        return try SafetensorsFile(path: path)
    }
}
