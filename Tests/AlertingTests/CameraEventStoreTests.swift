import Alerting
import Analysis
import Basics
import Dispatch
import FoundationEssentials
import GRDB
import Glibc
import TestSupport
import Testing

@Suite struct CameraEventStoreTests {
    /// Outages and conditions of one camera from `second` on; the last of them stays open.
    private static func life(_ camera: String, at second: Double, seed: UInt64, open: Bool = false)
        -> [CameraEventAction]
    {
        var machine = CameraEventMachine(camera: camera, ids: EventIDGenerator(seed: seed))
        func at(_ offset: Double) -> CameraEventMachine.Instant {
            let time = Duration.seconds(1) * (second + offset)
            return CameraEventMachine.Instant(
                MonotonicTime(nanoseconds: 0) + time, wallMs: Script.wallStart + time.milliseconds)
        }
        var actions = machine.troubled(.lost, detail: "no answer", at: at(0)) + machine.tick(at(3))
        if !open { for frame in 0..<3 { actions += machine.sawFrame(at: at(4 + Double(frame))) } }
        return actions
    }

    private static let picture = [EventSnapshot(kind: .clean, timeMs: 9, sequence: 4, jpeg: [7, 8, 9])]

    @Test func `a camera event is read back as it was written`() throws {
        let folder = TemporaryFolder()
        let path = folder.file("events.sqlite")
        let writer = try EventWriter(path: path)
        let life = Self.life("yard", at: 0, seed: 1)
        for action in life { writer.submit(action, snapshots: action == life[0] ? Self.picture : []) }
        writer.flush()
        let reader = try EventReader(path: path)
        let event = try #require(life.last?.event)
        #expect(try reader.entry(event.id.description) == .camera(event))
        #expect(try reader.entry(String(event.id.description.prefix(30)).uppercased()) == .camera(event))
        #expect(try reader.event(event.id.description) == nil)
        #expect(try reader.cameraSnapshot(event.id) == Self.picture[0])
        #expect(try reader.problems().isEmpty)
        #expect(try writer.latestID == event.id)
        try writer.finish()
    }

    @Test func `openings and closings are committed before they are reported`() throws {
        let folder = TemporaryFolder()
        let path = folder.file("events.sqlite")
        let seen = Locked<[EventState?]>([])
        let writer = try EventWriter(path: path) { report in
            switch report {
            case .opened(let event), .closed(let event):
                let state = try? EventReader(path: path).entry(event.id.description)?.state
                seen.withLock { $0.append(state) }
            default: break
            }
        }
        for action in Self.life("yard", at: 0, seed: 1) {
            writer.submit(action)
            writer.flush()
        }
        #expect(seen.withLock { $0 } == [.open, .closed])
    }

    @Test func `what a dead daemon left open is interrupted at its true last sight`() throws {
        let folder = TemporaryFolder()
        let path = folder.file("events.sqlite")
        let life = Self.life("yard", at: 0, seed: 1, open: true)
        do {
            let writer = try EventWriter(path: path)
            for action in life { writer.submit(action) }
            for action in Lives.one(seed: 9).dropLast() { writer.submit(action) }
            writer.flush()
        }
        let reports = Reports()
        let writer = try EventWriter(path: path) { reports.add($0) }
        let last = try #require(life.last?.event)
        let entry = try #require(try EventReader(path: path).entry(last.id.description))
        #expect(entry.state == .interrupted && entry.reason == .crash && entry.endMs == nil)
        #expect(entry.lastSeenMs == last.lastSeenMs)
        #expect(reports.all.count == 1 && reports.all[0].contains("\(last.id)"))
        // Both sorts count revisions together.
        let changes = try EventReader(path: path).news(after: 0)
        #expect(changes.news.count == 2 && Set(changes.news.map(\.entry.state)) == [.interrupted])
        #expect(try EventReader(path: path).latestRevision == changes.revision)
        try writer.finish()
    }

