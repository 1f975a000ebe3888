internal import CKernels
internal import Tensors

/// How a file stores a tensor's numbers, little-endian; the raw values are safetensors' names.
enum ElementType: String, Sendable {
    case double = "F64"
    case single = "F32"
    case half = "F16"
    case brain = "BF16"
    case int64 = "I64"
    case int32 = "I32"
    case int16 = "I16"
    case int8 = "I8"
    case uint64 = "U64"
    case uint32 = "U32"
    case uint16 = "U16"
    case uint8 = "U8"
    case bool = "BOOL"

    var byteCount: Int {
        switch self {
        case .double, .int64, .uint64: 8
        case .single, .int32, .uint32: 4
        case .half, .brain, .int16, .uint16: 2
        case .int8, .uint8, .bool: 1
        }
    }

    /// The numbers as a tensor; nil for integer types. `bytes` need no alignment and hold as many elements as `shape`.
    func tensor(_ bytes: UnsafeRawBufferPointer, shape: Shape) -> Tensor? {
        guard [.double, .single, .half, .brain].contains(self) else { return nil }
        let tensor = Tensor(shape)
        precondition(bytes.count == tensor.count * byteCount)
        guard let start = bytes.baseAddress, tensor.count > 0 else { return tensor }
        switch self {
        case .half: ck_half_to_float(start, tensor.pointer, tensor.count)
        case .brain: ck_bfloat_to_float(start, tensor.pointer, tensor.count)
        case .double: ck_double_to_float(start, tensor.pointer, tensor.count)
        default: UnsafeMutableRawPointer(tensor.pointer).copyMemory(from: start, byteCount: bytes.count)
        }
        return tensor
    }

    /// The numbers of a signed integer type, of bytes or truth values; nil for the other types.
    func integers(_ bytes: UnsafeRawBufferPointer) -> [Int64]? {
        func values<T: FixedWidthInteger>(_: T.Type) -> [Int64] {
            (0..<bytes.count / byteCount).map {
                Int64(T(littleEndian: bytes.loadUnaligned(fromByteOffset: byteCount * $0, as: T.self)))
            }
        }
        return switch self {
        case .int64: values(Int64.self)
        case .int32: values(Int32.self)
        case .int16: values(Int16.self)
        case .int8: values(Int8.self)
        case .uint8, .bool: values(UInt8.self)
        default: nil
        }
    }
}
