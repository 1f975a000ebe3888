import Dispatch

/// Runs the iterations of a loop on the machine's cores.
///
/// BLAS is called single-threaded from inside; this is the only place where a frame's work is split.
public struct ComputePool: Sendable {
    /// Threads that work on one loop, the caller included.
    public let width: Int

    /// `width` defaults to the processor count; 1 runs everything on the calling thread.
    public init(width: Int = ComputePool.coreCount) { self.width = max(1, width) }

    public static var coreCount: Int { max(1, sysconf_cores()) }

    /// Calls `body(i)` for every i in 0 ..< `count`, each exactly once, in any order, and returns when all are done.
    /// `body` must touch disjoint memory for different i.
    public func forEach(_ count: Int, _ body: @Sendable (Int) -> Void) {
        if width == 1 || count <= 1 {
            for index in 0..<count { body(index) }
            return
        }
        let strands = min(width, count)
        DispatchQueue.concurrentPerform(iterations: strands) { @Sendable strand in
            var index = strand
            while index < count {
                body(index)
                index += strands
            }
        }
    }

    /// Splits 0 ..< `count` into contiguous ranges of at least `grain` and calls `body` for each.
    public func forRanges(_ count: Int, grain: Int = 1, _ body: @Sendable (Range<Int>) -> Void) {
        guard count > 0 else { return }
        let pieces = max(1, min(width, count / max(1, grain)))
        forEach(pieces) { piece in
            body(count * piece / pieces..<count * (piece + 1) / pieces)
        }
    }
}
