import Alerting
import ArgumentParser
import Basics
import Service

struct NotifyTestCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "test", abstract: "Send a message, marked as a test, to a target, the way all messages go.",
        discussion: """
            The running daemon is told over its socket. Exit status: 0 delivered, 65 the target refuses it or there is \
            no such target, 69 the daemon does not answer, or the message still waits when the time is up.
            """)

    @Option(help: "The target's name.") var target: String
    @Option(help: "Seconds to wait for its delivery.") var wait: Double = 30
    @OptionGroup var store: StoreOptions
    @Option(help: "The daemon's socket; default: the configuration's.") var socket: String?

    private static let pause: Duration = .milliseconds(100)

    func validate() throws {
        guard wait.isFinite, (0...3600).contains(wait) else { throw ValidationError("--wait must be from 0 to 3600") }
    }

    func run() throws {
        try reporting {
            let socket = try self.socket ?? store.configuration.settings().controlSocket
            let test = try ControlClient.testNotification(to: target, at: socket)
            try report(test.id, try store.reader())
        }
    }

    private func report(_ id: String, _ reader: EventReader) throws {
        let clocks = SystemClocks()
        let end = clocks.monotonic() + .seconds(wait)
        while true {
            let fate = try reader.notifications(for: target, id: id).first
            let status = try reader.outbox().first { $0.name == target }
            switch fate?.state {
            case "delivered": return Terminal.write("\(id)  \(target)  delivered\n")
            case "waiting" where clocks.monotonic() < end: clocks.sleep(for: Self.pause)
            case "waiting":
                let reason = status?.lastError.map { ": \($0)" } ?? ""
                Terminal.note("monitorctl: not delivered yet, and tried again\(reason)")
                throw Status.unavailable
            default:
                Terminal.note("monitorctl: \(fate?.state ?? "lost"): \(status?.lastError ?? "no reason is known")")
                throw Status.badData
            }
        }
    }
}
