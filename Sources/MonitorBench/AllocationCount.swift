import CAllocationCount

/// What a piece of work asked of the allocator (malloc and its kin), over all threads of the program.
struct AllocationCount {
    let calls: Int
    let bytes: Int
    /// Bytes of the largest single request.
    let largest: Int
    /// Requests by size: entry i counts those of 2^(i-1) < bytes <= 2^i.
    let bySize: [Int]

    /// Counts while `work` runs.
    static func during(_ work: () throws -> Void) rethrows -> AllocationCount {
        allocation_count_start()
        defer { allocation_count_stop() }
        try work()
        allocation_count_stop()
        var counts = allocation_counts()
        allocation_count_read(&counts)
        let bySize = withUnsafeBytes(of: counts.by_size) { $0.bindMemory(to: UInt64.self).map(Int.init) }
        return AllocationCount(
            calls: Int(counts.calls), bytes: Int(counts.bytes), largest: Int(counts.largest), bySize: bySize)
    }

    /// Requests of more than `bytes`, a power of two.
    func calls(above bytes: Int) -> Int { bySize.dropFirst(bytes.trailingZeroBitCount + 1).reduce(0, +) }
}
