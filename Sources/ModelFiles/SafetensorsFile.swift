internal import CKernels
internal import Glibc
public import Tensors

/// A safetensors file, mapped into memory: an 8-byte little-endian header length, a JSON header, raw little-endian data.
///
/// The header is checked completely when the file is opened. Files are replaced by renaming, never written in place, so
/// that a mapping stays valid. `@unchecked Sendable`: the mapping is read-only.
public final class SafetensorsFile: TensorSource, @unchecked Sendable {
    public let origin: String
    private let header: SafetensorsHeader
    private let mapping: UnsafeRawBufferPointer

    /// - Throws: `ModelFileError` (`unreadable`, `notAModel`, `truncated`, `badHeader`, `wrongType`).
    public init(path: String) throws(ModelFileError) {
        origin = path
        let mapped = try Self.map(path)
        do {
            header = try SafetensorsHeader(mapped, origin: path)
        } catch {
            munmap(UnsafeMutableRawPointer(mutating: mapped.baseAddress), mapped.count)
            throw error
        }
        mapping = mapped
    }

    deinit { munmap(UnsafeMutableRawPointer(mutating: mapping.baseAddress), mapping.count) }

    public var metadata: [String: String] { header.metadata }

    public var names: [String] { header.entries.keys.sorted() }

    public func extents(of name: String) -> [Int]? { header.entries[name]?.extents }

    public func tensor(_ name: String) throws(ModelFileError) -> Tensor {
        let entry = try entry(name)
        guard entry.extents.count <= 4 else {
            throw ModelFileError(
                .wrongShape, "\(origin): tensor \(name) has \(entry.extents.count) dimensions, at most 4")
        }
        let tensor = Tensor(Shape(entry.extents))
        guard let start = bytes(of: entry).baseAddress else { return tensor }
        switch entry.type {
        case "F32": UnsafeMutableRawPointer(tensor.pointer).copyMemory(from: start, byteCount: 4 * tensor.count)
        case "F16": ck_half_to_float(start, tensor.pointer, tensor.count)
        case "BF16": ck_bfloat_to_float(start, tensor.pointer, tensor.count)
        case "F64": ck_double_to_float(start, tensor.pointer, tensor.count)
        default:
            throw ModelFileError(
                .wrongType, "\(origin): tensor \(name) has type \(entry.type), expected a floating-point type")
        }
        return tensor
    }

    public func integers(_ name: String) throws(ModelFileError) -> [Int64] {
        let entry = try entry(name)
        let bytes = bytes(of: entry)
        let count = entry.extents.reduce(1, *)
        return switch entry.type {
        case "I64": (0..<count).map { bytes.loadUnaligned(fromByteOffset: 8 * $0, as: Int64.self) }
        case "I32": (0..<count).map { Int64(bytes.loadUnaligned(fromByteOffset: 4 * $0, as: Int32.self)) }
        case "U8", "BOOL": bytes.map { Int64($0) }
        default:
            throw ModelFileError(
                .wrongType, "\(origin): tensor \(name) has type \(entry.type), expected an integer type")
        }
    }

    /// A tensor of any floating-point type in double precision.
    /// - Throws: `ModelFileError` when it is missing or not of a floating-point type.
    public func doubles(_ name: String) throws(ModelFileError) -> [Double] {
        let entry = try entry(name)
        guard entry.type == "F64" else { return try tensor(name).array.map(Double.init) }
        let bytes = bytes(of: entry)
        return (0..<entry.extents.reduce(1, *)).map { bytes.loadUnaligned(fromByteOffset: 8 * $0, as: Double.self) }
    }

    private func bytes(of entry: SafetensorsHeader.Entry) -> UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(
            rebasing: mapping[entry.range.lowerBound + header.dataStart..<entry.range.upperBound + header.dataStart])
    }

    private func entry(_ name: String) throws(ModelFileError) -> SafetensorsHeader.Entry {
        guard let entry = header.entries[name] else {
            throw ModelFileError(
                .missingTensor, "\(origin): tensor \(name) is missing; the file does not hold this model")
        }
        return entry
    }

    private static func map(_ path: String) throws(ModelFileError) -> UnsafeRawBufferPointer {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else {
            throw ModelFileError(.unreadable, "\(path): cannot open: \(String(cString: strerror(errno)))")
        }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            throw ModelFileError(.unreadable, "\(path): not a regular file")
        }
        guard status.st_size >= 8 else {
            throw ModelFileError(.truncated, "\(path): \(status.st_size) bytes are too few for a safetensors file")
        }
        let start = mmap(nil, Int(status.st_size), PROT_READ, MAP_PRIVATE, descriptor, 0)
        guard let start, start != MAP_FAILED else {
            throw ModelFileError(.unreadable, "\(path): cannot map: \(String(cString: strerror(errno)))")
        }
        return UnsafeRawBufferPointer(start: start, count: Int(status.st_size))
    }
}
