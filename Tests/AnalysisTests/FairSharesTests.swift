import Analysis
import Basics
import Testing

/// What holds for every division of the time.
@Suite struct FairSharesTests {
    private typealias Demand = FairShares.Demand

    private func random(_ seed: UInt64) -> (demands: [Demand], capacity: Double) {
        var random = SeededGenerator(seed: seed)
        let urgencies: [FairShares.Urgency] = [.still, .still, .moving, .suspect]
        let demands = (0..<1 + random.index(below: 40)).map { _ in
            Demand(
                wanted: random.uniform(in: 0.1..<30), cost: random.uniform(in: 0.005..<0.2),
                sweep: random.uniform(in: 0.5..<2), urgency: urgencies[random.index(below: 4)],
                isAlwaysGated: random.uniform() < 0.1)
        }
        return (demands, random.uniform(in: 0.1..<4))
    }

    private func used(_ demands: [Demand], _ rates: [Double]) -> Double {
        zip(demands, rates).reduce(0) { $0 + $1.0.cost * $1.1 }
    }

    @Test(arguments: 0..<300 as Range<UInt64>)
    func `time is neither overspent nor left over while somebody wants it`(seed: UInt64) {
        let (demands, capacity) = random(seed)
        let rates = FairShares.rates(demands, capacity: capacity)
        let most = zip(demands, rates).allSatisfy { $1 >= 0 && $1 <= $0.ceiling + 1e-9 }
        #expect(most)
        let spent = used(demands, rates)
        let asked = demands.reduce(0) { $0 + $1.cost * $1.ceiling }
        #expect(spent <= capacity + 1e-6)
        #expect(spent >= min(capacity, asked) - 1e-6)
    }

    @Test(arguments: 0..<300 as Range<UInt64>)
    func `nobody gets more while somebody of the same urgency who wants it has less`(seed: UInt64) {
        let (demands, capacity) = random(seed)
        let rates = FairShares.rates(demands, capacity: capacity)
        for poor in demands.indices where rates[poor] < demands[poor].ceiling - 1e-6 {
            for rich in demands.indices where demands[rich].urgency == demands[poor].urgency {
                // What everybody is sure of may differ: sweeps are whole numbers of each camera's own frames.
                let sure = max(demands[rich].sweepRate, FairShares.confirmationRate)
                #expect(rates[rich] <= max(rates[poor], sure) + 1e-6)
            }
        }
    }

    @Test(arguments: 0..<300 as Range<UInt64>)
    func `everybody is swept before anybody has more, but for suspects`(seed: UInt64) {
        let (demands, capacity) = random(seed)
        let rates = FairShares.rates(demands, capacity: capacity)
        let starved = demands.indices.filter { rates[$0] < demands[$0].sweepRate - 1e-6 }
        #expect(rates.allSatisfy { $0 > 0 })
        guard let level = starved.map({ rates[$0] }).min() else { return }
        for index in demands.indices {
            let sure = demands[index].urgency == .suspect ? FairShares.confirmationRate : 0
            #expect(rates[index] <= max(level, sure) + 1e-6)
        }
    }

    @Test func `with time for everybody, everybody has what they want`() {
        let demands = (0..<8).map { index in
            Demand(wanted: 5, cost: 0.02, sweep: 1.8, urgency: index < 4 ? .still : .moving)
        }
        #expect(FairShares.rates(demands, capacity: 0.85) == Array(repeating: 5, count: 8))
    }

    @Test func `what moves is served before what stands still, and that is swept`() {
        var demands = (0..<16).map { _ in Demand(wanted: 5, cost: 0.02, sweep: 1.8, urgency: .still) }
        for index in 0..<4 { demands[index].urgency = .moving }
        let rates = FairShares.rates(demands, capacity: 0.6)
        #expect(rates[..<4].allSatisfy { $0 == 5 })
        // 30 frames a second: 20 for what moves, 10 for the other twelve.
        #expect(rates[4...].allSatisfy { abs($0 - 10.0 / 12) < 1e-6 })
    }

    @Test func `a camera that wants very much takes what the others leave`() {
        var demands = (0..<5).map { _ in Demand(wanted: 5, cost: 0.02, sweep: 1.8, urgency: .still) }
        demands[0] = Demand(wanted: 60, cost: 0.02, sweep: 1.8, urgency: .suspect)
        let rates = FairShares.rates(demands, capacity: 0.85)
        #expect(rates[1...].allSatisfy { $0 == 5 } && abs(rates[0] - 22.5) < 1e-6)
    }

    @Test func `far too many cameras are swept evenly, and a suspect is confirmed all the same`() {
        var demands = (0..<200).map { _ in Demand(wanted: 5, cost: 0.04, sweep: 1.8, urgency: .still) }
        demands[9].urgency = .suspect
        let rates = FairShares.rates(demands, capacity: 0.85)
        #expect(abs(rates[9] - 1) < 1e-6)
        let even = (0.85 / 0.04 - 1) / 199
        #expect(demands.indices.allSatisfy { $0 == 9 || abs(rates[$0] - even) < 1e-6 })
    }

    @Test(arguments: [(5, 5.0 / 9), (0.7, 0.7), (0.3, 0.3), (25, 25.0 / 45), (1.2, 0.6)] as [(Double, Double)])
    func `a sweep is a whole number of the camera's frames`(wanted: Double, rate: Double) {
        let demand = Demand(wanted: wanted, cost: 0.02, sweep: 1.8, urgency: .still)
        #expect(abs(demand.sweepRate - rate) < 1e-9)
        #expect(1 / demand.sweepRate <= max(1.85, 1 / wanted))
    }
}
