/// What a network needs to run beside its weights: cores and memory for intermediate results.
///
/// One context belongs to one run at a time (its workspace is not thread-safe).
public struct ComputeContext {
    public let pool: ComputePool
    public let workspace: Workspace

    public init(pool: ComputePool = ComputePool(), workspace: Workspace = Workspace()) {
        self.pool = pool
        self.workspace = workspace
    }
}
