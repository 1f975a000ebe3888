import Alerting
import ArgumentParser
import Basics

struct NotifyListCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "Targets of notifications: what waits, what arrived last, what went wrong.",
        discussion: "Reads the database, and needs no daemon.")

    @OptionGroup var store: StoreOptions
    @Flag(help: "Print JSON, one object per target.") var json = false

    func run() throws {
        try reporting {
            let targets = try store.reader().outbox()
            if json { return try Self.writeJSON(targets) }
            guard !targets.isEmpty else {
                return Terminal.note("no targets; they are set with `notify` in the configuration")
            }
            var table = Table([
                ("TARGET", .left), ("TYPE", .left), ("WAITING", .right), ("DELIVERED", .right), ("SUPPRESSED", .right),
                ("MERGED", .right), ("REJECTED", .right), ("DROPPED", .right), ("LAST SUCCESS (UTC)", .left),
                ("LAST ERROR", .left),
            ])
            for target in targets { table.add(Self.row(target)) }
            Terminal.write(
                Terminal.outputIsTerminal ? table.aligned(header: true) : table.tabSeparated(header: true))
        }
    }

    private static func writeJSON(_ targets: [OutboxStatus]) throws {
        for target in targets { Terminal.write(try JSONText.line(target) + "\n") }
    }

    private static func row(_ target: OutboxStatus) -> [String] {
        [
            target.name, target.type, String(target.waiting), String(target.delivered), String(target.suppressed),
            String(target.merged), String(target.rejected), String(target.dropped),
            target.lastSuccessMs.map(time) ?? "never", error(target),
        ]
    }

    /// Errors from before the last success are no news.
    private static func error(_ target: OutboxStatus) -> String {
        guard let timeMs = target.lastErrorMs, let words = target.lastError, timeMs > target.lastSuccessMs ?? 0 else {
            return ""
        }
        return "\(time(timeMs)): \(words)"
    }

    private static func time(_ milliseconds: Int64) -> String { String(UTCTime.readable(milliseconds).dropLast(4)) }
}
