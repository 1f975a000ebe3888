import Basics
import Evaluation
import Testing

@Suite struct ROCTests {
    @Test func aPerfectScoreSeparates() {
        let roc = ROC(scores: [0.1, 0.2, 0.8, 0.9], labels: [false, false, true, true])
        #expect(roc.auroc == 1)
        #expect(roc.averagePrecision == 1)
        for convention in ROC.RateConvention.allCases { #expect(roc.falsePositiveRate(convention) == 0) }
    }

    @Test func tiesCountHalf() {
        #expect(ROC.auroc(scores: [1, 1, 1, 1], labels: [true, false, true, false]) == 0.5)
        #expect(ROC.auroc(scores: [2, 1, 1], labels: [true, true, false]) == 0.75)
        #expect(ROC(scores: [1, 1, 1, 1], labels: [true, false, true, false]).averagePrecision == 0.5)
    }

    @Test func withoutBothKindsThereIsNoArea() {
        #expect(ROC.auroc(scores: [], labels: []) == nil)
        #expect(ROC.auroc(scores: [1, 2], labels: [true, true]) == nil)
        #expect(ROC(scores: [1, 2], labels: [false, false]).averagePrecision == nil)
        for convention in ROC.RateConvention.allCases {
            #expect(ROC(scores: [1, 2], labels: [true, true]).falsePositiveRate(convention) == nil)
        }
    }

    @Test(arguments: 1...20)
    func theAreaIsTheChanceOfTheRightOrder(seed: Int) throws {
        var random = SeededGenerator(seed: UInt64(seed))
        // Few different scores, so that there are many ties.
        let scores = (0..<60).map { _ in Float(random.index(below: 12)) }
        let labels = (0..<60).map { $0 < 2 || random.index(below: 3) == 0 }
        var (wins, pairs) = (0.0, 0.0)
        for i in 0..<60 where labels[i] {
            for j in 0..<60 where !labels[j] {
                wins += scores[i] > scores[j] ? 1 : scores[i] == scores[j] ? 0.5 : 0
                pairs += 1
            }
        }
        let roc = ROC(scores: scores, labels: labels)
        #expect(abs(try #require(roc.auroc) - wins / pairs) < 1e-12)
        // The conventions differ by a threshold at most, and never leave the unit interval.
        for convention in ROC.RateConvention.allCases {
            #expect((0...1).contains(try #require(roc.falsePositiveRate(convention))))
        }
    }
}
