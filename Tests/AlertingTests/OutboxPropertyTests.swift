import Alerting
import Basics
import TestSupport
import Testing

/// Random events, a target that fails at random, and daemons that die at any moment.
@Suite struct OutboxPropertyTests {
    private struct Life {
        let camera: String
        let actions: [EventAction]

        var id: String { actions[0].event.id.description }
        var startMs: Int64 { actions[0].event.startMs }
        var lastMs: Int64 { actions[actions.count - 1].event.lastSeenMs }
    }

    private static let cameras = ["yard", "gate", "hall"]

    /// Events that follow each other at each camera.
    private func lives(_ random: inout SeededGenerator) -> [Life] {
        Self.cameras.enumerated().flatMap { index, camera in
            var time = 0
            return (0..<12).map { number in
                time += 20 + random.index(below: 200)
                let frames = 10 + random.index(below: 40)
                return Life(
                    camera: camera,
                    actions: Lives.one(
                        camera: camera, at: .seconds(time), seed: UInt64(index * 100 + number), frames: frames))
            }
        }.sorted { $0.startMs < $1.startMs }
    }

    @Test(arguments: UInt64(1)...12)
    func `everything arrives or is suppressed by what arrived, in order, whatever fails`(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        let clocks = ManualClocks(wallTimeMs: Script.wallStart)
        let folder = TemporaryFolder()
        let path = folder.file("events.sqlite")
        let target = OutboxTarget.named("a") {
            $0.cooldown.interval = .seconds([0, 0, 120, 300][random.index(below: 4)])
            $0.cooldown.quietFor = .seconds([0, 0, 60, 200][random.index(below: 4)])
        }
        let luck = Locked((random: SeededGenerator(seed: seed &+ 1000), share: 0.4))
        let receiver = Receiver { _ in
            luck.withLock { luck in
                if luck.random.uniform() < luck.share { return .delivered }
                // Of some of these the receiver knows, and the sender does not.
                return luck.random.uniform() < 0.5
                    ? .unreachable("no answer") : .busy("later", after: .seconds(luck.random.index(below: 100)))
            }
        }
        let lives = lives(&random)
        var running: (writer: EventWriter, outbox: Outbox)? = try Self.open(path, target, receiver, clocks, seed)
        for life in lives {
            for action in [life.actions[0], life.actions[life.actions.count - 1]] {
                running?.writer.submit(action)
                if random.uniform() < 0.5 { running?.writer.flush() }
                if random.uniform() < 0.5 {
                    _ = try running?.outbox.drain(clocks, for: .seconds(random.index(below: 30)))
                }
            }
            running?.writer.flush()
            if random.uniform() < 0.2 {
                // The old one's lock must be gone first.
                running = nil
                running = try Self.open(path, target, receiver, clocks, seed)
            }
        }
        luck.withLock { $0.share = 1 }
        #expect(try running?.outbox.drain(clocks) == true)
        try check(lives, receiver.all, target.cooldown, path)
    }

    private static func open(
        _ path: String, _ target: OutboxTarget, _ receiver: Receiver, _ clocks: ManualClocks, _ seed: UInt64
    ) throws -> (writer: EventWriter, outbox: Outbox) {
        let writer = try EventWriter(path: path, clocks: clocks)
        return (writer, try Outbox([(target, receiver)], writer: writer, clocks: clocks, seed: seed))
    }

    private func check(
        _ lives: [Life], _ receipts: [Receiver.Receipt], _ rules: Cooldown.Rules, _ path: String
    ) throws {
        let reader = try EventReader(path: path)
        let fates = try reader.notifications(for: "a")
        #expect(fates.count == 2 * lives.count && fates.allSatisfy { $0.state != "waiting" && $0.state != "dropped" })
        let order = Dictionary(uniqueKeysWithValues: fates.enumerated().map { ($1.id, $0) })
        // The same id always means the same message, and nothing else was ever sent.
        for (id, same) in Dictionary(grouping: receipts, by: \.id) {
            #expect(Set(same.map(\.json)).count == 1 && order[id] != nil)
            #expect(same.count { $0.outcome == .delivered } <= 1, "delivered twice: \(id)")
        }
        let arrived = receipts.filter { $0.outcome == .delivered }
        #expect(Set(fates.filter { $0.state == "delivered" }.map(\.id)) == Set(arrived.map(\.id)))
        for camera in Self.cameras {
            let places = arrived.filter { $0.camera == camera }.compactMap { order[$0.id] }
            #expect(places == places.sorted(), "order at \(camera)")
            try checkCooldown(camera, lives.filter { $0.camera == camera }, arrived, fates, rules)
        }
    }

    private func checkCooldown(
        _ camera: String, _ lives: [Life], _ arrived: [Receiver.Receipt], _ fates: [NotificationFate],
        _ rules: Cooldown.Rules
    ) throws {
        let toldIDs = Set(arrived.map { String($0.id.prefix(36)) })
        let told = lives.filter { toldIDs.contains($0.id) }
        #expect(!told.isEmpty)
        func isTooSoon(_ life: Life, after other: Life) -> Bool {
            life.startMs - other.startMs < rules.interval.milliseconds
                || rules.quietFor > .zero && life.startMs - other.lastMs < rules.quietFor.milliseconds
        }
        for (first, second) in zip(told, told.dropFirst()) {
            #expect(!isTooSoon(second, after: first), "\(second.id) was told too soon after \(first.id)")
        }
        for life in lives where !toldIDs.contains(life.id) {
            let states = fates.filter { $0.id.hasPrefix(life.id) }.map(\.state)
            #expect(states.allSatisfy { $0 == "suppressed" || $0 == "merged" } && states.contains("suppressed"))
            let before = told.last { $0.startMs < life.startMs }
            #expect(try isTooSoon(life, after: #require(before)), "\(life.id) was suppressed by nothing that arrived")
        }
    }
}
