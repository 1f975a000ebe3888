import Alerting
public import ArgumentParser
import Basics

extension EventKind: ExpressibleByArgument {}
extension EventState: ExpressibleByArgument {}

struct EventsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "events", abstract: "List events, newest first.",
        discussion: """
            On a terminal a table is printed, into a pipe tab-separated values. SURPRISE is -log10 of how often \
            something normal looks at least as unusual: 4 means once in ten thousand.
            """)

    @OptionGroup var store: StoreOptions
    @Option(name: .long, help: "Only this camera.") var camera: String?
    @Option(help: "Only this kind: object, pixel, both; may be repeated.") var kind: [EventKind] = []
    @Option(help: "Only this state: open, closed, interrupted; may be repeated.") var state: [EventState] = []
    @Option(help: "Only events that started at or after this: 2h, 3d, 2026-11-21, 2026-11-21T09:30:00Z.")
    var since: TimeArgument?
    @Option(help: "Only events that started before this.") var until: TimeArgument?
    @Option(help: "Only events whose peak surprise is at least this.") var minSurprise: Float?
    @Option(name: [.long, .short], help: "At most this many.") var limit = 50
    @Option(name: [.long, .short], help: "table, tsv, json (one object per line) or ids.") var output: OutputForm?
    @Flag(help: "Leave out the column names.") var noHeader = false
    @Flag(help: "Exit with 1 when nothing was found.") var exitCode = false

    func validate() throws {
        guard limit > 0 else { throw ValidationError("--limit must be at least 1") }
    }

    func run() throws {
        try reporting {
            let reader = try store.reader()
            let now = SystemClocks().wallTimeMs()
            var query = EventQuery()
            query.camera = camera
            query.kinds = kind
            query.states = state
            query.sinceMs = since?.milliseconds(now: now)
            query.untilMs = until?.milliseconds(now: now)
            query.minimumSurprise = minSurprise
            query.limit = limit
            let page = try reader.events(query)
            try print(page.events)
            if page.next != nil, Terminal.errorIsTerminal {
                Terminal.note("(more: raise --limit, or narrow with --until)")
            }
            if exitCode, page.events.isEmpty { throw Status.nothingFound }
        }
    }

    private func print(_ events: [Event]) throws {
        switch output ?? (Terminal.outputIsTerminal ? .table : .tsv) {
        case .ids:
            for event in events { Terminal.write("\(event.id)\n") }
        case .json:
            for event in events { Terminal.write(try EventText.json(event) + "\n") }
        case .table:
            if events.isEmpty { return Terminal.note("no events") }
            Terminal.write(table(events).aligned(header: !noHeader))
        case .tsv:
            Terminal.write(table(events).tabSeparated(header: !noHeader))
        }
    }

    private func table(_ events: [Event]) -> Table {
        var table = Table(EventText.columns)
        for event in events { table.add(EventText.row(event)) }
        return table
    }
}
