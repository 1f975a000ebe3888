import Alerting
import Analysis
import FoundationEssentials
import Testing

/// More than a million random lives; each has a seed, and a failure names it.
@Suite struct EventMachineMillionTests {
    private static let blocks = 4
    private static let perBlock = 20_000

    struct Block: Sendable, CustomTestStringConvertible {
        let shape: RandomLife.Shape
        let number: Int

        var testDescription: String { "\(shape.rawValue) \(number)" }
        var seeds: Range<UInt64> {
            let first = UInt64(number * EventMachineMillionTests.perBlock)
            return first..<first + UInt64(EventMachineMillionTests.perBlock)
        }
    }

    static let all = RandomLife.Shape.allCases.flatMap { shape in
        (0..<blocks).map { Block(shape: shape, number: $0) }
    }

    @Test func thereAreAMillion() { #expect(Self.all.reduce(0) { $0 + $1.seeds.count } >= 1_000_000) }

    /// Nothing overlaps, nothing goes back, everything that opens is closed once; a replay gives the same, byte for byte,
    /// and so does one from the log.
    @Test(arguments: all)
    func everyLifeIsInOrder(block: Block) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        var opened = 0
        for seed in block.seeds {
            let life = RandomLife(block.shape, seed: seed)
            opened += life.answers.joined().count { if case .open = $0 { true } else { false } }
            var fault = life.fault
            if fault == nil, try life.replay() != life.answers { fault = "a replay differs" }
            // Coding takes a hundred times as long as the life.
            if fault == nil, seed % 100 == 0 {
                let bytes = try Self.bytes(life.answers, encoder)
                if try Self.bytes(try life.replay(), encoder) != bytes { fault = "a replay differs in bytes" }
                let logged = try life.replay { try VerdictLog.decode(try VerdictLog.encode($0), at: "log") }
                if try Self.bytes(logged, encoder) != bytes { fault = "a replay of the log differs" }
            }
            guard let fault else { continue }
            Issue.record("\(block.shape.rawValue), seed \(seed): \(fault)")
            return
        }
        // Not a test of nothing.
        #expect(opened > block.seeds.count / 4)
    }

    private static func bytes(_ answers: [[EventAction]], _ encoder: JSONEncoder) throws -> [Data] {
        try answers.joined().map { try encoder.encode($0.event) }
    }
}
