internal import CKernels
internal import FoundationEssentials
internal import Glibc
public import Tensors

/// A safetensors file, mapped into memory: an 8-byte little-endian header length, a JSON header, raw little-endian data.
///
/// The header is checked completely when the file is opened: extents, types, offsets inside the file and without
/// overlap. `@unchecked Sendable`: the mapping is read-only.
public final class SafetensorsFile: TensorSource, @unchecked Sendable {
    struct Entry: Sendable {
        let type: String
        let extents: [Int]
        let range: Range<Int>
    }

    public let origin: String
    public let metadata: [String: String]
    private let entries: [String: Entry]
    private let mapping: UnsafeRawBufferPointer
    private let dataStart: Int

    /// - Throws: `ModelFileError` (`unreadable`, `notAModel`, `truncated`, `badHeader`).
    public init(path: String) throws(ModelFileError) {
        origin = path
        let mapped = try Self.map(path)
        do {
            (entries, metadata, dataStart) = try Self.parse(mapped, origin: path)
        } catch {
            munmap(UnsafeMutableRawPointer(mutating: mapped.baseAddress), mapped.count)
            throw error
        }
        mapping = mapped
    }

    deinit { munmap(UnsafeMutableRawPointer(mutating: mapping.baseAddress), mapping.count) }

    public var names: [String] { entries.keys.sorted() }

    public func extents(of name: String) -> [Int]? { entries[name]?.extents }

    public func tensor(_ name: String) throws(ModelFileError) -> Tensor {
        let entry = try entry(name)
        guard entry.extents.count <= 4 else {
            throw ModelFileError(.wrongShape, "\(origin): tensor \(name) has \(entry.extents.count) dimensions, at most 4")
        }
        let tensor = Tensor(Shape(entry.extents))
        let bytes = UnsafeRawBufferPointer(rebasing: mapping[dataStart + entry.range.lowerBound..<dataStart + entry.range.upperBound])
        switch entry.type {
        case "F32":
            UnsafeMutableRawBufferPointer(tensor.elements).copyMemory(from: bytes)
        case "F16":
            if let start = bytes.baseAddress { ck_half_to_float(start, tensor.pointer, tensor.count) }
        case "F64":
            for index in 0..<tensor.count {
                tensor.pointer[index] = Float(bytes.loadUnaligned(fromByteOffset: 8 * index, as: Double.self))
            }
        default:
            throw ModelFileError(
                .wrongType, "\(origin): tensor \(name) has type \(entry.type), expected a floating-point type")
        }
        return tensor
    }

    public func integers(_ name: String) throws(ModelFileError) -> [Int64] {
        let entry = try entry(name)
        let bytes = UnsafeRawBufferPointer(rebasing: mapping[dataStart + entry.range.lowerBound..<dataStart + entry.range.upperBound])
        let count = entry.extents.reduce(1, *)
        return switch entry.type {
        case "I64": (0..<count).map { bytes.loadUnaligned(fromByteOffset: 8 * $0, as: Int64.self) }
        case "I32": (0..<count).map { Int64(bytes.loadUnaligned(fromByteOffset: 4 * $0, as: Int32.self)) }
        case "U8", "BOOL": bytes.map { Int64($0) }
        default:
            throw ModelFileError(.wrongType, "\(origin): tensor \(name) has type \(entry.type), expected an integer type")
        }
    }

    /// A tensor of any floating-point type in double precision.
    /// - Throws: `ModelFileError` when it is missing or not of a floating-point type.
    public func doubles(_ name: String) throws(ModelFileError) -> [Double] {
        let entry = try entry(name)
        guard entry.type == "F64" else { return try tensor(name).array.map(Double.init) }
        let start = dataStart + entry.range.lowerBound
        return (0..<entry.extents.reduce(1, *)).map {
            mapping.loadUnaligned(fromByteOffset: start + 8 * $0, as: Double.self)
        }
    }

