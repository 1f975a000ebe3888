internal import CKernels
internal import Tensors

/// Suppression of boxes that become known bit by bit: what scores above everything still unknown is decided for good.
struct RunningSuppression {
    private var state = ck_suppression()
    private let memory: Tensor

    /// Borrows its memory, for at most `count` boxes.
    init(_ settings: Suppression, count: Int, workspace: Workspace) {
        memory = workspace.borrow([(ck_suppression_memory(count, settings.limit) + 3) / 4])
        state.score_threshold = settings.scoreThreshold
        state.overlap_threshold = settings.overlapThreshold
        state.limit = settings.limit
        ck_suppression_begin(&state, count, memory.pointer)
    }

    /// Makes some boxes known.
    ///
    /// - Parameters:
    ///   - scores: of all rows.
    ///   - ties: a number of every row, by which equal scores are ordered; nil: the row.
    ///   - classes: of all rows; only rows of the class that is wanted take part. Nil: all do.
    mutating func add(
        _ rows: Range<Int>, scores: Tensor, ties: UnsafePointer<Int32>? = nil, classes: UnsafePointer<UInt8>? = nil,
        wanted: UInt8 = 0
    ) {
        precondition(rows.upperBound <= scores.count)
        ck_suppression_add(&state, scores.pointer, ties, classes, wanted, rows.lowerBound, rows.count)
    }

    /// Decides the known boxes that score above `bound`; without one, all.
    ///
    /// - Parameters:
    ///   - boxes: `[N, 4]`, of all rows.
    ///   - rows: the row of each tie number, when there are such.
    mutating func decide(above bound: Float = -1, boxes: Tensor, rows: UnsafePointer<Int32>? = nil) {
        ck_suppression_decide(&state, bound, boxes.pointer, rows)
    }

    /// Whether later boxes cannot be kept any more.
    var isFull: Bool { state.kept_count == state.limit }

    /// Rows of the kept boxes, best first.
    var kept: [Int] { (0..<state.kept_count).map { Int(state.kept[$0]) } }

    func giveBack(to workspace: Workspace) { workspace.giveBack(memory) }
}
