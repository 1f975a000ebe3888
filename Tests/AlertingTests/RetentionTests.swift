import Alerting
import Analysis
import Basics
import GRDB
import TestSupport
import Testing

/// What is removed, and what is not.
@Suite struct RetentionTests {
    private static let dayMs: Int64 = 86_400_000
    private static let now: Int64 = 1_900_000_000_000

    /// A history of random events of both sorts over a hundred days, some confirmed, some open, most with pictures.
    private func makeHistory(_ path: String, seed: UInt64, count: Int = 120) throws {
        var random = SeededGenerator(seed: seed)
        try EventWriter(path: path, clocks: ManualClocks(wallTimeMs: Self.now)).finish()
        let database = try DatabaseQueue(path: path)
        try database.write { db in
            for number in 1...count {
                let start = Self.now - Int64(random.index(below: 100 * 1000)) * Self.dayMs / 1000
                let camera = ["yard", "gate", "hall"][random.index(below: 3)]
                let id = "0199c82c-6c00-7000-8000-" + String(1_000_000_000_000 + number).suffix(12)
                let isOpen = random.index(below: 10) == 0
                let common: StatementArguments = [
                    number, id, number, camera, isOpen ? "open" : "closed", isOpen ? nil : "quiet", start, start,
                    isOpen ? nil : start,
                ]
                let isCamera = random.index(below: 4) == 0
                if isCamera {
                    let kind = ["lost", "dark"][random.index(below: 2)]
                    try db.execute(
                        sql: """
                            INSERT INTO camera_event (number, id, revision, camera, state, reason, start_ms, last_seen_ms,
                                end_ms, run, detail, kind) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, 1, '', '\(kind)')
                            """, arguments: common)
                } else {
                    let kind = ["object", "pixel", "both"][random.index(below: 3)]
                    try db.execute(
                        sql: """
                            INSERT INTO event (number, id, revision, camera, state, reason, start_ms, last_seen_ms, end_ms,
                                run, kind, start_stream_ms, last_seen_stream_ms, width, height, box_x1, box_y1, box_x2,
                                box_y2, surprise, peak_sequence, frames, regime, model, profile)
                            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, 1, '\(kind)', 0, 0, 64, 48, 1, 1, 9, 9, 5, 1, 4, 'day', 'm',
                                'p')
                            """, arguments: common)
                    for sequence in 1...(1 + random.index(below: 20)) {
                        try db.execute(
                            sql: """
                                INSERT INTO observation (event, sequence, time_ms, stream_ms, box_x1, box_y1, box_x2, box_y2)
                                VALUES (?, ?, 0, 0, 1, 1, 9, 9)
                                """, arguments: [number, sequence])
                    }
                }
                let table = isCamera ? "camera_" : ""
                if random.index(below: 4) > 0 {
                    let size = 1 + random.index(below: 30_000)
                    let (columns, values) = isCamera ? ("", "") : ("kind, ", "'clean', ")
                    try db.execute(
                        sql: """
                            INSERT INTO \(table)snapshot (event, \(columns)time_ms, sequence, jpeg)
                            VALUES (?, \(values)0, 1, zeroblob(\(size)))
                            """, arguments: [number])
                }
                if random.index(below: 6) == 0 {
                    let label = random.index(below: 3) == 0 ? "false" : "confirm"
                    try db.execute(
                        sql: "INSERT INTO \(table)ack (event, revision, label, time_ms) VALUES (?, ?, '\(label)', 0)",
                        arguments: [number, number])
                }
            }
        }
        try database.close()
    }

