import Alerting
import HistoryForgery

/// One question to a history.
struct HistoryQuestion {
    let name: String
    /// - Returns: how many entries answered it.
    let ask: (EventReader) throws -> Int
}

/// Every documented form of question, frequent and rare, alone and combined.
enum HistoryQuestions {
    private static let day: Int64 = 86_400_000
    private static let last = HistoryForgery.lastMs

    static func all(_ reader: EventReader) throws -> [HistoryQuestion] {
        try lists() + deepPages(reader) + others(reader)
    }

    /// The hundredth page, in each order.
    private static func deepPages(_ reader: EventReader) throws -> [HistoryQuestion] {
        try EventQuery.Order.allCases.flatMap { order in
            try [[], ["hall"]].map { cameras in
                var query = EventQuery()
                query.filter.cameras = cameras
                query.order = order
                query.limit = 5000
                query.after = try reader.history(query).next
                query.limit = 50
                let fixed = query
                return HistoryQuestion(
                    name: "101st page of \(cameras.isEmpty ? "all" : "one camera"), by \(order.rawValue)"
                ) { try $0.history(fixed).entries.count }
            }
        }
    }

    private static func others(_ reader: EventReader) throws -> [HistoryQuestion] {
        let known = try reader.history().entries[20].id
        let revision = try reader.latestRevision
        func stats(_ name: String, _ days: Int64) -> HistoryQuestion {
            HistoryQuestion(name: name) { reader in
                try reader.cameras().reduce(0) {
                    $0 + (try reader.tallies(camera: $1, sinceMs: last - days * day, untilMs: nil).count)
                }
            }
        }
        return [
            HistoryQuestion(name: "follower's look, nothing new") { try $0.news(after: revision).news.count },
            HistoryQuestion(name: "follower's look, 100 changes") { try $0.news(after: revision / 2).news.count },
            HistoryQuestion(name: "show by the beginning of an id") {
                try $0.entry(String(known.description.prefix(23))) == nil ? 0 : 1
            },
            stats("stats, 1 day", 1), stats("stats, 7 days", 7), stats("stats, 30 days", 30),
            stats("stats, 365 days", 365),
        ]
    }

    private static func lists() -> [HistoryQuestion] {
        var questions: [HistoryQuestion] = []
        func list(_ name: String, _ change: (inout EventQuery) -> Void = { _ in }) {
            var query = EventQuery()
            change(&query)
            let fixed = query
            questions.append(HistoryQuestion(name: name) { try $0.history(fixed).entries.count })
        }
        func both(_ name: String, _ change: @escaping (inout EventQuery) -> Void) {
            list(name, change)
            list(name + ", by surprise") { query in
                change(&query)
                query.order = .surprise
            }
        }
        both("all") { _ in }
        both("one camera") { $0.filter.cameras = ["hall"] }
        both("three cameras") { $0.filter.cameras = ["hall", "gate", "roof"] }
        both("kind object") { $0.filter.kinds = [.object] }
        list("kind lost") { $0.filter.cameraKinds = [.lost] }
        list("kind sprayed (rare)") { $0.filter.cameraKinds = [.sprayed] }
        both("state closed") { $0.filter.states = [.closed] }
        both("state interrupted") { $0.filter.states = [.interrupted] }
        both("state open (5)") { $0.filter.states = [.open] }
        both("label none") { $0.filter.labels = [nil] }
        both("label false") { $0.filter.labels = [.falseAlarm] }
        both("zone path (frequent)") { $0.filter.zones = ["path"] }
        both("zone hall-safe (rare)") { $0.filter.zones = ["hall-safe"] }
        both("surprise >= 4") { $0.minimumSurprise = 4 }
        both("surprise >= 6") { $0.minimumSurprise = 6 }
        both("surprise >= 8 (rare)") { $0.minimumSurprise = 8 }
        both("surprise >= 12 (rarest)") { $0.minimumSurprise = 12 }
        both("surprise 6 to 6.001") { ($0.minimumSurprise, $0.maximumSurprise) = (6, 6.001) }
        both("surprise <= 3.6") { $0.maximumSurprise = 3.6 }
        both("2 hours") { $0.sinceMs = last - day / 12 }
        both("1 day") { $0.sinceMs = last - day }
        both("7 days") { $0.sinceMs = last - 7 * day }
        both("90 days") { $0.sinceMs = last - 90 * day }
        both("1 day, half a year ago") { ($0.sinceMs, $0.untilMs) = (last - 182 * day, last - 181 * day) }
        both("until half a year ago") { $0.untilMs = last - 182 * day }
        both("camera, 1 day") {
            $0.filter.cameras = ["hall"]
            $0.sinceMs = last - day
        }
        both("camera, surprise >= 7, 30 days") {
            $0.filter.cameras = ["hall"]
            $0.minimumSurprise = 7
            $0.sinceMs = last - 30 * day
        }
        both("camera, kind, state, label, surprise, time") {
            $0.filter.cameras = ["hall"]
            $0.filter.kinds = [.both]
            $0.filter.states = [.interrupted]
            $0.filter.labels = [.confirmed]
            $0.minimumSurprise = 5
            $0.sinceMs = last - 200 * day
        }
        both("camera, kind, label, zone, surprise") {
            $0.filter.cameras = ["hall"]
            $0.filter.kinds = [.pixel]
            $0.filter.labels = [nil]
            $0.filter.zones = ["hall-safe"]
            $0.minimumSurprise = 7
        }
        both("label confirm, surprise >= 6, until half a year ago") {
            $0.filter.labels = [.confirmed]
            $0.minimumSurprise = 6
            $0.untilMs = last - 182 * day
        }
        list("all, oldest first") { $0.isReversed = true }
        list("all, least surprising first") { ($0.order, $0.isReversed) = (.surprise, true) }
        list("1000 of all") { $0.limit = 1000 }
        return questions
    }
}
