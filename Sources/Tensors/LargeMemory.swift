internal import Glibc

/// Memory straight from the kernel: given back at once when it is freed, and in large pages where it fills them, because
/// passing megabytes of weights by once per frame misses the translation buffer with small ones.
enum LargeMemory {
    /// From this size on, tensors come from here.
    static let smallest = 1 << 20
    /// A large page of this processor family.
    static let page = 2 << 20

    /// Zeroed memory, aligned to a large page when it fills one.
    ///
    /// The process ends when the system has no memory left, as it does when the heap is exhausted: nothing could go on
    /// without a tensor's memory, and the supervisor starts anew. What comes from outside is bounded before any memory is
    /// taken: a weight file's tensors by the file's own size, a picture by the input size of the model's card.
    static func allocate(_ bytes: Int) -> UnsafeMutableRawPointer {
        let slack = bytes >= page ? page : 0
        let start = mmap(nil, bytes + slack, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
        guard let start, start != MAP_FAILED else { fatalError("out of memory: cannot map \(bytes) bytes") }
        guard slack > 0 else { return start }
        let aligned = start.alignedUp(toMultipleOf: page)
        if aligned > start { munmap(start, aligned - start) }
        if slack > aligned - start { munmap(aligned + bytes.rounded(upTo: 4096), slack - (aligned - start)) }
        madvise(aligned, bytes, MADV_HUGEPAGE)
        return aligned
    }

    static func free(_ start: UnsafeMutableRawPointer, _ bytes: Int) { munmap(start, bytes) }
}

extension Int {
    /// The least multiple of `unit` that is not smaller.
    func rounded(upTo unit: Int) -> Int { (self + unit - 1) / unit * unit }
}
