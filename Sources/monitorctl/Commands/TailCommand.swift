import Alerting
import ArgumentParser
import Basics

struct TailCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "tail", abstract: "The latest events; with -f, also every change as it happens.",
        discussion: """
            A short form of monitorctl events --follow: one line per opening and closing of an event, and per change of \
            its label. Works while the daemon writes, and waits for it.
            """)

    @OptionGroup var store: StoreOptions
    @Flag(name: [.long, .short], help: "Go on with every event that opens or closes, until interrupted.") var follow =
        false
    @Option(name: [.customShort("n"), .long], help: "Begin with this many of the latest events.") var lines = 10
    @Option(help: "Only this camera; may be repeated.", completion: .cameras) var camera: [String] = []
    @Flag(help: "Print JSON, one object per line.") var json = false

    func validate() throws {
        guard lines >= 0 else { throw ValidationError("--lines must not be negative") }
    }

    func run() throws {
        try reporting {
            let reader = try store.reader()
            var query = EventQuery()
            query.filter.cameras = camera
            query.limit = lines
            var printer = EventPrinter(
                json ? .json : .table, columns: nil, header: true, palette: store.display.palette)
            if follow {
                try EventsCommand.follow(reader, query, after: nil, &printer)
            } else {
                try EventsCommand.print(EventFollower(reader, query).latest().news, &printer)
            }
        }
    }
}
