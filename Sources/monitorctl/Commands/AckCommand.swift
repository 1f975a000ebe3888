import Alerting
import ArgumentParser
import Service

struct AckCommand: ParsableCommand {
    enum Saying: EnumerableFlag {
        case `false`, confirm, undo

        static func help(for value: Saying) -> ArgumentHelp? {
            switch value {
            case .false: "A false alarm: what it shows is normal here."
            case .confirm: "Rightly reported."
            case .undo: "Take back what was said."
            }
        }

        var label: EventLabel? {
            switch self {
            case .false: .falseAlarm
            case .confirm: .confirmed
            case .undo: nil
            }
        }
    }

    static let configuration = CommandConfiguration(
        commandName: "ack", abstract: "Say what an event was, so that the monitor learns from it.",
        discussion: """
            The running daemon is told over its socket and takes it into account; without one it is written into the \
            database. Whatever is said can be undone, and is kept in the history. An event has one label at a time: a \
            new one replaces it. All of last night's at once:

                monitorctl ack --false $(monitorctl events --since 12h -o ids)

            Of several ids each is tried; those that fail are named, and the exit status is that of the first of them: 1 \
            when there is no such event or nothing to change, 64 when several events begin so. Where nothing can be said \
            at all (69, 74, 78), the rest is left out.
            """)

    @Argument(help: "The events' ids, or as much of their beginnings as makes them unique.", completion: .events)
    var events: [String]
    @Flag(exclusivity: .exclusive) var saying: Saying
    @Option(help: "A remark to keep with it.") var note: String?
    @OptionGroup var store: StoreOptions
    @Option(help: "The daemon's socket; default: the configuration's, or none where --database is given.")
    var socket: String?

    func validate() throws {
        guard note.map({ $0.utf8.count <= AckRequest.longestNote }) ?? true else {
            throw ValidationError("--note must have at most \(AckRequest.longestNote) bytes")
        }
        guard note == nil || saying != .undo else { throw ValidationError("--undo takes no --note") }
    }

    func run() throws {
        var failure: ExitCode?
        var done = 0
        for event in events {
            do {
                try reporting {
                    let outcome = try carryOut(AckRequest(event: event, label: saying.label, note: note))
                    Terminal.write("\(outcome.event)  \(outcome.camera)  \(Self.words(outcome))\n")
                }
                done += 1
            } catch let code as ExitCode {
                failure = failure ?? code
                // Only what concerns this event alone lets others succeed.
                if ![Status.nothingFound, Status.usage].contains(code) { break }
            }
        }
        guard let failure else { return }
        if events.count > 1 { Terminal.note("monitorctl: done for \(done) of \(events.count) events") }
        throw failure
    }

    private func carryOut(_ request: AckRequest) throws -> AckOutcome {
        // Another database than the configuration's has another daemon, or none.
        let socket = try self.socket ?? (store.database == nil ? store.configuration.settings().controlSocket : nil)
        guard let socket else { return try StoppedStore.carryOut(request, path: store.path()) }
        do throws(ControlError) {
            return try ControlClient.acknowledge(request, at: socket)
        } catch {
            if error.code == .unreachable { return try withoutDaemon(request, error) }
            throw error.refusal.flatMap(StoreError.Code.init).map { StoreError($0, error.message) } ?? error
        }
    }

    private func withoutDaemon(_ request: AckRequest, _ unreachable: ControlError) throws -> AckOutcome {
        let path = try store.path()
        do throws(StoreError) {
            return try StoppedStore.carryOut(request, path: path)
        } catch {
            // It runs, but cannot be asked: the reason why is what the operator needs.
            if error.code == .inUse { throw unreachable }
            throw error
        }
    }

    private static func words(_ outcome: AckOutcome) -> String {
        switch (outcome.label, outcome.former) {
        case (let label?, let former?): "\(label.words) (before: \(former.words))"
        case (let label?, nil): label.words
        case (nil, let former): "no label" + (former.map { " (before: \($0.words))" } ?? "")
        }
    }
}