    private func randomRules(_ random: inout SeededGenerator, used: Int64) -> RetentionRules {
        func maybe(_ below: Int) -> Double? { random.index(below: 2) == 0 ? nil : Double(1 + random.index(below: below)) }
        func ages() -> RetentionRules.Ages {
            var ages = RetentionRules.Ages()
            (ages.events, ages.pictures, ages.confirmed) = (maybe(100), maybe(60), maybe(150))
            for kind in ["object", "pixel", "lost"] { ages.kinds[kind] = maybe(80) }
            return ages
        }
        var rules = RetentionRules()
        rules.ages = ages()
        if random.index(below: 2) == 0 { rules.cameras["gate"] = ages() }
        if random.index(below: 2) == 0 { rules.maximumBytes = used * Int64(1 + random.index(below: 10)) / 10 }
        return rules
    }

    /// What is left, as text per row.
    private func contents(_ path: String) throws -> Set<String> {
        try DatabaseQueue(path: path).read { db in
            Set(
                try String.fetchAll(
                    db,
                    sql: """
                        SELECT 'event ' || number FROM event UNION ALL SELECT 'event ' || number FROM camera_event
                        UNION ALL SELECT 'picture ' || event FROM snapshot
                        UNION ALL SELECT 'picture ' || event FROM camera_snapshot
                        """))
        }
    }

    private func used(_ path: String) throws -> Int64 {
        try DatabaseQueue(path: path).read { db in
            let pages = try Int64.fetchOne(db, sql: "PRAGMA page_count") ?? 0
            return 4096 * (pages - (try Int64.fetchOne(db, sql: "PRAGMA freelist_count") ?? 0))
        }
    }

    @Test(arguments: 1...40) func `a dry run is the real run, open events stay, and no more goes than must`(seed: UInt64) throws {
        let folder = TemporaryFolder()
        let path = folder.file("events.sqlite")
        try makeHistory(path, seed: seed)
        // What is open would be taken for the leftovers of a crash.
        let clocks = ManualClocks(wallTimeMs: Self.now)
        let writer = try EventWriter(path: path, clocks: clocks)
        let open = try DatabaseQueue(path: path)
        try open.write { try $0.execute(sql: "UPDATE event SET state = 'open', reason = NULL WHERE state = 'interrupted'") }
        let before = try contents(path)
        let usedBefore = try used(path)
        var random = SeededGenerator(seed: seed)
        let rules = randomRules(&random, used: usedBefore)

        let dry = try EventReader(path: path).retention(rules, nowMs: Self.now)
        #expect(try contents(path) == before)
        let real = try writer.retain(rules)
        #expect(real == dry, "\(rules)")
        let gone = before.subtracting(try contents(path))
        #expect(gone.count { $0.hasPrefix("event") } == dry.shares.filter { !$0.isPicturesOnly }.reduce(0) { $0 + $1.count })
        let openLeft = try open.read { try Int.fetchOne($0, sql: "SELECT count(*) FROM event WHERE state = 'open'") } ?? 0
        #expect(openLeft == (try openCount(before: before, path)))
        #expect(try open.read { try Row.fetchAll($0, sql: "PRAGMA foreign_key_check") }.isEmpty)

        // Without ages, room alone decides: what goes is what is too much, and one thing more at most.
        if let maximum = rules.maximumBytes, rules.ages == RetentionRules.Ages(), rules.cameras.isEmpty {
            let largest = dry.shares.map { $0.bytes }.max() ?? 0
            #expect(dry.bytes <= max(0, usedBefore - maximum) + largest)
        }
        // What was freed is never more than what was said.
        #expect(usedBefore - (try used(path)) <= dry.bytes + 65_536)
    }

    private func openCount(before: Set<String>, _ path: String) throws -> Int {
        try DatabaseQueue(path: path).read {
            try Int.fetchOne($0, sql: "SELECT count(*) FROM event WHERE state = 'open'") ?? 0
        }
    }

