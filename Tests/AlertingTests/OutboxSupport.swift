import Alerting
import Basics

/// A target that does as it is told, and remembers what it got.
final class Receiver: NotificationTransport {
    struct Receipt: Hashable {
        let id: String
        let camera: String
        let json: String
        let outcome: DeliveryOutcome
    }

    let got = Locked<[Receipt]>([])
    private let answer: @Sendable (EventNotice) -> DeliveryOutcome

    init(_ answer: @escaping @Sendable (EventNotice) -> DeliveryOutcome = { _ in .delivered }) { self.answer = answer }

    func deliver(_ notice: EventNotice) -> DeliveryOutcome {
        let outcome = answer(notice)
        got.withLock {
            $0.append(Receipt(id: notice.id, camera: notice.camera, json: notice.json(), outcome: outcome))
        }
        return outcome
    }

    var all: [Receipt] { got.withLock { $0 } }
    var delivered: [Receipt] { all.filter { $0.outcome == .delivered } }
}

extension Outbox {
    /// Works on the first target until nothing waits, or for a time of the clocks; returns whether nothing waits.
    func drain(_ clocks: ManualClocks, for limit: Duration = .seconds(100 * 3600)) throws -> Bool {
        let end = clocks.monotonic() + limit
        while clocks.monotonic() < end {
            let pause = advance(0)
            if pause == .zero { continue }
            if try status[0].waiting == 0 { return true }
            clocks.advance(by: pause)
        }
        return try status[0].waiting == 0
    }
}

extension OutboxTarget {
    static func named(_ name: String, _ change: (inout OutboxTarget) -> Void = { _ in }) -> OutboxTarget {
        var target = OutboxTarget(name: name, transport: .exec)
        change(&target)
        return target
    }
}
