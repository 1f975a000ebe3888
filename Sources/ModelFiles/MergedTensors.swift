public import Tensors

/// Several sources as one: a model whose weights are spread over files. Every floating-point tensor it hands out is
/// finite.
public struct MergedTensors: TensorSource {
    public let origin: String
    private let sources: [String: any TensorSource]

    /// - Throws: `ModelFileError.Code.badHeader` when two sources hold a tensor of the same name.
    public init(_ sources: [any TensorSource], origin: String) throws(ModelFileError) {
        var owners: [String: any TensorSource] = [:]
        for source in sources {
            for name in source.names {
                if let other = owners[name] {
                    throw ModelFileError(
                        .badHeader, "\(source.origin): tensor \(name) is also in \(other.origin); remove one of them")
                }
                owners[name] = source
            }
        }
        self.sources = owners
        self.origin = origin
    }

    public var names: [String] { sources.keys.sorted() }

    public func extents(of name: String) -> [Int]? { sources[name]?.extents(of: name) }

    public func tensor(_ name: String) throws(ModelFileError) -> Tensor { try owner(of: name).parameter(name) }

    public func integers(_ name: String) throws(ModelFileError) -> [Int64] { try owner(of: name).integers(name) }

    private func owner(of name: String) throws(ModelFileError) -> any TensorSource {
        guard let source = sources[name] else {
            throw ModelFileError(
                .missingTensor, "\(origin): tensor \(name) is missing; the files do not hold this model")
        }
        return source
    }
}
