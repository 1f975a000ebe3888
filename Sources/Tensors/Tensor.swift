import Glibc

/// Single-precision numbers in row-major order, 64-byte aligned, owned by this object.
///
/// `@unchecked Sendable`: weights are written once at load and only read afterwards; an activation belongs to the one
/// frame being analysed, whose parallel loops write disjoint rows.
public final class Tensor: @unchecked Sendable {
    public private(set) var shape: Shape
    /// Elements that fit; `shape.count` never exceeds it.
    public let capacity: Int
    /// The first element; valid as long as the tensor lives: keep a reference, never write `makeTensor().pointer`.
    public let pointer: UnsafeMutablePointer<Float>

    /// Whose memory it is.
    private enum Ownership {
        case heap
        /// Mapped by `LargeMemory`, this many bytes.
        case mapped(Int)
        /// Part of something that must live as long.
        case part(of: AnyObject)
    }
    private let ownership: Ownership

    /// Contents are undefined until written.
    public convenience init(_ shape: Shape) { self.init(shape, capacity: max(1, shape.count)) }

    /// Memory for `capacity` elements, at least the shape's.
    init(_ shape: Shape, capacity: Int) {
        precondition(shape.count <= capacity)
        self.shape = shape
        self.capacity = capacity
        let bytes = capacity * 4
        let raw: UnsafeMutableRawPointer
        if bytes >= LargeMemory.smallest {
            raw = LargeMemory.allocate(bytes)
            ownership = .mapped(bytes)
        } else {
            raw = UnsafeMutableRawPointer.allocate(byteCount: bytes, alignment: 64)
            ownership = .heap
        }
        pointer = raw.bindMemory(to: Float.self, capacity: capacity)
    }

    /// A tensor in the memory of `owner`, which it keeps alive.
    init(_ shape: Shape, at start: UnsafeMutableRawPointer, of owner: AnyObject) {
        self.shape = shape
        capacity = shape.count
        pointer = start.bindMemory(to: Float.self, capacity: capacity)
        ownership = .part(of: owner)
    }

    /// Copies `values`, whose count must equal the shape's.
    public convenience init(_ shape: Shape, _ values: some Collection<Float>) {
        precondition(values.count == shape.count)
        self.init(shape)
        _ = elements.initialize(fromContentsOf: values)
    }

    /// All elements equal.
    public convenience init(_ shape: Shape, repeating value: Float) {
        self.init(shape)
        elements.update(repeating: value)
    }

    deinit {
        switch ownership {
        case .heap: UnsafeMutableRawPointer(pointer).deallocate()
        case .mapped(let bytes): LargeMemory.free(UnsafeMutableRawPointer(pointer), bytes)
        case .part: break
        }
    }

    public var count: Int { shape.count }

    /// The elements as a buffer; valid as long as the tensor lives.
    public var elements: UnsafeMutableBufferPointer<Float> { UnsafeMutableBufferPointer(start: pointer, count: count) }

    /// One element by its place in memory; for small tensors and tests, hot loops belong in kernels.
    public subscript(index: Int) -> Float {
        get {
            precondition(index >= 0 && index < count)
            return pointer[index]
        }
        set {
            precondition(index >= 0 && index < count)
            pointer[index] = newValue
        }
    }

    /// A copy of the elements.
    public var array: [Float] { Array(elements) }

    /// Gives the same memory another shape; its count must not exceed `capacity`.
    public func reshape(_ shape: Shape) {
        precondition(shape.count <= capacity, "shape does not fit")
        self.shape = shape
    }

    /// The first element of row `index`, where a row is everything behind the outermost dimension.
    public func row(_ index: Int) -> UnsafeMutablePointer<Float> {
        precondition(index >= 0 && index < shape[0])
        return pointer + index * (count / shape[0])
    }

    public func fill(_ value: Float) { elements.update(repeating: value) }
}
