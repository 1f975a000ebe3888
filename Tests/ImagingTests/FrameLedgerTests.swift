import Basics
import Imaging
import Testing

@Suite struct FrameLedgerTests {
    @Test func `every frame is in one place, and the words say which`() {
        let ledger = FrameLedger()
        #expect("\(ledger.counts)" == "0 arrived = 0 scored + 0 gated + 0 dropped + 0 waiting + 0 in analysis")
        for _ in 0..<2 { ledger.arrived(replacing: false) }
        ledger.arrived(replacing: true)
        ledger.arrived(dropped: .damaged)
        for _ in 0..<2 { ledger.taken() }
        ledger.gated(.still)
        let counts = ledger.counts
        #expect(counts.addsUp && counts.taken == 2 && counts.waiting == 0 && counts.inAnalysis == 1)
        #expect(
            "\(counts)"
                == "4 arrived = 0 scored + 1 gated (1 still) + 2 dropped (1 superseded, 1 damaged) + 0 waiting"
                + " + 1 in analysis")
    }

    @Test func `the sum holds at every moment, whoever writes and reads`() async {
        let ledger = FrameLedger()
        let rounds = 20_000
        let waiting = Locked(0)
        await withTaskGroup(of: Void.self) { group in
            group.addTask {
                for index in 0..<rounds {
                    if index % 7 == 0 { ledger.arrived(dropped: .damaged) }
                    waiting.withLock {
                        ledger.arrived(replacing: $0 == 2)
                        $0 = min(2, $0 + 1)
                    }
                }
            }
            group.addTask {
                var taken = 0
                while taken < rounds / 2 {
                    let has = waiting.withLock { count -> Bool in
                        guard count > 0 else { return false }
                        count -= 1
                        ledger.taken()
                        return true
                    }
                    guard has else {
                        if ledger.counts.arrived >= UInt64(rounds) { return }
                        continue
                    }
                    if taken % 3 == 0 { ledger.scored() } else { ledger.gated(.rate) }
                    taken += 1
                }
            }
            for _ in 0..<2 {
                group.addTask {
                    var last: UInt64 = 0
                    while last < UInt64(rounds) {
                        let counts = ledger.counts
                        #expect(counts.addsUp && counts.arrived >= last && counts.inAnalysis <= 1)
                        last = counts.arrived
                    }
                }
            }
        }
        ledger.discarded(waiting.withLock { $0 })
        let end = ledger.counts
        #expect(end.addsUp && end.waiting == 0 && end.inAnalysis == 0)
        #expect(end.arrived == UInt64(rounds + (rounds + 6) / 7))
    }
}
