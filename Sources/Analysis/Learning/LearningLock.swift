internal import Glibc

/// Keeps two programs, or a daemon and an operator, from learning the same profile at once. The kernel lets go of it when
/// the process dies.
final class LearningLock: Sendable {
    private let descriptor: Int32

    /// - Throws: `AnalysisError` (`unwritableProfile`; `alreadyLearning` when another has it).
    init(_ path: String, profile: String) throws(AnalysisError) {
        descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else {
            throw AnalysisError(.unwritableProfile, "\(path): cannot create: \(String(cString: strerror(errno)))")
        }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            close(descriptor)
            throw AnalysisError(
                .alreadyLearning,
                "profile \(profile) is being learned by another program, perhaps by monitord itself; wait for it, or set "
                    + "learn_minutes to 0")
        }
    }

    deinit { close(descriptor) }
}
