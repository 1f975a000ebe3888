internal import Basics

/// Repeatable random orders: the same seed and epoch give the same order, so that a resumed run continues identically.
struct RowOrder {
    let seed: UInt64

    /// A generator that belongs to one epoch alone.
    func generator(epoch: Int) -> SeededGenerator {
        var mixer = SeededGenerator(seed: seed &+ UInt64(bitPattern: Int64(epoch)) &* 0x9E37_79B9_7F4A_7C15)
        return SeededGenerator(seed: mixer.next())
    }

    /// `indices` in the epoch's random order.
    func shuffled(_ indices: [Int32], epoch: Int) -> [Int32] {
        var result = indices
        var generator = generator(epoch: epoch)
        result.withUnsafeMutableBufferPointer { values in
            var last = values.count - 1
            while last > 0 {
                values.swapAt(last, generator.index(below: last + 1))
                last -= 1
            }
        }
        return result
    }
}
