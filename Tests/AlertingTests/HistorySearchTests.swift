import Alerting
import Basics
import GRDB
import HistoryForgery
import TestSupport
import Testing

/// Lists of a history of many events, compared with what a plain statement without any index of ours finds.
@Suite struct HistorySearchTests {
    private static let day: Int64 = 86_400_000

    /// One database for all tests; they only read.
    private final class Forged: Sendable {
        let folder = TemporaryFolder()
        let path: String

        init() throws {
            path = folder.file("events.sqlite")
            try HistoryForgery(events: 60_000).write(to: path)
        }
    }

    private static let forged = Result { try Forged() }

    private static func path() throws -> String { try forged.get().path }

    // MARK: - Every combination

    /// Each documented filter: left out, frequent, rare.
    private static let choices: [[@Sendable (inout EventQuery) -> Void]] = [
        [{ _ in }, { $0.filter.cameras = ["hall"] }, { $0.filter.cameras = ["hall", "roof", "nowhere"] }],
        [
            { _ in }, { $0.filter.kinds = [.object, .both] },
            { ($0.filter.kinds, $0.filter.cameraKinds) = ([.both], [.damaged]) },
        ],
        [{ _ in }, { $0.filter.states = [.closed] }, { $0.filter.states = [.interrupted, .open] }],
        [{ _ in }, { $0.filter.labels = [nil, .confirmed] }, { $0.filter.labels = [.falseAlarm] }],
        [{ _ in }, { $0.filter.zones = ["path"] }, { $0.filter.zones = ["hall-safe", "roof-door"] }],
        [{ _ in }, { $0.minimumSurprise = 4.1 }, { ($0.minimumSurprise, $0.maximumSurprise) = (6.5, 9) }],
        [
            { _ in }, { $0.sinceMs = HistoryForgery.firstMs + 100 * day },
            { ($0.sinceMs, $0.untilMs) = (HistoryForgery.lastMs - 40 * day, HistoryForgery.lastMs - 33 * day) },
        ],
        [
            { _ in }, { $0.isReversed = true }, { $0.order = .surprise },
            { ($0.order, $0.isReversed) = (.surprise, true) },
        ],
    ]

    private static func combination(_ number: Int) -> EventQuery {
        var (query, rest) = (EventQuery(), number)
        for choice in choices {
            choice[rest % choice.count](&query)
            rest /= choice.count
        }
        return query
    }

    private static let combinations = choices.reduce(1) { $0 * $1.count }

    @Test func `no combination of filters reads a table from end to end, or sorts`() throws {
        let reader = try EventReader(path: Self.path())
        let plans = try reader.plans((0..<Self.combinations).map(Self.combination))
        #expect(HistoryPlans.faults(plans).isEmpty)
        // All of the statements were seen.
        for index in ["history_by_time", "history_by_facet", "history_by_surprise"] {
            #expect(plans.contains { $0.contains(index) })
        }
    }

    @Test func `combinations of filters find what a plain statement finds, page by page`() throws {
        let reader = try EventReader(path: Self.path())
        let plain = try Plain(Self.path())
        var generator = SeededGenerator(seed: 5)
        for number in 0..<Self.combinations where generator.next() % 18 == 0 {
            var query = Self.combination(number)
            query.limit = 30
            let expected = try plain.ids(query, limit: 60)
            var found: [EventID] = []
            while found.count < 60 {
                let page = try reader.history(query)
                found += page.entries.map(\.id)
                #expect(page.cursors.count == page.entries.count && page.entries.count <= 30)
                guard let next = page.next else { break }
                // Through text, as another process does.
                query.after = EventQuery.Cursor(next.text)
                #expect(query.after == next)
            }
            #expect(found.map(\.description) == expected, "combination \(number)")
        }
    }

