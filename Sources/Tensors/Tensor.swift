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

    /// Contents are undefined until written.
    public convenience init(_ shape: Shape) { self.init(shape, capacity: max(1, shape.count)) }

    /// Memory for `capacity` elements, at least the shape's.
    init(_ shape: Shape, capacity: Int) {
        precondition(shape.count <= capacity)
        self.shape = shape
        self.capacity = capacity
        let raw = UnsafeMutableRawPointer.allocate(byteCount: capacity * 4, alignment: 64)
        pointer = raw.bindMemory(to: Float.self, capacity: capacity)
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

    deinit { UnsafeMutableRawPointer(pointer).deallocate() }

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
