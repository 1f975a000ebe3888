import Alerting
import ArgumentParser
import Basics

struct TailCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "tail", abstract: "The latest events; with -f, also every change as it happens.",
        discussion: """
            One line per opening and closing of an event, and per change of its label. Works while the daemon writes, and \
            waits for it.
            """)

    @OptionGroup var store: StoreOptions
    @Flag(name: [.long, .short], help: "Go on with every event that opens or closes, until interrupted.") var follow =
        false
    @Option(name: [.customShort("n"), .long], help: "Begin with this many of the latest events.") var lines = 10
    @Option(help: "Only this camera.") var camera: String?
    @Flag(help: "Print JSON, one object per line.") var json = false

    func validate() throws {
        guard lines >= 0 else { throw ValidationError("--lines must not be negative") }
    }

    func run() throws {
        try reporting {
            let reader = try store.reader()
            // Taken first, so that nothing can happen unseen between the list and the following.
            var revision = try reader.latestRevision
            var announced: [EventID: EventState] = [:]
            if lines > 0 {
                var query = EventQuery()
                query.camera = camera
                query.limit = lines
                let page = try reader.history(query)
                for event in page.entries.reversed() {
                    try announce(event, page.acknowledgements[event.id])
                    announced[event.id] = event.state
                }
            }
            guard follow else { return }
            let clocks = SystemClocks()
            while true {
                let changes = try reader.historyChanges(after: revision)
                let said = try reader.latestAcknowledgements(of: changes.entries.map(\.id))
                for event in changes.entries where camera.map({ $0 == event.camera }) ?? true {
                    let said = said[event.id]
                    let isLabelled = said.map { $0.revision > revision } ?? false
                    let former = announced[event.id]
                    // What closed long ago is no longer in mind; then only its label can have changed.
                    if former != event.state, former == .open || !isLabelled {
                        announced[event.id] = event.state == .open ? .open : nil
                        try announce(event, said.flatMap { $0.stands ? $0 : nil })
                    }
                    if isLabelled, let said { try announceLabel(event, said) }
                }
                revision = changes.revision
                if changes.entries.isEmpty { clocks.sleep(for: .milliseconds(20)) }
            }
        }
    }

    private func announce(_ event: HistoryEntry, _ said: Acknowledgement?) throws {
        if json { return Terminal.write(try EventText.json(event, said) + "\n") }
        let verb = event.state == .open ? "OPEN" : event.state == .closed ? "CLOSED" : "LOST"
        line(event, at: event.state == .open ? event.startMs : event.lastSeenMs, verb)
    }

    private func announceLabel(_ event: HistoryEntry, _ said: Acknowledgement) throws {
        if json { return Terminal.write(try EventText.json(event, said.stands ? said : nil) + "\n") }
        line(event, at: said.undoneMs ?? said.timeMs, said.stands ? said.label.rawValue.uppercased() : "UNDONE")
    }

    private func line(_ event: HistoryEntry, at timeMs: Int64, _ verb: String) {
        let surprise = EventText.surprise(event)
        let padding = String(repeating: " ", count: max(0, 7 - verb.count))
        Terminal.write(
            "\(UTCTime.readable(timeMs))  \(verb)\(padding)  \(event.camera)  \(event.kind)  "
                + "\(surprise.isEmpty ? "" : "surprise \(surprise)  ")\(event.id)\n")
    }
}
