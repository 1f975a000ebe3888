import Alerting
public import ArgumentParser
import Basics

/// The order of a list on the command line.
extension EventQuery.Order: ExpressibleByArgument {}

struct EventsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "events", abstract: "List events, newest first, or follow them.",
        discussion: """
            On a terminal a table is printed, with times in the local zone; into a pipe JSON, one object per line, with \
            times in UTC. SURPRISE is -log10 of how often something normal looks at least as unusual: 4 means once in ten \
            thousand. LABEL is what operators said with monitorctl ack: false or confirm; in JSON the keys are label and \
            note, absent without one.

            Anomalies are of the kinds object, pixel and both. Cameras have events of their own, without SURPRISE: \
            lost, refused, no-video and damaged concern the stream; frozen, dark, obstructed, sprayed, defocused and \
            scene-changed the whole picture. In JSON the key type is anomaly or camera; those of type camera have \
            schema, type, id, camera, kind, state, reason, start, last_seen, end, detail, label and note.

            Every line of JSON has the key cursor, and there is a column of that name: --after with it lists what comes \
            after that line, in any list with the same filters and order. On a terminal the last cursor is printed below \
            the table where there is more. An event's id does as well.

            With --follow events are printed as they open and close, and when their label changes, each time in their \
            newest state; --limit latest ones come first (10 unless given), oldest first. To go on after an interruption, \
            give --after the cursor of the last line that arrived: nothing is left out and nothing comes twice. With an \
            event's id it goes on from its opening; then some of it may come again. An event whose surprise enters the \
            range asked for only after its opening is printed when it closes.

            Columns: \(EventColumn.allCases.map(\.rawValue).joined(separator: ", ")).
            """)

    @OptionGroup var store: StoreOptions
    @OptionGroup(title: "Which") var filter: FilterOptions
    @Option(help: "Order: time, newest first, or surprise, highest first.") var sort = EventQuery.Order.time
    @Flag(help: "Oldest, or least surprising, first.") var reverse = false
    @Option(name: [.long, .short], help: "At most this many; default: 50, with --follow 10 before following.")
    var limit: Int?
    @Option(help: "Only what comes after this: a cursor, or an event's id.") var after: String?
    @Flag(name: [.long, .short], help: "Go on with everything that happens, until interrupted.") var follow = false
    @Option(
        name: [.long, .short],
        help: "table, tsv, csv, json (one object per line) or ids; default: table on a terminal, json in a pipe.")
    var output: OutputForm?
    @Option(help: "Columns of table, tsv and csv, separated by commas.", transform: EventColumn.list)
    var columns: [EventColumn]?
    @Flag(help: "Leave out the column names.") var noHeader = false
    @Flag(help: "Exit with 1 when nothing was found.") var exitCode = false

    private static let pageSize = 500

    func validate() throws {
        guard limit ?? 1 > 0 || follow else { throw ValidationError("--limit must be at least 1") }
        guard limit ?? 0 >= 0 else { throw ValidationError("--limit must not be negative") }
        guard !follow || (sort == .time && !reverse) else {
            throw ValidationError("--follow goes by time; leave out --sort and --reverse")
        }
    }

    func run() throws {
        try reporting {
            let reader = try store.reader()
            var query = filter.query(now: SystemClocks().wallTimeMs())
            query.order = sort
            query.isReversed = reverse
            query.limit = limit ?? (follow ? 10 : 50)
            let form = output ?? (Terminal.outputIsTerminal ? .table : .json)
            var printer = EventPrinter(form, columns: columns, header: !noHeader, palette: store.display.palette)
            if follow {
                try Self.follow(reader, query, after: after, &printer)
            } else {
                try list(reader, query, &printer)
            }
        }
    }

    /// Page by page, so that no snapshot of the database lasts long.
    private func list(_ reader: EventReader, _ query: EventQuery, _ printer: inout EventPrinter) throws {
        var query = query
        query.after = try after.map { try Self.place($0, reader, sort) }
        var (left, waiting, isEmpty): (Int, [EventLine], Bool) = (query.limit, [], true)
        repeat {
            query.limit = min(left, Self.pageSize)
            let page = try reader.history(query)
            query.after = page.next
            left -= page.entries.count
            let lines = Self.lines(page)
            isEmpty = isEmpty && lines.isEmpty
            if printer.form == .table {
                // Its columns are as wide as the widest of all.
                waiting += lines
            } else {
                try printer.print(lines)
            }
        } while left > 0 && query.after != nil
        if printer.form == .table {
            if isEmpty { Terminal.note("no events") } else { try printer.print(waiting) }
        }
        if let next = query.after, Terminal.errorIsTerminal { Terminal.note("(more: --after \(next.text))") }
        if exitCode, isEmpty { throw Status.nothingFound }
    }

    private static func lines(_ page: HistoryPage) -> [EventLine] {
        zip(page.entries, page.cursors).map { entry, cursor in
            EventLine(entry: entry, acknowledgement: page.acknowledgements[entry.id], cursor: cursor.text)
        }
    }

    private static func place(
        _ text: String, _ reader: EventReader, _ order: EventQuery.Order
    ) throws -> EventQuery.Cursor {
        if let cursor = EventQuery.Cursor(text) {
            guard cursor.order == order else {
                throw ValidationError("the cursor \(text) is of a list by \(cursor.order.rawValue); give --sort, too")
            }
            return cursor
        }
        guard let id = EventID(text) else { throw ValidationError("--after \(text) is neither a cursor nor an id") }
        guard let cursor = try reader.cursor(after: id, order) else {
            Terminal.note("monitorctl: there is no event \(text) in this list")
            throw Status.nothingFound
        }
        return cursor
    }

    /// Prints until interrupted.
    static func follow(
        _ reader: EventReader, _ query: EventQuery, after: String?, _ printer: inout EventPrinter
    ) throws {
        let follower = EventFollower(reader, query)
        let place: EventFollower.Cursor
        if let after {
            place = try Self.place(after, reader)
        } else {
            let latest = try follower.latest()
            place = latest.cursor
            try Self.print(latest.news, &printer)
        }
        try follower.follow(place) { try Self.print($0, &printer) }
    }

    private static func place(_ text: String, _ reader: EventReader) throws -> EventFollower.Cursor {
        if let cursor = EventFollower.Cursor(text) { return cursor }
        guard let id = EventID(text) else {
            throw ValidationError("--after \(text) is neither a cursor of --follow nor an id")
        }
        guard let revision = try reader.revision(before: id) else {
            Terminal.note("monitorctl: there is no event \(text)")
            throw Status.nothingFound
        }
        return EventFollower.Cursor(revision)
    }

    static func print(_ news: [HistoryNews], _ printer: inout EventPrinter) throws {
        guard printer.form != .table else {
            return Terminal.write(news.map { [palette = printer.palette] in NewsText.lines($0, palette) }.joined())
        }
        try printer.print(
            news.map {
                EventLine(
                    entry: $0.entry, acknowledgement: $0.acknowledgement,
                    cursor: EventFollower.Cursor($0.revision).text)
            })
    }
}
