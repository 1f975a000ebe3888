import Basics
import Streams
import Testing

@Suite struct GroupStoreTests {
    /// Keeps packets 0, 1, 2 … of a stream, `period` apart.
    private func filled(
        _ count: Int, group: Int, period: Duration, bytes: Int = 1000,
        each: (GroupStore<Int>, Int) -> Void = { _, _ in }
    ) -> GroupStore<Int> {
        var store = GroupStore<Int>()
        for number in 0..<count {
            let time = period * number
            store.add(
                .init(packet: number, bytes: bytes, time: time, arrival: MonotonicTime(nanoseconds: time.nanoseconds)),
                isKey: number % group == 0)
            each(store, number)
        }
        return store
    }

    private func numbers(_ store: GroupStore<Int>, upTo time: Duration) -> [Int]? {
        store.packets(upTo: MonotonicTime(nanoseconds: time.nanoseconds)).map { $0.map(\.packet) }
    }

    @Test func `pictures of the last two seconds can be had, decoded from one that stands alone`() {
        let store = filled(100, group: 10, period: .milliseconds(50))
        #expect(numbers(store, upTo: .milliseconds(4950)) == Array(90...99))
        #expect(numbers(store, upTo: .milliseconds(3020)) == [60])
        #expect(numbers(store, upTo: .milliseconds(3030)) == [60, 61])
        // The far past and the future give what is nearest.
        #expect(numbers(store, upTo: .seconds(60)) == Array(90...99))
        #expect(numbers(store, upTo: .zero)?.count == 1)
        #expect(store.count <= 60)
    }

    @Test func `the group before stays until the new one is two seconds old`() {
        var oldest: [Int] = []
        _ = filled(300, group: 100, period: .milliseconds(50)) { store, _ in
            oldest.append(store.packets(upTo: MonotonicTime(nanoseconds: 0))?.first?.packet ?? -1)
        }
        #expect(oldest[139] == 0 && oldest[140] == 100 && oldest[239] == 100 && oldest[240] == 200)
    }

    @Test(arguments: [
        (group: 1_000_000, bytes: 1000), (1_000_000, 3 << 20), (7, 5 << 20), (1, 20 << 20), (50, 100_000),
    ])
    func `no stream makes it grow beyond its bounds`(group: Int, bytes: Int) {
        _ = filled(2000, group: group, period: .milliseconds(40), bytes: bytes) { store, number in
            #expect(store.bytes <= GroupStore<Int>.byteLimit)
            #expect(store.bytes == store.count * bytes)
            let oldest = store.packets(upTo: MonotonicTime(nanoseconds: 0))?.first?.packet
            if let oldest { #expect(Duration.milliseconds(40) * (number - oldest) <= GroupStore<Int>.longest) }
        }
    }

    @Test func `after what did not fit everything waits for a picture that stands alone`() {
        let store = filled(100, group: 60, period: .milliseconds(40), bytes: 1 << 20)
        // 60 fits with the 15 after it; 76 broke the bounds.
        #expect(store.count == 0 && numbers(store, upTo: .seconds(3)) == nil)
        let next = filled(122, group: 60, period: .milliseconds(40), bytes: 1 << 20)
        #expect(numbers(next, upTo: .seconds(5)) == [120, 121])
    }

    @Test func `nothing is kept before the first picture that stands alone, and nobody can ask for one without a time`()
    {
        var store = GroupStore<Int>()
        let now = MonotonicTime(nanoseconds: 0)
        store.add(.init(packet: 0, bytes: 1, time: .zero, arrival: now), isKey: false)
        #expect(store.count == 0 && store.packets(upTo: now) == nil)
        store.add(.init(packet: 1, bytes: 1, time: .zero, arrival: now), isKey: true)
        store.add(.init(packet: 2, bytes: 1, time: nil, arrival: now + .seconds(1)), isKey: false)
        #expect(store.count == 2 && store.packets(upTo: now + .seconds(1))?.map(\.packet) == [1])
    }
}
