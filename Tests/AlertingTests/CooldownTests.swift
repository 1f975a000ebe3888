import Alerting
import Basics
import Testing

@Suite struct CooldownTests {
    private func told(_ event: String, _ startMs: Int64, _ lastMs: Int64?) -> Cooldown.Told {
        Cooldown.Told(event: event, startMs: startMs, lastMs: lastMs)
    }

    @Test func `without rules everything may be told`() {
        let cooldown = Cooldown(Cooldown.Rules(), last: told("a", 1000, nil))
        #expect(cooldown.allows(event: "b", startMs: 1000))
        #expect(cooldown.allows(event: "b", startMs: 500), "told late, as its messages were merged")
        #expect(Cooldown(Cooldown.Rules(interval: .seconds(60))).allows(event: "a", startMs: 0))
    }

    @Test func `the interval counts from the beginning of the last event that was delivered`() {
        let cooldown = Cooldown(Cooldown.Rules(interval: .seconds(60)), last: told("a", 100_000, nil))
        #expect(!cooldown.allows(event: "b", startMs: 159_999))
        #expect(cooldown.allows(event: "b", startMs: 160_000))
        #expect(cooldown.allows(event: "a", startMs: 100_000), "what follows of the same event")
    }

    @Test func `quiet counts from the end of the last event that was delivered, and it must have ended`() {
        var cooldown = Cooldown(Cooldown.Rules(quietFor: .seconds(60)), last: told("a", 100_000, nil))
        #expect(!cooldown.allows(event: "b", startMs: 10_000_000))
        cooldown.ended("x", lastMs: 1)
        #expect(!cooldown.allows(event: "b", startMs: 10_000_000))
        cooldown.ended("a", lastMs: 200_000)
        #expect(!cooldown.allows(event: "b", startMs: 259_999))
        #expect(cooldown.allows(event: "b", startMs: 260_000))
    }

    @Test func `a clock that was set back silences nothing`() {
        let rules = Cooldown.Rules(interval: .seconds(600), quietFor: .seconds(600))
        let cooldown = Cooldown(rules, last: told("a", 10_000_000, 10_100_000))
        #expect(!cooldown.allows(event: "b", startMs: 10_000_000 - 60_000))
        #expect(cooldown.allows(event: "b", startMs: 10_000_000 - 3_600_000))
    }

    /// Random events of which some are told and some of these arrive.
    @Test(arguments: UInt64(1)...200)
    func `only what arrived keeps others from being told`(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        let rules = Cooldown.Rules(
            interval: .seconds(random.index(below: 120)), quietFor: .seconds(random.index(below: 120)))
        var cooldown = Cooldown(rules)
        var arrived: [(start: Int64, last: Int64)] = []
        var time: Int64 = 0
        for index in 0..<200 {
            time += Int64(random.index(below: 90_000))
            let last = time + Int64(random.index(below: 30_000))
            let before = cooldown
            let isAllowed = cooldown.allows(event: "\(index)", startMs: time)
            #expect(cooldown == before, "asking changes nothing")
            let isLate = arrived.allSatisfy { event in
                time - event.start >= rules.interval.milliseconds && time - event.last >= rules.quietFor.milliseconds
                    || rules.quietFor == .zero && time - event.start >= rules.interval.milliseconds
            }
            #expect(isAllowed == isLate, "event \(index) at \(time), rules \(rules)")
            guard isAllowed, random.uniform() < 0.5 else { continue }
            cooldown.delivered(told("\(index)", time, nil))
            cooldown.ended("\(index)", lastMs: last)
            arrived.append((time, last))
            time = last
        }
        #expect(!arrived.isEmpty)
    }
}
