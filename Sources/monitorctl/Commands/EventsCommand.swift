import Alerting
public import ArgumentParser
import Basics

extension EventState: ExpressibleByArgument {}

/// A kind of anomaly or of camera event on the command line.
enum KindArgument: ExpressibleByArgument {
    case anomaly(EventKind)
    case camera(CameraEventKind)

    static let allValueStrings = EventKind.allCases.map(\.rawValue) + CameraEventKind.allCases.map(\.rawValue)

    init?(argument: String) {
        if let kind = EventKind(rawValue: argument) {
            self = .anomaly(kind)
        } else if let kind = CameraEventKind(rawValue: argument) {
            self = .camera(kind)
        } else {
            return nil
        }
    }

    var anomaly: EventKind? { if case .anomaly(let kind) = self { kind } else { nil } }
    var camera: CameraEventKind? { if case .camera(let kind) = self { kind } else { nil } }
}

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

            Anomalies are of the kinds object, pixel and both. Cameras have events of their own, without SURPRISE: \
            lost, refused, no-video and damaged concern the stream; frozen, dark, obstructed, sprayed, defocused and \
            scene-changed the whole picture. In JSON the key type is anomaly or camera; those of type camera have \
            schema, type, id, camera, kind, state, reason, start, last_seen, end, detail, label and note.
            """)

    @OptionGroup var store: StoreOptions
    @OptionGroup var filter: FilterOptions
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
            var query = filter.query(now: SystemClocks().wallTimeMs())
            query.limit = limit
            let page = try reader.history(query)
            try print(page)
            if page.next != nil, Terminal.errorIsTerminal {
                Terminal.note("(more: raise --limit, or narrow with --until)")
            }
            if exitCode, page.entries.isEmpty { throw Status.nothingFound }
        }
    }

    private func print(_ page: HistoryPage) throws {
        switch output ?? (Terminal.outputIsTerminal ? .table : .tsv) {
        case .ids:
            for event in page.entries { Terminal.write("\(event.id)\n") }
        case .json:
            for event in page.entries {
                Terminal.write(try EventText.json(event, page.acknowledgements[event.id]) + "\n")
            }
        case .table:
            if page.entries.isEmpty { return Terminal.note("no events") }
            Terminal.write(table(page, labels: !page.acknowledgements.isEmpty).aligned(header: !noHeader))
        case .tsv:
            Terminal.write(table(page, labels: true).tabSeparated(header: !noHeader))
        }
    }

    private func table(_ page: HistoryPage, labels: Bool) -> Table {
        var table = Table(EventText.columns + (labels ? [("LABEL", .left)] : []))
        for event in page.entries {
            let label = page.acknowledgements[event.id]?.label.rawValue ?? ""
            table.add(EventText.row(event) + (labels ? [label] : []))
        }
        return table
    }
}
