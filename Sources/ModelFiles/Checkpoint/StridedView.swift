/// Numbers of a storage that are not side by side, such as those of a transposed tensor.
struct StridedView {
    let extents: [Int]
    /// In elements.
    let strides: [Int]
    let offset: Int
    let elementSize: Int

    /// Whether row-major order is the order in memory.
    static func isContiguous(_ extents: [Int], _ strides: [Int]) -> Bool {
        var expected = 1
        for (extent, stride) in zip(extents, strides).reversed() where extent != 1 {
            guard stride == expected || extent == 0 else { return false }
            expected *= extent
        }
        return true
    }

    /// Copies the numbers in row-major order; all must lie inside `storage`.
    func gather(_ storage: UnsafeRawBufferPointer, into target: UnsafeMutableRawBufferPointer) {
        guard !extents.contains(0) else { return }
        var index = [Int](repeating: 0, count: extents.count)
        var source = offset
        for place in 0..<extents.reduce(1, *) {
            let element = storage[source * elementSize..<(source + 1) * elementSize]
            UnsafeMutableRawBufferPointer(rebasing: target[place * elementSize..<(place + 1) * elementSize])
                .copyMemory(from: UnsafeRawBufferPointer(rebasing: element))
            for axis in extents.indices.reversed() {
                index[axis] += 1
                source += strides[axis]
                if index[axis] < extents[axis] { break }
                source -= extents[axis] * strides[axis]
                index[axis] = 0
            }
        }
    }
}
