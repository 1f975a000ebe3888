import Alerting
public import ArgumentParser
import Basics

extension EventKind: ExpressibleByArgument {}
extension EventState: ExpressibleByArgument {}

/// A label on the command line; none asks for events without one.
enum LabelArgument: String, ExpressibleByArgument, CaseIterable {
    case `false`, confirm, none

    var label: EventLabel? { EventLabel(rawValue: rawValue) }
}

struct EventsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "events", abstract: "List events, newest first.",
        discussion: """
            On a terminal a table is printed, into a pipe tab-separated values. SURPRISE is -log10 of how often \
            something normal looks at least as unusual: 4 means once in ten thousand. LABEL is what operators said \
            with monitorctl ack: false or confirm; in JSON the keys are label and note, absent without one.
            """)

    @OptionGroup var store: StoreOptions
    @Option(name: .long, help: "Only this camera.") var camera: String?
    @Option(help: "Only this kind: object, pixel, both; may be repeated.") var kind: [EventKind] = []
    @Option(help: "Only this state: open, closed, interrupted; may be repeated.") var state: [EventState] = []
    @Option(help: "Only with this label: false, confirm, none; may be repeated.") var label: [LabelArgument] = []
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
            query.labels = label.map(\.label)
            query.limit = limit
            let page = try reader.events(query)
            try print(page)
            if page.next != nil, Terminal.errorIsTerminal {
                Terminal.note("(more: raise --limit, or narrow with --until)")
            }
            if exitCode, page.events.isEmpty { throw Status.nothingFound }
        }
    }

    private func print(_ page: EventPage) throws {
        switch output ?? (Terminal.outputIsTerminal ? .table : .tsv) {
        case .ids:
            for event in page.events { Terminal.write("\(event.id)\n") }
        case .json:
            for event in page.events {
                Terminal.write(try EventText.json(event, page.acknowledgements[event.id]) + "\n")
            }
        case .table:
            if page.events.isEmpty { return Terminal.note("no events") }
            Terminal.write(table(page, labels: !page.acknowledgements.isEmpty).aligned(header: !noHeader))
        case .tsv:
            Terminal.write(table(page, labels: true).tabSeparated(header: !noHeader))
        }
    }

    private func table(_ page: EventPage, labels: Bool) -> Table {
        var table = Table(EventText.columns + (labels ? [("LABEL", .left)] : []))
        for event in page.events {
            let label = page.acknowledgements[event.id]?.label.rawValue ?? ""
            table.add(EventText.row(event) + (labels ? [label] : []))
        }
        return table
    }
}
