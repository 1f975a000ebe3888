internal import CKernels
public import Tensors

/// Named tensors to build a network from: a file, or values in memory.
public protocol TensorSource: Sendable {
    /// All names, sorted.
    var names: [String] { get }
    /// Where the tensors come from, for messages.
    var origin: String { get }
    /// Extents of a tensor, nil when there is none of this name.
    func extents(of name: String) -> [Int]?
    /// The tensor as single precision, converted where the file stores another floating-point type.
    /// - Throws: `ModelFileError` when it is missing, not a floating-point tensor, or has more than four dimensions.
    func tensor(_ name: String) throws(ModelFileError) -> Tensor
    /// An integer tensor's values in row-major order.
    /// - Throws: `ModelFileError` when it is missing or not of an integer type.
    func integers(_ name: String) throws(ModelFileError) -> [Int64]
}

extension TensorSource {
    public func contains(_ name: String) -> Bool { extents(of: name) != nil }

    /// The tensor, checked against an expected shape.
    public func tensor(_ name: String, shape: Shape) throws(ModelFileError) -> Tensor {
        let found = try tensor(name)
        guard found.shape == shape else {
            throw ModelFileError(
                .wrongShape, "\(origin): tensor \(name) has shape \(found.shape), expected \(shape)")
        }
        return found
    }

    /// A network's parameter: the tensor, refused when any value is NaN or infinite.
    /// - Throws: `ModelFileError` as `tensor` does, and `notFinite`.
    public func parameter(_ name: String) throws(ModelFileError) -> Tensor {
        let found = try tensor(name)
        guard ck_all_finite(found.pointer, found.count) != 0 else {
            throw ModelFileError(.notFinite, "\(origin): tensor \(name) holds values that are not finite numbers")
        }
        return found
    }

    /// A network's parameter, checked against an expected shape.
    public func parameter(_ name: String, shape: Shape) throws(ModelFileError) -> Tensor {
        let found = try parameter(name)
        guard found.shape == shape else {
            throw ModelFileError(
                .wrongShape, "\(origin): tensor \(name) has shape \(found.shape), expected \(shape)")
        }
        return found
    }
}
