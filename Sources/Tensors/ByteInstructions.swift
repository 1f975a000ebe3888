internal import CKernels

/// Instructions for products in 8-bit integers; all find the same sums.
public enum ByteInstructions: Sendable, CaseIterable {
    case generic
    case avx2
    /// 256-bit VNNI.
    case avxVNNI
    /// 512-bit VNNI.
    case avx512VNNI
    case neon
    /// NEON with dot products.
    case neonDot

    /// The best that this processor runs and the environment variable MONITOR_INSTRUCTIONS allows.
    public static let best: ByteInstructions =
        allCases.first { $0.kernelSet == ck_byte_best_set() } ?? .generic

    /// Whether this processor runs them.
    public var isAvailable: Bool { ck_byte_has_set(kernelSet) != 0 }

    var kernelSet: ck_byte_set {
        switch self {
        case .generic: CK_BYTES_GENERIC
        case .avx2: CK_BYTES_AVX2
        case .avxVNNI: CK_BYTES_AVXVNNI
        case .avx512VNNI: CK_BYTES_AVX512VNNI
        case .neon: CK_BYTES_NEON
        case .neonDot: CK_BYTES_NEONDOT
        }
    }
}
