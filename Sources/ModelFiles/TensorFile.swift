/// Opens a file of tensors of either kind.
public enum TensorFile {
    /// A PyTorch checkpoint or a safetensors file, told apart by how it begins.
    /// - Throws: `ModelFileError`: what is wrong with the file.
    public static func open(path: String) throws(ModelFileError) -> any TensorSource {
        let file = try MappedFile(path: path, kind: "a file of tensors", minimum: 8)
        if CheckpointFile.isLikely(file.bytes) { return try CheckpointFile(path: path) }
        return try SafetensorsFile(path: path)
    }
}
