import Basics
import Glibc
import Tensors

/// Objects of a few kinds, as a detector's features would show them: sparse, not negative, scattered around each kind.
struct SyntheticObjects {
    let width: Int
    private var random: SeededGenerator

    init(width: Int, seed: UInt64) {
        self.width = width
        random = SeededGenerator(seed: seed)
    }

    mutating func normal() -> Float {
        let u = max(random.uniform(), 1e-12)
        return Float((-2 * log(u)).squareRoot() * cos(2 * Double.pi * random.uniform()))
    }

    /// Mean features of one kind; about half are active.
    mutating func kind() -> [Float] { (0..<width).map { _ in max(0, normal()) } }

    /// `count` objects, each of a random one of the kinds.
    mutating func objects(_ kinds: [[Float]], count: Int, scatter: Float = 0.3) -> Tensor {
        let result = Tensor([count, width])
        for row in 0..<count {
            let kind = kinds[random.index(below: kinds.count)]
            for column in 0..<width { result.row(row)[column] = max(0, kind[column] + scatter * normal()) }
        }
        return result
    }
}
