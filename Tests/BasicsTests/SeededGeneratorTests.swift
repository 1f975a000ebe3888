import Basics
import Testing

@Suite struct SeededGeneratorTests {
    @Test func `The sequence is SplitMix64's published one`() {
        var generator = SeededGenerator(seed: 1_234_567)
        let values = (0..<5).map { _ in generator.next() }
        #expect(
            values == [
                6_457_827_717_110_365_317, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423,
                4_593_380_528_125_082_431, 16_408_922_859_458_223_821,
            ])
    }

    @Test func `Uniform numbers stay in their range and fill it`() {
        var generator = SeededGenerator(seed: 1)
        let values = (0..<10_000).map { _ in generator.uniform(in: -2..<3) }
        #expect(values.allSatisfy { $0 >= -2 && $0 < 3 })
        // Five standard deviations of the mean.
        #expect(abs(values.reduce(0, +) / 10_000 - 0.5) < 0.072)
        var counts = [0, 0, 0]
        for _ in 0..<3000 { counts[generator.index(below: 3)] += 1 }
        #expect(counts.allSatisfy { $0 > 900 })
    }
}
