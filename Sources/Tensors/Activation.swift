internal import CKernels

/// The function applied to a layer's sums.
public enum Activation: Sendable {
    case none
    /// max(x, 0)
    case relu
    /// x * Phi(x) with the exact error function, not its tanh approximation.
    case gelu

    var kernelCode: Int32 {
        switch self {
        case .none: Int32(CK_NONE)
        case .relu: Int32(CK_RELU)
        case .gelu: Int32(CK_GELU)
        }
    }
}
