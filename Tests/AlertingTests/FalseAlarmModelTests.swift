import Alerting
import Basics
import Testing

/// The number that the operator sets is the number they get, as far as the data tell.
@Suite struct FalseAlarmModelTests {
    /// Excesses over the base with an exponential tail.
    private func incidents(
        _ count: Int, mean: Double, base: Float = 3, using random: inout SeededGenerator
    ) -> [FalseAlarmModel.Incident] {
        (0..<count).map { _ in
            FalseAlarmModel.Incident(level: base + Float(-mean * logarithm(max(1e-12, 1 - random.uniform()))))
        }
    }

    private func logarithm(_ value: Double) -> Double {
        // Natural logarithm by its binary exponent and a series; the test needs no C mathematics.
        var (mantissa, exponent) = (value, 0.0)
        while mantissa < 0.5 {
            mantissa *= 2
            exponent -= 1
        }
        let y = (mantissa - 1) / (mantissa + 1)
        let series = (0..<30).reversed().reduce(0.0) { $0 * y * y + 1 / Double(2 * $1 + 1) }
        return exponent * 0.693_147_180_559_945_3 + 2 * y * series
    }

    @Test func `a threshold for a budget is expected to give that budget`() {
        var random = SeededGenerator(seed: 1)
        for count in [0, 1, 3, 10, 100, 3000] {
            let model = FalseAlarmModel(incidents(count, mean: 0.4, using: &random), base: 3, days: 0.02)
            for budget in [0.1, 1, 10, 100] where model.perDay(at: 3) > budget {
                let threshold = model.threshold(perDay: budget)
                #expect(threshold > 3)
                #expect(abs(model.perDay(at: threshold) - budget) < 0.01 * budget)
            }
        }
    }

    @Test func `fewer alarms need a higher threshold, and a higher threshold gives fewer alarms`() {
        var random = SeededGenerator(seed: 2)
        for _ in 0..<200 {
            let model = FalseAlarmModel(
                incidents(random.index(below: 60), mean: random.uniform(in: 0.05..<2), using: &random), base: 3,
                days: random.uniform(in: 0.001..<3))
            let thresholds = [300.0, 30, 3, 0.3, 0.03].map { model.threshold(perDay: $0) }
            #expect(zip(thresholds, thresholds.dropFirst()).allSatisfy { $0 <= $1 })
            let rates = [3, 3.5, 4, 5, 8, 20].map { model.perDay(at: $0) }
            #expect(
                zip(rates, rates.dropFirst()).allSatisfy { $0 >= $1 } && rates.allSatisfy { $0 >= 0 && $0.isFinite })
        }
    }

    @Test func `over many cameras the mean number of false alarms is the budget`() {
        var random = SeededGenerator(seed: 3)
        // A camera whose tail is what the prior says on average, watched for half an hour, then for a day.
        let (perDay, mean, budget) = (400.0, 0.4, 4.0)
        var alarms = 0.0
        let cameras = 400
        for _ in 0..<cameras {
            let days = 0.02
            let seen = poisson(perDay * days, using: &random)
            let model = FalseAlarmModel(incidents(seen, mean: mean, using: &random), base: 3, days: days)
            let threshold = model.threshold(perDay: budget)
            let day = incidents(poisson(perDay, using: &random), mean: mean, using: &random)
            alarms += Double(day.count { $0.level >= threshold })
        }
        let observed = alarms / Double(cameras)
        #expect(observed > 0.4 * budget && observed < 1.6 * budget, "\(observed)")
    }

    private func poisson(_ mean: Double, using random: inout SeededGenerator) -> Int {
        var (count, time) = (0, 0.0)
        while true {
            time -= logarithm(max(1e-12, 1 - random.uniform())) / mean
            if time > 1 { return count }
            count += 1
        }
    }

    @Test func `the interval holds the true rate about as often as it says, and narrows as time goes by`() {
        var random = SeededGenerator(seed: 4)
        let (perDay, mean) = (300.0, 0.4)
        var inside = 0
        var widths: [Double] = []
        for (days, runs) in [(0.05, 150), (2.0, 10)] {
            var width = 0.0
            for _ in 0..<runs {
                let model = FalseAlarmModel(
                    incidents(poisson(perDay * days, using: &random), mean: mean, using: &random), base: 3, days: days)
                let interval = model.interval(at: 4)
                let truth = perDay * 0.082085  // exp(-1 / 0.4)
                if days < 1, interval.contains(truth) { inside += 1 }
                width += interval.upperBound - interval.lowerBound
            }
            widths.append(width / Double(runs))
        }
        #expect(inside > 120, "\(inside) of 150")
        #expect(widths[1] < widths[0] / 2)
    }

    @Test func `a few real anomalies do not raise the threshold above themselves`() {
        var random = SeededGenerator(seed: 5)
        let calm = incidents(40, mean: 0.3, using: &random)
        let anomalies = [8, 9.5, 12].map { FalseAlarmModel.Incident(level: $0) }
        let clean = FalseAlarmModel(calm, base: 3, days: 0.1).threshold(perDay: 1)
        let model = FalseAlarmModel(calm + anomalies, base: 3, days: 0.1)
        #expect(model.leftOut == 3)
        #expect(abs(model.threshold(perDay: 1) - clean) < 0.2)
        #expect(model.threshold(perDay: 1) < 8)
    }

    @Test func `one real anomaly on a quiet camera does not raise the threshold above itself`() {
        for calm in 0...4 {
            let incidents = (0..<calm).map { FalseAlarmModel.Incident(level: 3.1 + 0.2 * Float($0)) }
            let clean = FalseAlarmModel(incidents, base: 3, days: 0.1).threshold(perDay: 1)
            let model = FalseAlarmModel(incidents + [.init(level: 9)], base: 3, days: 0.1)
            #expect(model.leftOut == 1 && model.count == calm, "\(calm) ordinary incidents")
            #expect(model.threshold(perDay: 1) == clean && clean < 9)
        }
    }

    @Test func `a few ordinary incidents are all believed`() {
        for count in 1...6 {
            let model = FalseAlarmModel((1...count).map { .init(level: 3 + 0.3 * Float($0)) }, base: 3, days: 0.1)
            #expect(model.leftOut == 0 && model.count == count)
        }
    }

    @Test func `what the operator called a false alarm counts, however high`() {
        var random = SeededGenerator(seed: 6)
        let calm = incidents(40, mean: 0.3, using: &random)
        let labelled = [FalseAlarmModel.Incident(level: 9, isCertain: true)]
        let model = FalseAlarmModel(calm + labelled, base: 3, days: 0.1)
        let clean = FalseAlarmModel(calm, base: 3, days: 0.1)
        #expect(model.leftOut == 0 && model.count == 41)
        #expect(model.threshold(perDay: 1) > clean.threshold(perDay: 1) + 0.3)
    }

    @Test func `incidents below the base and values that are not numbers do not count`() {
        let odd: [Float] = [0, 2.9, .nan, .infinity, -1]
        let model = FalseAlarmModel(odd.map { .init(level: $0) }, base: 3, days: 1)
        #expect(model.count == 0 && model.leftOut == 0)
        #expect(model.threshold(perDay: 0.01).isFinite)
    }
}
