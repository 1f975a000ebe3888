public import Tensors

/// Tensors held in memory under names, for networks built by hand or learned on the spot.
public struct TensorTable: TensorSource {
    public let origin: String
    private let tensors: [String: Tensor]

    public init(_ tensors: [String: Tensor], origin: String = "memory") {
        self.tensors = tensors
        self.origin = origin
    }

    public var names: [String] { tensors.keys.sorted() }

    public func extents(of name: String) -> [Int]? { tensors[name]?.shape.array }

    /// A copy: who receives it may change it.
    public func tensor(_ name: String) throws(ModelFileError) -> Tensor {
        guard let tensor = tensors[name] else {
            throw ModelFileError(.missingTensor, "\(origin): tensor \(name) is missing")
        }
        return Tensor(tensor.shape, tensor.elements)
    }

    /// - Throws: always; a table holds floating-point tensors only.
    public func integers(_ name: String) throws(ModelFileError) -> [Int64] {
        throw ModelFileError(.wrongType, "\(origin): tensor \(name) is not of an integer type")
    }
}
