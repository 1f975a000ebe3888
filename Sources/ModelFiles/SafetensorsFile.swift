public import Tensors

/// A safetensors file, mapped into memory: an 8-byte little-endian header length, a JSON header, raw little-endian data.
///
/// The header is checked completely when the file is opened. Tensors are copied out one at a time; what has been read
/// does not stay in this process's memory.
public final class SafetensorsFile: TensorSource {
    public let origin: String
    private let header: SafetensorsHeader
    private let file: MappedFile

    /// - Throws: `ModelFileError` (`unreadable`, `notAModel`, `truncated`, `badHeader`, `wrongType`).
    public init(path: String) throws(ModelFileError) {
        origin = path
        file = try MappedFile(path: path, kind: "a safetensors file", minimum: 8)
        header = try SafetensorsHeader(file.bytes, origin: path)
        file.release(0..<header.dataStart)
    }

    public var metadata: [String: String] { header.metadata }

    public var names: [String] { header.entries.keys.sorted() }

    public func extents(of name: String) -> [Int]? { header.entries[name]?.extents }

    public func tensor(_ name: String) throws(ModelFileError) -> Tensor {
        let entry = try entry(name)
        guard entry.extents.count <= 4 else {
            throw ModelFileError(
                .wrongShape, "\(origin): tensor \(name) has \(entry.extents.count) dimensions, at most 4")
        }
        let tensor = withBytes(of: entry) { entry.type.tensor($0, shape: Shape(entry.extents)) }
        guard let tensor else { throw wrongType(name, entry, expected: "a floating-point type") }
        return tensor
    }

    public func integers(_ name: String) throws(ModelFileError) -> [Int64] {
        let entry = try entry(name)
        guard let values = withBytes(of: entry, { entry.type.integers($0) }) else {
            throw wrongType(name, entry, expected: "an integer type")
        }
        return values
    }

    /// A tensor of any floating-point type in double precision.
    /// - Throws: `ModelFileError` when it is missing or not of a floating-point type.
    public func doubles(_ name: String) throws(ModelFileError) -> [Double] {
        let entry = try entry(name)
        guard entry.type == .double else { return try tensor(name).array.map(Double.init) }
        return withBytes(of: entry) { bytes in
            (0..<bytes.count / 8).map { bytes.loadUnaligned(fromByteOffset: 8 * $0, as: Double.self) }
        }
    }

    private func withBytes<Result>(
        of entry: SafetensorsHeader.Entry, _ body: (UnsafeRawBufferPointer) -> Result
    ) -> Result {
        let range = entry.range.lowerBound + header.dataStart..<entry.range.upperBound + header.dataStart
        defer { file.release(range) }
        return body(file.slice(range))
    }

    private func wrongType(_ name: String, _ entry: SafetensorsHeader.Entry, expected: String) -> ModelFileError {
        ModelFileError(
            .wrongType, "\(origin): tensor \(name) has type \(entry.type.rawValue), expected \(expected)")
    }

    private func entry(_ name: String) throws(ModelFileError) -> SafetensorsHeader.Entry {
        guard let entry = header.entries[name] else {
            throw ModelFileError(
                .missingTensor, "\(origin): tensor \(name) is missing; the file does not hold this model")
        }
        return entry
    }
}