    /// 30 anomalies and 30 outages of three cameras, alternating.
    private static func filled(_ folder: TemporaryFolder) throws -> (EventWriter, EventReader) {
        let path = folder.file("events.sqlite")
        let writer = try EventWriter(path: path)
        for index in 0..<30 {
            let camera = ["yard", "gate", "hall"][index % 3]
            writer.submit(Lives.one(camera: camera, at: .seconds(20 * index), seed: UInt64(index + 1), frames: 5))
            for action in Self.life(camera, at: Double(20 * index + 10), seed: UInt64(index + 100), open: index == 29) {
                writer.submit(action)
            }
        }
        writer.flush()
        return (writer, try EventReader(path: path))
    }

    @Test(arguments: [1, 7, 60]) func `pages of both sorts are the whole list, newest first`(_ limit: Int) throws {
        let folder = TemporaryFolder()
        let (_, reader) = try Self.filled(folder)
        var query = EventQuery()
        query.limit = limit
        var entries: [HistoryEntry] = []
        while true {
            let page = try reader.history(query)
            entries += page.entries
            guard let next = page.next else { break }
            query.after = next
        }
        #expect(entries.count == 60 && Set(entries.map(\.id)).count == 60)
        #expect(zip(entries, entries.dropFirst()).allSatisfy { $0.startMs > $1.startMs })
    }

    @Test func `filters select from both sorts`() throws {
        let folder = TemporaryFolder()
        let (writer, reader) = try Self.filled(folder)
        func count(_ change: (inout EventQuery) -> Void) throws -> Int {
            var query = EventQuery()
            query.limit = 1000
            change(&query)
            return try reader.history(query).entries.count
        }
        #expect(try count { $0.filter.cameras = ["gate"] } == 20)
        #expect(try count { $0.filter.cameraKinds = [.lost] } == 30)
        #expect(try count { $0.filter.cameraKinds = [.dark] } == 0)
        #expect(try count { $0.filter.kinds = [.object] } == 30)
        #expect(
            try count {
                $0.filter.kinds = [.object]
                $0.filter.cameraKinds = [.lost, .dark]
            } == 60)
        #expect(try count { $0.filter.states = [.open] } == 1)
        #expect(try count { $0.minimumSurprise = 1 } == 30)
        #expect(try count { $0.sinceMs = Script.wallStart + 300_000 } == 30)
        #expect(try count { $0.untilMs = Script.wallStart + 300_000 } == 30)

