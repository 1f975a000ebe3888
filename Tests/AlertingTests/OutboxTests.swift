import Alerting
import Basics
import FoundationEssentials
import GRDB
import TestSupport
import Testing

@Suite struct OutboxTests {
    private let folder = TemporaryFolder()
    private let clocks = ManualClocks(wallTimeMs: Script.wallStart)
    private var path: String { folder.file("events.sqlite") }

    private func writer() throws -> EventWriter { try EventWriter(path: path, clocks: clocks) }

    private func outbox(
        _ target: OutboxTarget, _ receiver: Receiver, _ writer: EventWriter,
        report: @escaping @Sendable (Outbox.Report) -> Void = { _ in }
    ) throws -> Outbox {
        try Outbox([(target, receiver)], writer: writer, clocks: clocks, seed: 1, report: report)
    }

    /// Writes an event's opening, and after it its closing.
    private func live(_ writer: EventWriter, _ life: [EventAction]) {
        for action in [life.first, life.last].compactMap(\.self) {
            writer.submit(action)
            writer.flush()
        }
    }

    @Test func `an event's opening and closing are delivered, in order and once`() throws {
        let (writer, receiver) = (try writer(), Receiver())
        let outbox = try outbox(.named("a"), receiver, writer)
        let life = Lives.one()
        let id = try #require(life.last?.event.id.description)
        writer.submit(life[0])
        writer.flush()
        #expect(try outbox.drain(clocks))
        writer.submit(life[life.count - 1])
        writer.flush()
        #expect(try outbox.drain(clocks))
        #expect(receiver.all.map { String($0.id.prefix(43)) } == ["\(id).opened", "\(id).closed"])
        let closing = try #require(receiver.all.last?.json)
        #expect(closing.contains(#""moment":"closed""#) && closing.contains(#""state":"closed""#))
        let status = try #require(try outbox.status.first)
        #expect((status.delivered, status.waiting, status.merged, status.dropped) == (2, 0, 0, 0))
        #expect(status.lastSuccessMs != nil && status.lastError == nil)
    }

    @Test(arguments: ["event", "observation", "notification"])
    func `a message exists exactly when its event does`(refused: String) throws {
        let writer = try writer()
        _ = try outbox(.named("a"), Receiver(), writer)
        let database = try DatabaseQueue(path: path)
        try database.write { db in
            try db.execute(
                sql: "CREATE TRIGGER no BEFORE INSERT ON \(refused) BEGIN SELECT RAISE(ABORT, 'no'); END")
        }
        live(writer, Lives.one(seed: 1))
        let reader = try EventReader(path: path)
        #expect(try reader.notifications(for: "a").isEmpty && reader.events().events.isEmpty)
        try database.write { try $0.execute(sql: "DROP TRIGGER no") }
        live(writer, Lives.one(at: .seconds(60), seed: 2))
        #expect(try reader.notifications(for: "a").count == 2 && reader.events().events.count == 1)
    }

    @Test func `the closing of an event that a dead daemon left open is told by the next one`() throws {
        do {
            let writer = try writer()
            _ = try outbox(.named("a"), Receiver(), writer)
            writer.submit(Lives.one()[0])
            writer.flush()
        }
        let (writer, receiver) = (try writer(), Receiver())
        let outbox = try outbox(.named("a"), receiver, writer)
        #expect(try outbox.drain(clocks))
        // Both waited, so one tells all.
        let only = try #require(receiver.all.first)
        #expect(receiver.all.count == 1)
        #expect(only.json.contains(#""state":"interrupted""#) && only.json.contains(#""reason":"crash""#))
        #expect(only.json.contains(#".opened."#) && only.id.contains(".closed."))
    }

