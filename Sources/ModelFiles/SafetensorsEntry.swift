internal import FoundationEssentials

/// A tensor as a safetensors header describes it.
struct SafetensorsEntry: Encodable {
    let type: String
    let extents: [Int]
    /// Begin and end, counted from the end of the header.
    let offsets: [Int]

    private enum CodingKeys: String, CodingKey {
        case type = "dtype"
        case extents = "shape"
        case offsets = "data_offsets"
    }

    /// Everything in front of the numbers: the header's length and the header, padded to a multiple of 8 bytes.
    static func header(_ entries: [String: SafetensorsEntry], metadata: [String: String]) -> Data {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        var parts: [String] = []
        // Encoding strings, integers and dictionaries of them cannot fail.
        func json(_ value: some Encodable) -> String {
            (try? encoder.encode(value)).map { String(decoding: $0, as: UTF8.self) } ?? "null"
        }
        if !metadata.isEmpty { parts.append("\"__metadata__\":" + json(metadata)) }
        for (name, entry) in entries.sorted(by: { $0.key < $1.key }) { parts.append(json(name) + ":" + json(entry)) }
        var header = Data(("{" + parts.joined(separator: ",") + "}").utf8)
        while header.count % 8 != 0 { header.append(0x20) }
        return withUnsafeBytes(of: UInt64(header.count).littleEndian) { Data($0) } + header
    }
}
