import ArgumentParser
import Basics
import FoundationEssentials
import Service

struct StatusCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "status", abstract: "What the running daemon sees: cameras, rates, latencies, losses, disk.",
        discussion: """
            OPEN counts open events, SCORED/S is of the last ten seconds, WAITING counts frames on their way. Times are told \
            twice: half of the frames, and all but one in a hundred, took at most so long; DELAY is the time from a frame's \
            arrival until its verdict was handed on. The exit status is 69 when the daemon does not answer. JSON is \
            described in docs/schema/status.json.
            """)

    enum Form: String, ExpressibleByArgument, CaseIterable { case table, json }

    @OptionGroup var configuration: ConfigurationOptions
    @Option(help: "The daemon's socket; default: the configuration's.", completion: .file()) var socket: String?
    @Option(name: [.long, .short], help: "table or json.") var output = Form.table
    @Flag(help: "The same as --output json.") var json = false
    @Flag(help: "Ask again every two seconds, until interrupted.") var watch = false
    @OptionGroup var display: DisplayOptions

    private static let interval: Duration = .seconds(2)

    func run() throws {
        try reporting {
            let path = try socket ?? configuration.settings().controlSocket
            let clocks = SystemClocks()
            while true {
                let reply = try ControlClient.ask("status", at: path)
                try print(reply)
                guard watch else { return }
                clocks.sleep(for: Self.interval)
            }
        }
    }

    private func print(_ reply: String) throws {
        guard !json, output == .table else { return Terminal.write(reply + "\n") }
        guard let status = try? JSONDecoder().decode(DaemonStatus.self, from: Data(reply.utf8)) else {
            Terminal.note("monitorctl: monitord is of another version; see its answer with: monitorctl status --json")
            throw Status.badData
        }
        // From the top of the screen, and nothing below: no flicker.
        let isRedrawn = watch && Terminal.outputIsTerminal
        let text = StatusReport(status: status, palette: display.palette).text
        Terminal.write(isRedrawn ? "\u{1B}[H" + text.replacing("\n", with: "\u{1B}[K\n") + "\u{1B}[J" : text)
    }
}
