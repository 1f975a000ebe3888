import Alerting
import Analysis
import Basics
import TestSupport
import Testing

@Suite struct EventQueryTests {
    /// 60 events of three cameras, one every ten seconds.
    private static func filled(_ folder: TemporaryFolder) throws -> EventReader {
        let path = folder.file("events.sqlite")
        let writer = try EventWriter(path: path)
        for index in 0..<60 {
            let life = Lives.one(
                camera: ["yard", "gate", "hall"][index % 3], at: .seconds(10 * index), surprise: Float(3 + index % 4),
                seed: UInt64(index + 1), frames: 5, kind: index % 2 == 0 ? .object : .pixel)
            writer.submit(index == 59 ? Array(life.dropLast()) : life)
        }
        writer.flush()
        return try EventReader(path: path)
    }

    private static func all(_ reader: EventReader, limit: Int, _ query: EventQuery = EventQuery()) throws -> [Event] {
        var query = query
        query.limit = limit
        var events: [Event] = []
        while true {
            let page = try reader.events(query)
            #expect(page.events.count <= limit)
            events += page.events
            guard let next = page.next else { return events }
            query.after = next
        }
    }

    @Test(arguments: [1, 7, 20, 60, 100])
    func pagesTogetherAreTheWholeListNewestFirst(limit: Int) throws {
        let folder = TemporaryFolder()
        let events = try Self.all(Self.filled(folder), limit: limit)
        #expect(events.count == 60)
        #expect(Set(events.map(\.id)).count == 60)
        #expect(zip(events, events.dropFirst()).allSatisfy { $0.startMs > $1.startMs })
    }

    @Test func filtersSelectAndCombine() throws {
        let folder = TemporaryFolder()
        let reader = try Self.filled(folder)
        func count(_ change: (inout EventQuery) -> Void) throws -> Int {
            var query = EventQuery()
            change(&query)
            return try Self.all(reader, limit: 9, query).count
        }
        #expect(try count { $0.filter.cameras = ["gate"] } == 20)
        #expect(try count { $0.filter.cameras = ["nowhere"] } == 0)
        #expect(try count { $0.filter.kinds = [.pixel] } == 30)
        #expect(try count { $0.filter.kinds = [.pixel, .object] } == 60)
        #expect(try count { $0.filter.states = [.open] } == 1)
        #expect(try count { $0.filter.states = [.closed, .interrupted] } == 59)
        #expect(try count { $0.sinceMs = Script.wallStart + 300_000 } == 30)
        #expect(try count { $0.untilMs = Script.wallStart + 300_000 } == 30)
        #expect(try count { $0.minimumSurprise = 6.9 } == 15)
        #expect(
            try count {
                $0.filter.cameras = ["yard"]
                $0.sinceMs = Script.wallStart + 100_000
                $0.untilMs = Script.wallStart + 400_000
                $0.filter.kinds = [.object]
            } == 5)
    }

    @Test func anEventIsFoundByTheBeginningOfItsID() throws {
        let folder = TemporaryFolder()
        let reader = try Self.filled(folder)
        let events = try Self.all(reader, limit: 60)
        #expect(try reader.event(events[5].id.description)?.id == events[5].id)
        #expect(try reader.event(String(events[5].id.description.dropLast(8)).uppercased())?.id == events[5].id)
        #expect(try reader.event("ffff") == nil)
        #expect(try reader.event("") == nil)
        #expect(try reader.event("%") == nil)
        let error = #expect(throws: StoreError.self) { try reader.event("0") }
        #expect(error?.code == .ambiguous)
        #expect(try reader.snapshot(events[5].id, .clean) == nil)
    }

    @Test func noQueryReadsTheWholeTable() throws {
        let folder = TemporaryFolder()
        let reader = try Self.filled(folder)
        var (camera, window, page, open) = (EventQuery(), EventQuery(), EventQuery(), EventQuery())
        camera.filter.cameras = ["yard"]
        window.filter.cameras = ["yard"]
        window.sinceMs = 0
        window.untilMs = 1
        page.limit = 4
        page.after = try reader.events(page).next
        open.filter.states = [.open]
        var rare = EventQuery()
        rare.minimumSurprise = 6.5
        #expect(try reader.plans([rare]).contains { $0.contains("history_by_surprise") })
        #expect(try reader.plans([open]).contains { $0.contains("history_by_facet") })
        var unlabelled = EventQuery()
        unlabelled.filter.labels = [nil]
        let plans = try reader.plans([EventQuery(), camera, window, page, open, unlabelled])
        #expect(HistoryPlans.faults(plans).isEmpty)
    }
}

/// What is wrong with SQLite's plans of statements.
enum HistoryPlans {
    /// Steps that read a table from one end to the other, or sort; the table of facets is a short list, and what is counted
    /// is a subquery with a limit.
    static func faults(_ plans: [String]) -> [String] {
        plans.filter { step in
            let isScan = step.hasPrefix("SCAN") && !["SCAN facet", "SCAN (subquery"].contains(where: step.hasPrefix)
            return isScan || step.contains("TEMP B-TREE")
        }
    }
}
