internal import FoundationEssentials

/// What the head of a safetensors file says, checked: extents, types, offsets inside the file and without overlap.
struct SafetensorsHeader: Sendable {
    struct Entry: Sendable {
        let type: ElementType
        let extents: [Int]
        /// Bytes, counted from `dataStart`.
        let range: Range<Int>
    }

    let entries: [String: Entry]
    let metadata: [String: String]
    let dataStart: Int

    /// - Parameter file: the whole file, at least 8 bytes.
    init(_ file: UnsafeRawBufferPointer, origin: String) throws(ModelFileError) {
        let length = UInt64(littleEndian: file.loadUnaligned(as: UInt64.self))
        guard length >= 2, length <= Self.longest else {
            throw ModelFileError(.notAModel, "\(origin): not a safetensors file (header length \(length))")
        }
        dataStart = 8 + Int(length)
        guard dataStart <= file.count else {
            throw ModelFileError(
                .truncated, "\(origin): truncated: the header needs \(length) bytes, the file has \(file.count)")
        }
        var entries: [String: Entry] = [:]
        var metadata: [String: String] = [:]
        for (name, item) in try Self.decode(UnsafeRawBufferPointer(rebasing: file[8..<dataStart]), origin: origin) {
            switch item {
            case .metadata(let values):
                guard name == "__metadata__" else {
                    throw ModelFileError(
                        .badHeader, "\(origin): tensor \(name) has no type, shape and offsets in the header")
                }
                metadata = values
            case .tensor(let type, let extents, let offsets):
                entries[name] = try Self.entry(
                    name, type: type, extents: extents, offsets: offsets, available: file.count - dataStart,
                    origin: origin)
            }
        }
        try Self.checkNoOverlap(entries, origin: origin)
        self.entries = entries
        self.metadata = metadata
    }

    private static func decode(
        _ json: UnsafeRawBufferPointer, origin: String
    ) throws(ModelFileError) -> [String: HeaderItem] {
        do {
            return try JSONDecoder().decode([String: HeaderItem].self, from: Data(json))
        } catch DecodingError.dataCorrupted(let context) where context.codingPath.isEmpty {
            throw ModelFileError(.badHeader, "\(origin): not a safetensors file (the header is not the expected JSON)")
        } catch let error as DecodingError {
            throw ModelFileError(
                .badHeader, "\(origin): tensor \(error.firstKey) is not described as type, shape and offsets")
        } catch {
            throw ModelFileError(.badHeader, "\(origin): not a safetensors file (the header is not the expected JSON)")
        }
    }

    private static func entry(
        _ name: String, type: String, extents: [Int], offsets: [Int], available: Int, origin: String
    ) throws(ModelFileError) -> Entry {
        guard let type = ElementType(rawValue: type) else {
            throw ModelFileError(.wrongType, "\(origin): tensor \(name) has the unknown type \(type)")
        }
        var bytes = type.byteCount
        for extent in extents {
            let (product, overflow) = bytes.multipliedReportingOverflow(by: extent)
            guard extent >= 0, !overflow else {
                throw ModelFileError(.badHeader, "\(origin): tensor \(name) has the impossible shape \(extents)")
            }
            bytes = product
        }
        guard offsets.count == 2, offsets[0] >= 0, offsets[0] <= offsets[1], offsets[1] - offsets[0] == bytes else {
            throw ModelFileError(
                .badHeader,
                "\(origin): tensor \(name): offsets \(offsets) do not fit \(type.rawValue) of shape \(extents)")
        }
        guard offsets[1] <= available else {
            throw ModelFileError(
                .truncated,
                "\(origin): truncated: tensor \(name) ends at byte \(offsets[1]) of the data, the file has \(available)"
            )
        }
        return Entry(type: type, extents: extents, range: offsets[0]..<offsets[1])
    }

    private static func checkNoOverlap(_ entries: [String: Entry], origin: String) throws(ModelFileError) {
        let ordered = entries.filter { !$0.value.range.isEmpty }
            .sorted { ($0.value.range.lowerBound, $0.key) < ($1.value.range.lowerBound, $1.key) }
        for (left, right) in zip(ordered, ordered.dropFirst())
        where left.value.range.upperBound > right.value.range.lowerBound {
            throw ModelFileError(.badHeader, "\(origin): tensors \(left.key) and \(right.key) overlap")
        }
    }

    /// Room for more than ten thousand tensors; decoding takes a multiple of the header's length in memory.
    private static let longest: UInt64 = 2_000_000
}

/// One value of the header's JSON object: the free metadata or a tensor's description.
private enum HeaderItem: Decodable {
    case metadata([String: String])
    case tensor(type: String, extents: [Int], offsets: [Int])

    private enum Key: String, CodingKey {
        case type = "dtype"
        case extents = "shape"
        case offsets = "data_offsets"
    }

    init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: Key.self)
        if container.contains(.offsets) || container.contains(.extents) {
            self = .tensor(
                type: try container.decode(String.self, forKey: .type),
                extents: try container.decode([Int].self, forKey: .extents),
                offsets: try container.decode([Int].self, forKey: .offsets))
        } else {
            self = .metadata(try decoder.singleValueContainer().decode([String: String].self))
        }
    }
}

extension DecodingError {
    fileprivate var firstKey: String {
        let path =
            switch self {
            case .typeMismatch(_, let context), .valueNotFound(_, let context), .keyNotFound(_, let context),
                .dataCorrupted(let context):
                context.codingPath
            @unknown default: [any CodingKey]()
            }
        return path.first?.stringValue ?? "?"
    }
}
