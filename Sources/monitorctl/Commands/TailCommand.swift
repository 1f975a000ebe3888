import Alerting
import ArgumentParser
import Basics

struct TailCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "tail", abstract: "The latest events; with -f, also every change as it happens.",
        discussion: "One line per opening and closing of an event. Works while the daemon writes, and waits for it.")

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
                for event in try reader.events(query).events.reversed() {
                    try announce(event)
                    announced[event.id] = event.state
                }
            }
            guard follow else { return }
            let clocks = SystemClocks()
            while true {
                let changes = try reader.changes(after: revision)
                revision = changes.revision
                for event in changes.events where camera.map({ $0 == event.camera }) ?? true {
                    guard announced[event.id] != event.state else { continue }
                    announced[event.id] = event.state == .open ? .open : nil
                    try announce(event)
                }
                if changes.events.isEmpty { clocks.sleep(for: .milliseconds(20)) }
            }
        }
    }

    private func announce(_ event: Event) throws {
        if json { return Terminal.write(try EventText.json(event) + "\n") }
        let verb = event.state == .open ? "OPEN  " : event.state == .closed ? "CLOSED" : "LOST  "
        Terminal.write(
            "\(UTCTime.readable(event.state == .open ? event.startMs : event.lastSeenMs))  \(verb)  \(event.camera)  "
                + "\(event.kind.rawValue)  surprise \(EventText.number(event.surprise))  \(event.id)\n")
    }
}