    @Test func `a target hears what it asked for`() throws {
        let (writer, receiver) = (try writer(), Receiver())
        let target = OutboxTarget.named("a") {
            $0.cameras = ["yard"]
            $0.kinds = ["pixel"]
            $0.minimumSurprise = 5
            $0.moments = [.opened]
        }
        let outbox = try outbox(target, receiver, writer)
        live(writer, Lives.one(camera: "gate", surprise: 8, seed: 1, kind: .pixel))
        live(writer, Lives.one(surprise: 8, seed: 2, kind: .object))
        live(writer, Lives.one(surprise: 3.5, seed: 3, kind: .pixel))
        let wanted = Lives.one(surprise: 8, seed: 4, kind: .pixel)
        live(writer, wanted)
        #expect(try outbox.drain(clocks))
        #expect(receiver.all.map { String($0.id.prefix(36)) } == [wanted[0].event.id.description])
    }

    @Test func `labels are told when asked for, with or without a daemon`() throws {
        let target = OutboxTarget.named("a") { $0.moments = [.labelled] }
        let life = Lives.one()
        let event = life[0].event.id.description
        do {
            let (writer, receiver) = (try writer(), Receiver())
            let outbox = try outbox(target, receiver, writer)
            live(writer, life)
            _ = try writer.carryOut(AckRequest(event: event, label: .confirmed))
            #expect(try outbox.drain(clocks))
            #expect(receiver.all.count == 1 && receiver.all[0].json.contains(#""label":"confirm""#))
        }
        _ = try StoppedStore.carryOut(AckRequest(event: event, label: .falseAlarm), path: path, clocks: clocks)
        _ = try StoppedStore.carryOut(AckRequest(event: event, label: nil), path: path, clocks: clocks)
        let (writer, receiver) = (try writer(), Receiver())
        let outbox = try outbox(target, receiver, writer)
        #expect(try outbox.drain(clocks))
        #expect(receiver.all.count == 1 && !receiver.all[0].json.contains(#""label":"#))
        #expect(receiver.all[0].json.contains(#""includes":["\#(event).labelled."#))
    }

    @Test func `a camera whose message fails holds up no other`() throws {
        let receiver = Receiver { $0.camera == "gate" ? .busy("not now") : .delivered }
        let writer = try writer()
        let outbox = try outbox(.named("a"), receiver, writer)
        live(writer, Lives.one(camera: "gate", seed: 1))
        live(writer, Lives.one(camera: "yard", seed: 2))
        live(writer, Lives.one(camera: "hall", seed: 3))
        #expect(try !outbox.drain(clocks, for: .seconds(60)))
        #expect(Set(receiver.delivered.map(\.camera)) == ["yard", "hall"])
        let attempts = receiver.all.count { $0.camera == "gate" }
        #expect((5...9).contains(attempts), "1, 2, 4, … s apart in a minute: \(attempts)")
    }

    @Test func `a target that fails with one message loses that one only`() throws {
        let reports = Locked<[String]>([])
        let poisonous = Lives.one(seed: 1)
        let poison = poisonous[0].event.id.description
        let receiver = Receiver { $0.event == poison ? .failed("it crashed") : .delivered }
        let writer = try writer()
        let outbox = try outbox(.named("a"), receiver, writer) { @Sendable report in
            if case .rejected(_, let id, _) = report { reports.withLock { $0.append(id) } }
        }
        live(writer, poisonous)
        live(writer, Lives.one(at: .seconds(60), seed: 2))
        #expect(try outbox.drain(clocks))
        #expect(receiver.all.count { $0.json.contains(poison) } == 10)
        #expect(receiver.delivered.count == 1)
        #expect(reports.withLock { $0 }.count == 1)
        #expect(try outbox.status[0].rejected == 1 && outbox.status[0].lastError == "it crashed")
    }

