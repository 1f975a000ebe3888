import Basics
import Dispatch
import Testing

@Suite struct LockedTests {
    @Test func `Concurrent changes are not lost`() {
        let counter = Locked(0)
        DispatchQueue.concurrentPerform(iterations: 8) { @Sendable _ in
            for _ in 0..<1000 { counter.withLock { $0 += 1 } }
        }
        #expect(counter.withLock { $0 } == 8000)
    }

    @Test func `An error passes through and the lock is free afterwards`() {
        struct Refusal: Error {}
        let value = Locked("a")
        #expect(throws: Refusal.self) { try value.withLock { _ throws(Refusal) in throw Refusal() } }
        #expect(value.withLock { $0 } == "a")
    }
}
