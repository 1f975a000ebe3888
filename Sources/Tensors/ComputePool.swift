/// Runs the iterations of a loop on the machine's cores.
///
/// BLAS is called single-threaded from inside; this is the only place where a frame's work is split.
public struct ComputePool: Sendable {
    /// Threads that work on one loop, the caller included.
    public let width: Int
    private let crew: ComputeCrew?

    /// `width` defaults to the processor count; 1 runs everything on the calling thread.
    /// The pool's threads live as long as it or a copy of it.
    public init(width: Int = ComputePool.coreCount) {
        self.width = max(1, width)
        crew = width > 1 ? ComputeCrew(helpers: width - 1) : nil
    }

    /// Processors that are online.
    public static let coreCount = max(1, onlineProcessors())

    /// Calls `body(i)` for every i in 0 ..< `count`, each exactly once, in any order, and returns when all are done.
    /// `body` must touch disjoint memory for different i.
    public func forEach(_ count: Int, _ body: @Sendable (Int) -> Void) {
        forEachOnStrand(count) { @Sendable _, index in body(index) }
    }

    /// Like `forEach`, and tells which strand (0 ..< `width`) calls, so that each strand can own scratch memory.
    ///
    /// A strand takes the next index when it is done with its last one: a core that is disturbed does less. While one
    /// loop runs, others on the same pool (from other threads, or inside it) run on their caller alone.
    public func forEachOnStrand(_ count: Int, _ body: @Sendable (_ strand: Int, _ index: Int) -> Void) {
        if count > 1, let crew, crew.perform(count, body) { return }
        for index in 0..<max(0, count) { body(0, index) }
    }

    /// Splits 0 ..< `count` into contiguous ranges of at least `grain` and calls `body` for each.
    public func forRanges(_ count: Int, grain: Int = 1, _ body: @Sendable (Range<Int>) -> Void) {
        guard count > 0 else { return }
        let pieces = max(1, min(width, count / max(1, grain)))
        forEach(pieces) { @Sendable piece in
            body(count * piece / pieces..<count * (piece + 1) / pieces)
        }
    }

    /// Splits 0 ..< `count` into chunks of about `size` whose number is a multiple of `width`, so that equal cores finish
    /// together; returns the number of chunks.
    public func chunkCount(_ count: Int, size: Int) -> Int {
        let wanted = (count + size - 1) / max(1, size)
        return max(1, min(count, (wanted + width - 1) / width * width))
    }
}