    @Test func `what waits is bounded by age and by number, and what is dropped is counted and told`() throws {
        let dropped = Locked(0)
        let writer = try writer()
        let target = OutboxTarget.named("a") {
            $0.keepCount = 20
            $0.keepTime = .seconds(3600)
        }
        let receiver = Receiver { _ in .unreachable("down") }
        let outbox = try outbox(target, receiver, writer) { @Sendable report in
            if case .dropped(_, let count) = report { dropped.withLock { $0 += count } }
        }
        for seed in 1...30 { live(writer, Lives.one(at: .seconds(seed * 60), seed: UInt64(seed))) }
        #expect(try outbox.status[0].waiting == 60)
        _ = try outbox.drain(clocks, for: .seconds(60))
        #expect(try outbox.status[0].waiting <= 20)
        #expect(try outbox.drain(clocks, for: .seconds(2 * 3600)))
        let status = try outbox.status[0]
        #expect(status.dropped == dropped.withLock { $0 } && status.dropped + status.merged == 60)
        #expect(status.delivered == 0)
    }

    @Test func `what was finished long ago is forgotten`() throws {
        let writer = try writer()
        let outbox = try outbox(.named("a"), Receiver(), writer)
        let database = try DatabaseQueue(path: path)
        try database.write { db in
            for number in 1...2500 {
                try db.execute(
                    sql: """
                        INSERT INTO notification (id, target, camera, event, moment, start_ms, time_ms, state, done_ms,
                            document) VALUES (?, 'a', 'c', ?, 'opened', 0, 0, 'delivered', 0, '')
                        """, arguments: ["\(number)", "\(number)"])
            }
        }
        #expect(try outbox.drain(clocks))
        #expect(try database.read { try Int.fetchOne($0, sql: "SELECT count(*) FROM notification") } == 1000)
        #expect(try database.read { try String.fetchOne($0, sql: "SELECT min(id) FROM notification") } == "1501")
    }

    @Test func `targets that the settings no longer name are forgotten with what waited for them`() throws {
        let gone = Locked<[String: Int]>([:])
        do {
            let writer = try writer()
            _ = try outbox(.named("old"), Receiver(), writer)
            live(writer, Lives.one())
        }
        let writer = try writer()
        _ = try outbox(.named("new"), Receiver(), writer) { @Sendable report in
            if case .forgotten(let target, let waiting) = report { gone.withLock { $0[target] = waiting } }
        }
        #expect(gone.withLock { $0 } == ["old": 2])
        #expect(try EventReader(path: path).outbox().map(\.name) == ["new"])
    }

    @Test func `marks of deliveries leave events as durable as they were`() throws {
        let writer = try writer()
        let outbox = try outbox(.named("a"), Receiver(), writer)
        live(writer, Lives.one())
        #expect(try outbox.drain(clocks))
        #expect(try writer.pragma("synchronous") == "2")
    }

    @Test func `a target asked to be tested gets a message that says so`() throws {
        let (writer, receiver) = (try writer(), Receiver())
        let outbox = try outbox(.named("a"), receiver, writer)
        let id = try outbox.test("a")
        #expect(try outbox.drain(clocks))
        #expect(receiver.all.map(\.id) == [id] && receiver.all[0].json.contains(#""type":"test""#))
        #expect(try EventReader(path: path).notifications(for: "a", id: id).map(\.state) == ["delivered"])
        let unknown = #expect(throws: StoreError.self) { try outbox.test("b") }
        #expect(unknown?.code == .unknownTarget)
    }

    @Test func `statements that run often read no whole table`() throws {
        let writer = try writer()
        _ = try outbox(.named("a"), Receiver(), writer)
        try DatabaseQueue(path: path).read { db in
            for sql in [
                "SELECT camera, min(number) FROM notification WHERE target = 'a' AND state = 'waiting' GROUP BY camera",
                "SELECT * FROM notification WHERE target = 'a' AND camera = 'c' AND state = 'waiting' ORDER BY number LIMIT 1",
                "SELECT * FROM notification WHERE event = 'e' AND target = 'a' ORDER BY number",
                "UPDATE notify_cooldown SET last_ms = 1 WHERE event = 'e' AND last_ms IS NULL",
            ] {
                let plan = try Row.fetchAll(db, sql: "EXPLAIN QUERY PLAN " + sql).map { $0["detail"] as String }
                #expect(plan.allSatisfy { !$0.hasPrefix("SCAN") }, "\(sql): \(plan)")
            }
        }
    }
}
