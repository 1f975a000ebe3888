import Alerting
import Basics

/// The latest events, and then everything that happens to them, until interrupted.
///
/// Each question to the database is a short snapshot of its own, so that a follower holds up neither the writer nor the
/// write-ahead log, however long it waits or its reader does.
struct EventFollower {
    /// A place among all changes, from which another process can go on.
    struct Cursor {
        let revision: Int64

        init(_ revision: Int64) { self.revision = revision }

        init?(_ text: String) {
            guard text.first == "r", let revision = Int64(text.dropFirst()), revision >= 0 else { return nil }
            self.revision = revision
        }

        var text: String { "r\(revision)" }
    }

    private let reader: EventReader
    private let query: EventQuery
    private let clocks: any Clocks
    /// Half of what a line may be late in the mean; asking whether anything changed takes some microseconds.
    private static let pause: Duration = .milliseconds(15)

    init(_ reader: EventReader, _ query: EventQuery, clocks: any Clocks = SystemClocks()) {
        self.reader = reader
        self.query = query
        self.clocks = clocks
    }

    /// The latest events, oldest first, as many as the query's limit, and where following goes on after any of them.
    func latest() throws -> (news: [HistoryNews], cursor: Cursor) {
        let (news, revision) = try reader.latest(query)
        return (news, Cursor(revision))
    }

    /// Calls the body with everything that happens after a place; ends only by an error.
    func follow(_ cursor: Cursor, _ body: ([HistoryNews]) throws -> Void) throws {
        var revision = cursor.revision
        while true {
            let mark = try reader.changeMark
            var place = revision
            repeat {
                revision = place
                let page = try reader.news(after: revision, query.filter)
                place = page.revision
                let news = page.news.filter(isMeant)
                if !news.isEmpty { try body(news) }
            } while place != revision
            while try reader.changeMark == mark { clocks.sleep(for: Self.pause) }
        }
    }

    private func isMeant(_ news: HistoryNews) -> Bool {
        let entry = news.entry
        guard entry.startMs >= query.sinceMs ?? .min, entry.startMs < query.untilMs ?? .max else { return false }
        guard query.minimumSurprise != nil || query.maximumSurprise != nil else { return true }
        guard case .anomaly(let event) = entry else { return false }
        return event.surprise >= query.minimumSurprise ?? -.infinity
            && event.surprise <= query.maximumSurprise ?? .infinity
    }
}

/// What followers hear, a line each, for people.
enum NewsText {
    static func lines(_ news: HistoryNews, _ palette: Palette) -> String {
        let entry = news.entry
        var text = ""
        if news.isTurned {
            let isOpen = entry.state == .open
            let (verb, ink): (String, Palette.Ink?) =
                switch entry.state {
                case .open: ("OPEN", .warning)
                case .closed: ("CLOSED", nil)
                case .interrupted: ("LOST", .bad)
                }
            text += line(entry, at: isOpen ? entry.startMs : entry.lastSeenMs, verb, ink, palette)
        }
        if let said = news.said {
            text += line(
                entry, at: said.undoneMs ?? said.timeMs, said.stands ? said.label.rawValue.uppercased() : "UNDONE",
                .quiet, palette)
        }
        return text
    }

    private static func line(
        _ entry: HistoryEntry, at timeMs: Int64, _ verb: String, _ ink: Palette.Ink?, _ palette: Palette
    ) -> String {
        let surprise = EventText.surprise(entry)
        let padding = String(repeating: " ", count: max(0, 7 - verb.count))
        return "\(LocalTime.readable(timeMs))  \(palette(verb, ink))\(padding)  \(Terminal.clean(entry.camera))  "
            + "\(entry.kind)  \(surprise.isEmpty ? "" : "surprise \(surprise)  ")\(entry.id)\n"
    }
}
