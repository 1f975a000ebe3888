internal import CKernels
public import FoundationEssentials
internal import Glibc
public import Tensors

/// Collects tensors and writes them as one safetensors file, replacing an older one atomically.
public struct SafetensorsWriter {
    /// How a tensor's numbers are stored.
    public enum Precision: String, Sendable {
        case single = "F32"
        case half = "F16"
    }

    private var entries: [String: SafetensorsEntry] = [:]
    private var payload = Data()
    public var metadata: [String: String] = [:]

    public init() {}

    /// Half precision rounds to nearest even; values beyond 65504 become infinite, which readers of parameters refuse.
    public mutating func add(_ name: String, _ tensor: Tensor, precision: Precision = .single) {
        switch precision {
        case .single:
            append(name, type: "F32", extents: tensor.shape.array, bytes: UnsafeRawBufferPointer(tensor.elements))
        case .half:
            var halves = [UInt16](repeating: 0, count: tensor.count)
            ck_float_to_half(tensor.pointer, &halves, tensor.count)
            halves.withUnsafeBytes { append(name, type: "F16", extents: tensor.shape.array, bytes: $0) }
        }
    }

    public mutating func add(_ name: String, doubles: [Double], extents: [Int]? = nil) {
        doubles.withUnsafeBytes { append(name, type: "F64", extents: extents ?? [doubles.count], bytes: $0) }
    }

    public mutating func add(_ name: String, integers: [Int64], extents: [Int]? = nil) {
        integers.withUnsafeBytes { append(name, type: "I64", extents: extents ?? [integers.count], bytes: $0) }
    }

    private mutating func append(_ name: String, type: String, extents: [Int], bytes: UnsafeRawBufferPointer) {
        precondition(entries[name] == nil, "tensor \(name) added twice")
        entries[name] = SafetensorsEntry(
            type: type, extents: extents, offsets: [payload.count, payload.count + bytes.count])
        payload.append(contentsOf: bytes)
    }

    /// The file's bytes.
    public func serialized() -> Data {
        var file = SafetensorsEntry.header(entries, metadata: metadata)
        file.append(payload)
        return file
    }

    /// Writes to a temporary file beside `path`, syncs it, and renames it over `path`.
    /// - Throws: `ModelFileError.Code.unwritable`.
    public func write(to path: String) throws(ModelFileError) {
        try AtomicFile.write(serialized(), to: path)
    }
}
