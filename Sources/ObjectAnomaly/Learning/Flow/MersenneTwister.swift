/// The generator MT19937 (Matsumoto and Nishimura 1998), seeded and used as numpy's legacy functions do, to make the
/// permutations that published flows were trained with.
struct MersenneTwister {
    private var state: [UInt32]
    private var position: Int

    private static let size = 624
    private static let middle = 397

    init(seed: UInt32) {
        state = [seed]
        for index in 1..<Self.size {
            let last = state[index - 1]
            state.append(1_812_433_253 &* (last ^ (last >> 30)) &+ UInt32(index))
        }
        position = Self.size
    }

    mutating func next() -> UInt32 {
        if position == Self.size { refill() }
        var value = state[position]
        position += 1
        value ^= value >> 11
        value ^= (value << 7) & 0x9D2C_5680
        value ^= (value << 15) & 0xEFC6_0000
        return value ^ (value >> 18)
    }

    private mutating func refill() {
        for index in 0..<Self.size {
            let joined = (state[index] & 0x8000_0000) | (state[(index + 1) % Self.size] & 0x7FFF_FFFF)
            let twisted = (joined >> 1) ^ (joined & 1 == 0 ? 0 : 0x9908_B0DF)
            state[index] = state[(index + Self.middle) % Self.size] ^ twisted
        }
        position = 0
    }

    /// Uniform in 0 ... `most`, by leaving out what is too large.
    private mutating func next(upTo most: UInt32) -> UInt32 {
        let mask = most == 0 ? 0 : UInt32.max >> UInt32(most.leadingZeroBitCount)
        while true {
            let value = next() & mask
            if value <= most { return value }
        }
    }

    /// 0 ..< `count` in random order, as `numpy.random.permutation` gives it.
    mutating func permutation(_ count: Int) -> [Int] {
        var order = Array(0..<count)
        for index in stride(from: count - 1, to: 0, by: -1) { order.swapAt(index, Int(next(upTo: UInt32(index)))) }
        return order
    }
}