    @Test(arguments: EventQuery.Order.allCases, [false, true])
    func `a deep page is where it should be`(_ order: EventQuery.Order, _ isReversed: Bool) throws {
        let reader = try EventReader(path: Self.path())
        var query = EventQuery()
        query.filter.cameras = ["gate"]
        (query.order, query.isReversed, query.limit) = (order, isReversed, 700)
        let expected = try Plain(Self.path()).ids(query, limit: 10_000)
        var found: [String] = []
        repeat {
            let page = try reader.history(query)
            found += page.entries.map(\.id.description)
            query.after = page.next
        } while query.after != nil
        #expect(found == expected && found.count > 3000)
        // From any line on.
        query.limit = 3
        query.after = try reader.cursor(after: try #require(EventID(expected[1000])), order)
        #expect(try reader.history(query).entries.map(\.id.description) == Array(expected[1001...1003]))
    }

    @Test(arguments: ["", "7", "_", "1_2_3_4", "x_2", "1_x", "nan_1_2", "inf_1_2", " 1_2", "-_1"])
    func `what is no cursor is none`(_ text: String) {
        #expect(EventQuery.Cursor(text) == nil)
    }

    // MARK: - Histories unlike the usual

    @Test func `a page ends early, and the next goes on, where what is asked for lies far away`() throws {
        let folder = TemporaryFolder()
        let path = folder.file("events.sqlite")
        try HistoryForgery(events: 150_000).write(to: path)
        // Everything of the first third is very surprising, and nothing else.
        try DatabaseQueue(path: path).write {
            try $0.execute(
                sql: "UPDATE event SET surprise = iif(number < 50000, 9, 3)")
        }
        let reader = try EventReader(path: path)
        var query = EventQuery()
        query.minimumSurprise = 8
        var (entries, pages): ([HistoryEntry], Int) = ([], 0)
        while entries.count < 50 {
            query.limit = 50 - entries.count
            let page = try reader.history(query)
            (entries, pages) = (entries + page.entries, pages + 1)
            query.after = page.next
            try #require(query.after != nil)
        }
        #expect(pages > 1)
        query.limit = 50
        query.after = nil
        #expect(try Plain(path).ids(query, limit: 50) == entries.map(\.id.description))
    }
}

/// Asks without any index of ours.
private struct Plain {
    private let database: DatabaseQueue

    init(_ path: String) throws {
        var configuration = Configuration()
        configuration.readonly = true
        database = try DatabaseQueue(path: path, configuration: configuration)
    }

    func ids(_ query: EventQuery, limit: Int) throws -> [String] {
        let filter = query.filter
        var conditions = ["TRUE"]
        func isAny(_ column: String, _ values: [String]) {
            if !values.isEmpty {
                conditions.append("\(column) IN (\(values.map { "'\($0)'" }.joined(separator: ", ")))")
            }
        }
        isAny("camera", filter.cameras)
        isAny("kind", filter.kinds.map(\.rawValue) + filter.cameraKinds.map(\.rawValue))
        isAny("state", filter.states.map(\.rawValue))
        isAny("label", filter.labels.map { $0?.rawValue ?? "none" })
        if !filter.zones.isEmpty {
            let zones = filter.zones.map { "'\($0)'" }.joined(separator: ", ")
            conditions.append(
                "bit = 0 AND EXISTS (SELECT 1 FROM event_zone WHERE event = number AND zone IN (\(zones)))")
        }
        if let since = query.sinceMs { conditions.append("start_ms >= \(since)") }
        if let until = query.untilMs { conditions.append("start_ms < \(until)") }
        if let minimum = query.minimumSurprise { conditions.append("surprise >= \(Double(minimum))") }
        if let maximum = query.maximumSurprise { conditions.append("surprise <= \(Double(maximum))") }
        if query.order == .surprise { conditions.append("surprise IS NOT NULL") }
        let direction = query.isReversed ? "ASC" : "DESC"
        let order = (query.order == .surprise ? ["surprise"] : []) + ["start_ms", "2 * number + bit"]
        let sql = """
            SELECT id FROM (
                SELECT 0 AS bit, number, id, camera, kind, state, start_ms, surprise, coalesce(
                    (SELECT label FROM ack WHERE event = event.number AND undone_ms IS NULL), 'none') AS label
                FROM event
                UNION ALL SELECT 1, number, id, camera, kind, state, start_ms, NULL, coalesce(
                    (SELECT label FROM camera_ack WHERE event = camera_event.number AND undone_ms IS NULL), 'none')
                FROM camera_event)
            WHERE \(conditions.joined(separator: " AND "))
            ORDER BY \(order.map { "\($0) \(direction)" }.joined(separator: ", ")) LIMIT \(limit)
            """
        return try database.read { try String.fetchAll($0, sql: sql) }
    }
}
