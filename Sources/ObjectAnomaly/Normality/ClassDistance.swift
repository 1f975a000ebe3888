internal import CKernels
internal import Glibc
public import ModelFiles
internal import Networks
public import Tensors

/// How far objects lie from the nearest pseudo-class, in units of the classes' common covariance.
public struct ClassDistance: Sendable {
    private let whitening: Linear
    /// `[classes, D]`, whitened.
    private let centres: Tensor
    private let centreNorms: Tensor

    static func names(_ prefix: String) -> [String] {
        [".whitening.weight", ".whitening.bias", ".centres"].map { prefix + $0 }
    }

    /// Whether a file holds one.
    static func isPresent(in source: any TensorSource, prefix: String) -> Bool {
        source.contains(names(prefix)[0])
    }

    /// Reads `<prefix>.whitening.{weight,bias}` (`[D, D]`, `[D]`) and `<prefix>.centres` (`[classes, D]`).
    /// - Throws: `ModelFileError` when a tensor is missing, not finite, or shapes do not fit.
    public init(_ source: any TensorSource, prefix: String = "object_distance") throws(ModelFileError) {
        whitening = try Linear(source, prefix + ".whitening")
        let name = prefix + ".centres"
        centres = try source.parameter(name)
        guard centres.shape.rank == 2, centres.shape[0] > 0, centres.shape[1] == whitening.outputWidth else {
            throw ModelFileError(.wrongShape, "\(source.origin): tensor \(name) has shape \(centres.shape)")
        }
        centreNorms = squaredNorms(centres.pointer, count: centres.shape[0], width: centres.shape[1])
    }

    /// Length of the feature vectors.
    public var featureWidth: Int { whitening.inputWidth }
    /// Number of pseudo-classes.
    public var classCount: Int { centres.shape[0] }

    /// Squared distances `[N]` of features `[N, featureWidth]`; borrowed from the workspace.
    public func callAsFunction(_ features: Tensor, context: ComputeContext) -> Tensor {
        let (count, width) = (features.shape[0], whitening.outputWidth)
        let distances = context.workspace.borrow([count])
        guard count > 0 else { return distances }
        let whitened = context.workspace.borrow([count, width])
        let products = context.workspace.borrow([count, classCount])
        let norms = context.workspace.borrow([count])
        whitening(features, into: whitened, context: context)
        multiply(
            m: count, n: classCount, k: width, whitened.pointer, lda: width, .none, centres.pointer, ldb: width,
            .transposed, into: products.pointer, ldc: classCount)
        ck_squared_norms(whitened.pointer, count, width, norms.pointer)
        var labels = [Int32](repeating: 0, count: count)
        ck_nearest(
            products.pointer, norms.pointer, centreNorms.pointer, count, classCount, &labels, distances.pointer)
        for tensor in [whitened, products, norms] { context.workspace.giveBack(tensor) }
        return distances
    }
}