    private func entry(_ name: String) throws(ModelFileError) -> Entry {
        guard let entry = entries[name] else {
            throw ModelFileError(.missingTensor, "\(origin): tensor \(name) is missing; the file does not hold this model")
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

    private static func parse(
        _ file: UnsafeRawBufferPointer, origin: String
    ) throws(ModelFileError) -> ([String: Entry], [String: String], Int) {
        let headerLength = UInt64(littleEndian: file.loadUnaligned(as: UInt64.self))
        guard headerLength >= 2, headerLength <= 100_000_000 else {
            throw ModelFileError(.notAModel, "\(origin): not a safetensors file (header length \(headerLength))")
        }
        guard 8 + Int(headerLength) <= file.count else {
            throw ModelFileError(
                .truncated, "\(origin): truncated: the header needs \(headerLength) bytes, the file has \(file.count)")
        }
        let dataStart = 8 + Int(headerLength)
        let json = Data(UnsafeRawBufferPointer(rebasing: file[8..<dataStart]))
        let header: [String: SafetensorsHeaderValue]
        do {
            header = try JSONDecoder().decode([String: SafetensorsHeaderValue].self, from: json)
        } catch {
            throw ModelFileError(.badHeader, "\(origin): not a safetensors file (the header is not the expected JSON)")
        }
        var entries: [String: Entry] = [:]
        var metadata: [String: String] = [:]
        for (name, value) in header {
            switch value {
            case .metadata(let values):
                guard name == "__metadata__" else {
                    throw ModelFileError(.badHeader, "\(origin): header of tensor \(name) has no type, shape and offsets")
                }
                metadata = values
            case .tensor(let type, let extents, let offsets):
                entries[name] = try entry(
                    name, type: type, extents: extents, offsets: offsets, available: file.count - dataStart, origin: origin)
            }
        }
        try checkNoOverlap(entries, origin: origin)
        return (entries, metadata, dataStart)
    }

    private static func entry(
        _ name: String, type: String, extents: [Int], offsets: [Int], available: Int, origin: String
    ) throws(ModelFileError) -> Entry {
        guard let size = byteSizes[type] else {
            throw ModelFileError(.wrongType, "\(origin): tensor \(name) has the unknown type \(type)")
        }
        var bytes = size
        for extent in extents {
            let (product, overflow) = bytes.multipliedReportingOverflow(by: extent)
            guard extent >= 0, !overflow else {
                throw ModelFileError(.badHeader, "\(origin): tensor \(name) has the impossible shape \(extents)")
            }
            bytes = product
        }
        guard offsets.count == 2, offsets[0] >= 0, offsets[0] <= offsets[1], offsets[1] - offsets[0] == bytes else {
            throw ModelFileError(
                .badHeader, "\(origin): tensor \(name): offsets \(offsets) do not fit \(type) of shape \(extents)")
        }
        guard offsets[1] <= available else {
            throw ModelFileError(
                .truncated,
                "\(origin): truncated: tensor \(name) ends at byte \(offsets[1]) of the data, the file has \(available)")
        }
        return Entry(type: type, extents: extents, range: offsets[0]..<offsets[1])
    }

    private static func checkNoOverlap(_ entries: [String: Entry], origin: String) throws(ModelFileError) {
        let ordered = entries.filter { !$0.value.range.isEmpty }.sorted { $0.value.range.lowerBound < $1.value.range.lowerBound }
        for (left, right) in zip(ordered, ordered.dropFirst()) where left.value.range.upperBound > right.value.range.lowerBound {
            throw ModelFileError(.badHeader, "\(origin): tensors \(left.key) and \(right.key) overlap")
        }
    }

    private static let byteSizes = [
        "F64": 8, "F32": 4, "F16": 2, "BF16": 2, "I64": 8, "I32": 4, "I16": 2, "I8": 1, "U8": 1, "BOOL": 1, "U16": 2,
        "U32": 4, "U64": 8,
    ]
}

/// One value of the header's JSON object: the free metadata or a tensor's description.
private enum SafetensorsHeaderValue: Decodable {
    case metadata([String: String])
    case tensor(type: String, extents: [Int], offsets: [Int])

    private enum Key: String, CodingKey {
        case type = "dtype"
        case extents = "shape"
        case offsets = "data_offsets"
    }

    init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: Key.self)
        if let type = try? container.decode(String.self, forKey: .type), container.contains(.offsets) {
            self = .tensor(
                type: type, extents: try container.decode([Int].self, forKey: .extents),
                offsets: try container.decode([Int].self, forKey: .offsets))
        } else {
            self = .metadata(try decoder.singleValueContainer().decode([String: String].self))
        }
    }
}