        let lost = try #require(
            try reader.history(
                {
                    var query = EventQuery()
                    query.filter.cameraKinds = [.lost]
                    return query
                }()
            ).entries.last)
        let revision = try reader.latestRevision
        let outcome = try writer.carryOut(AckRequest(event: lost.id.description, label: .falseAlarm, note: "cleaning"))
        #expect(outcome.kind == .lost && outcome.camera == lost.camera)
        #expect(try count { $0.filter.labels = [.falseAlarm] } == 1)
        #expect(try count { $0.filter.labels = [nil] } == 59)
        #expect(try reader.acknowledgement(of: lost.id)?.note == "cleaning")
        #expect(try reader.news(after: revision).news.map(\.entry) == [lost])
        #expect(try writer.carryOut(AckRequest(event: lost.id.description, label: nil)).former == .falseAlarm)
        // A label of an anomaly is none of a camera's.
        #expect(try reader.labels(camera: lost.camera, since: 0).isEmpty)
        #expect(try reader.problems().isEmpty)
    }

    @Test func `followers see each change of both sorts once, in order`() throws {
        let folder = TemporaryFolder()
        let (_, reader) = try Self.filled(folder)
        var (place, seen): (Int64, [EventID]) = (0, [])
        while true {
            let changes = try reader.news(after: place, limit: 7)
            seen += changes.news.map(\.entry.id)
            guard changes.revision > place else { break }
            place = changes.revision
        }
        #expect(seen.count == 60 && Set(seen).count == 60)
        #expect(try reader.latestRevision == place)
    }

    @Test func `no query reads the whole table`() throws {
        let folder = TemporaryFolder()
        let (_, reader) = try Self.filled(folder)
        var (camera, window, page, open, unlabelled) = (
            EventQuery(), EventQuery(), EventQuery(), EventQuery(), EventQuery()
        )
        camera.filter.cameras = ["yard"]
        window.filter.cameras = ["yard"]
        window.sinceMs = 0
        window.untilMs = 1
        page.limit = 4
        page.after = try reader.history(page).next
        open.filter.states = [.open]
        unlabelled.filter.labels = [nil]
        #expect(try reader.plans([open]).contains { $0.contains("history_by_facet") })
        let plans = try reader.plans([EventQuery(), camera, window, page, open, unlabelled])
        #expect(HistoryPlans.faults(plans).isEmpty)
    }

    @Test func `a database from before camera events is upgraded with its events`() throws {
        let folder = TemporaryFolder()
        let path = folder.file("events.sqlite")
        let old = try DatabaseQueue(path: path)
        try StoreSchema.migrator.migrate(old, upTo: "4 levels")
        #expect(throws: StoreError.self) { try EventReader(path: path) }
        let writer = try EventWriter(path: path)
        for action in Self.life("yard", at: 0, seed: 1) { writer.submit(action) }
        writer.flush()
        #expect(try EventReader(path: path).history().entries.count == 1)
    }

    @Test func `impossible rows are refused`() throws {
        let folder = TemporaryFolder()
        let path = folder.file("events.sqlite")
        let writer = try EventWriter(path: path)
        let life = Self.life("yard", at: 0, seed: 1)
        for action in life { writer.submit(action) }
        writer.flush()
        try DatabaseQueue(path: path).write { db in
            for change in ["kind = 'burnt'", "state = 'open'", "last_seen_ms = start_ms - 1", "end_ms = start_ms"] {
                #expect(throws: DatabaseError.self) { try db.execute(sql: "UPDATE camera_event SET \(change)") }
            }
        }
    }

    @Test(arguments: 0..<10) func `what was reported survives a kill`(_ round: Int) async throws {
        let folder = TemporaryFolder()
        let (path, log) = (folder.file("events.sqlite"), folder.file("log"))
        let delayMs = 20 * round
        await #expect(processExitsWith: .signal(SIGKILL)) {
            [path = path as String, log = log as String, delayMs = delayMs as Int] in
            try CameraEventStoreTests.writeUntilKilled(path, log, delayMs)
        }
        let text = try String(contentsOf: URL(filePath: log), encoding: .utf8)
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false).dropLast().map {
            $0.split(separator: " ")
        }
        #expect(!lines.isEmpty)
        let writer = try EventWriter(path: path)
        let reader = try EventReader(path: path)
        #expect(try reader.problems().isEmpty)
        let closed = Set(lines.filter { $0[0] == "closed" }.map { String($0[1]) })
        for line in lines {
            let entry = try #require(try reader.entry(String(line[1])), "a reported event is lost")
            if closed.contains(String(line[1])) {
                #expect(entry.state == .closed)
            } else if entry.state == .interrupted {
                #expect(entry.reason == .crash && entry.endMs == nil)
                // The only last sight that was ever submitted while it was open.
                #expect(entry.duration == .seconds(3))
            } else {
                #expect(entry.state == .closed)
            }
        }
        try writer.finish()
    }

    private static func writeUntilKilled(_ path: String, _ log: String, _ delayMs: Int) throws {
        let descriptor = open(log, O_WRONLY | O_CREAT | O_APPEND, 0o600)
        let firstReport = DispatchSemaphore(value: 0)
        let writer = try EventWriter(path: path) { report in
            var line: String
            switch report {
            case .opened(let event): line = "opened \(event.id)\n"
            case .closed(let event): line = "closed \(event.id)\n"
            default: return
            }
            _ = line.withUTF8 { write(descriptor, $0.baseAddress, $0.count) }
            firstReport.signal()
        }
        DispatchQueue(label: "killer").async { @Sendable in
            firstReport.wait()
            usleep(UInt32(1000 * delayMs))
            kill(getpid(), SIGKILL)
        }
        for number in 0... {
            let life = Self.life("yard", at: Double(10 * number), seed: UInt64(number) + 1, open: number % 3 == 0)
            for action in life { writer.submit(action, snapshots: action == life[0] ? picture : []) }
            if number % 8 == 7 { writer.barrier() }
        }
    }
}
