public import FoundationEssentials

/// Writes pickles instruction by instruction, sensible ones and others.
public struct PickleWriter {
    public private(set) var bytes = Data()

    public init(protocol version: UInt8 = 2) { raw(0x80, version) }

    public mutating func raw(_ values: UInt8...) { bytes.append(contentsOf: values) }

    public mutating func stop() { raw(0x2E) }
    public mutating func mark() { raw(0x28) }
    public mutating func reduce() { raw(0x52) }
    public mutating func none() { raw(0x4E) }
    public mutating func boolean(_ value: Bool) { raw(value ? 0x88 : 0x89) }
    public mutating func emptyTuple() { raw(0x29) }
    public mutating func emptyList() { raw(0x5D) }
    public mutating func emptyDictionary() { raw(0x7D) }
    public mutating func tuple() { raw(0x74) }
    public mutating func setItem() { raw(0x73) }
    public mutating func setItems() { raw(0x75) }
    public mutating func append() { raw(0x61) }
    public mutating func build() { raw(0x62) }
    public mutating func persistentID() { raw(0x51) }
    public mutating func duplicate() { raw(0x32) }

    public mutating func put(_ index: UInt32) {
        raw(0x72)
        number(index)
    }

    public mutating func get(_ index: UInt32) {
        raw(0x6A)
        number(index)
    }

    public mutating func integer(_ value: Int) {
        switch value {
        case 0..<256: raw(0x4B, UInt8(value))
        case 256..<65536:
            raw(0x4D)
            number(UInt16(value))
        case Int(Int32.min)...Int(Int32.max):
            raw(0x4A)
            number(Int32(value))
        default:
            raw(0x8A, 8)
            number(Int64(value))
        }
    }

    public mutating func float(_ value: Double) {
        raw(0x47)
        withUnsafeBytes(of: value.bitPattern.bigEndian) { bytes.append(contentsOf: $0) }
    }

    public mutating func text(_ value: String) { text(length: UInt32(value.utf8.count), value) }

    /// Text that claims another length than it has.
    public mutating func text(length: UInt32, _ value: String) {
        raw(0x58)
        number(length)
        bytes.append(contentsOf: value.utf8)
    }

    public mutating func global(_ module: String, _ name: String) {
        raw(0x63)
        bytes.append(contentsOf: "\(module)\n\(name)\n".utf8)
    }

    public mutating func integers(_ values: [Int]) {
        mark()
        for value in values { integer(value) }
        tuple()
    }

    /// `_rebuild_tensor_v2` of a storage, as `torch.save` writes it but without the memo.
    public mutating func tensor(
        storage: String = "FloatStorage", key: String, count: Int, offset: Int = 0, extents: [Int], strides: [Int]
    ) {
        global("torch._utils", "_rebuild_tensor_v2")
        mark()
        mark()
        text("storage")
        global("torch", storage)
        text(key)
        text("cpu")
        integer(count)
        tuple()
        persistentID()
        integer(offset)
        integers(extents)
        integers(strides)
        boolean(false)
        global("collections", "OrderedDict")
        emptyTuple()
        reduce()
        tuple()
        reduce()
    }

    private mutating func number(_ value: some FixedWidthInteger) {
        withUnsafeBytes(of: value.littleEndian) { bytes.append(contentsOf: $0) }
    }
}