    @Test(arguments: 1...20) func `room alone takes the oldest, confirmed ones last, and stops at once`(seed: UInt64) throws {
        let folder = TemporaryFolder()
        let path = folder.file("events.sqlite")
        try makeHistory(path, seed: seed &+ 500)
        let writer = try EventWriter(path: path, clocks: ManualClocks(wallTimeMs: Self.now))
        let size = try used(path)
        var rules = RetentionRules()
        rules.maximumBytes = size * Int64(2 + seed % 8) / 10
        let excess = size - (rules.maximumBytes ?? 0)
        let order = try DatabaseQueue(path: path).read { db in
            try String.fetchAll(
                db,
                sql: """
                    SELECT text FROM (
                        SELECT 'event ' || event.number AS text, start_ms, event.id AS id, label FROM event
                        LEFT JOIN ack ON ack.event = event.number
                        UNION ALL
                        SELECT 'event ' || camera_event.number, start_ms, camera_event.id, label FROM camera_event
                        LEFT JOIN camera_ack ON camera_ack.event = camera_event.number)
                    ORDER BY coalesce(label, '') = 'confirm', start_ms, id
                    """)
        }
        let before = try contents(path)
        let report = try writer.retain(rules)
        let gone = before.subtracting(try contents(path)).filter { $0.hasPrefix("event") }
        #expect(gone == Set(order.prefix(report.count)))
        // One less would not have been enough.
        #expect(report.bytes >= excess)
        #expect(report.bytes - excess < 30_000 + 4 * 4096 + 1024 + 20 * 256)
        // A second run has little to do: what was said to go is at least what went.
        #expect(try used(path) <= size)
    }

    @Test func `a confirmed event outlives others, a single kind goes sooner, and pictures before their events`() throws {
        let folder = TemporaryFolder()
        let path = folder.file("events.sqlite")
        let clocks = ManualClocks(wallTimeMs: Self.now)
        let writer = try EventWriter(path: path, clocks: clocks)
        let lives = (1...3).map { Lives.one(seed: UInt64($0), kind: $0 == 3 ? .pixel : .object) }
        for life in lives { writer.submit(life, snapshots: Lives.picture) }
        writer.flush()
        _ = try writer.carryOut(AckRequest(event: lives[0][0].event.id.description, label: .confirmed))
        let start = lives[0][0].event.startMs
        var rules = RetentionRules()
        rules.ages.events = 30
        rules.ages.pictures = 10
        rules.ages.kinds = ["pixel": 5]
        rules.ages.confirmed = 100
        let reader = try EventReader(path: path)
        func left(afterDays days: Int64) throws -> [Int] {
            clocks.stepWall(byMs: start + days * Self.dayMs + 60_000 - clocks.wallTimeMs())
            _ = try writer.retain(rules)
            return try lives.indices.filter { try reader.event(lives[$0][0].event.id.description) != nil }
        }
        #expect(try left(afterDays: 4) == [0, 1, 2])
        #expect(try left(afterDays: 6) == [0, 1])
        #expect(try left(afterDays: 11) == [0, 1])
        #expect(try reader.snapshot(lives[1][0].event.id, .clean) == nil)
        #expect(try reader.snapshot(lives[0][0].event.id, .clean) != nil)
        let revision = try reader.latestRevision
        #expect(try left(afterDays: 31) == [0])
        #expect(try left(afterDays: 101) == [])
        #expect(try reader.latestRevision >= revision)
        #expect(try reader.problems() == [])
    }

    @Test func `the file gives its room back`() throws {
        let folder = TemporaryFolder()
        let path = folder.file("events.sqlite")
        try makeHistory(path, seed: 9, count: 600)
        let writer = try EventWriter(path: path, clocks: ManualClocks(wallTimeMs: Self.now))
        let pages = try #require(try writer.pragma("page_count").flatMap { Int($0) })
        var rules = RetentionRules()
        rules.maximumBytes = 1 << 20
        _ = try writer.retain(rules)
        // Some at a time, with the next runs.
        for _ in 0..<40 { _ = try writer.retain(rules) }
        let left = try #require(try writer.pragma("page_count").flatMap { Int($0) })
        #expect(left < pages / 2 && left < 1000, "\(pages) became \(left)")
    }
}
