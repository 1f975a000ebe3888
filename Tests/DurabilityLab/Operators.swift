internal import Alerting
internal import Basics
internal import Dispatch
internal import FaultLab
internal import Foundation
internal import Service
internal import TestSupport

/// People who label events while the daemon works, over its control socket or with the program for it, and remember what
/// they were told.
final class Operators: Sendable {
    enum Word {
        /// They are about to say it.
        case attempt(AckRequest)
        /// They were told that it is stored.
        case confirm(AckRequest)
    }

    private let socket: String
    private let configuration: String
    private let seed: UInt64
    private let asProgram: Bool
    private let words = Locked<[Word]>([])
    private let isOver = Locked(false)
    private let finished = DispatchGroup()

    init(_ site: Site, seed: UInt64, asProgram: Bool) {
        socket = site.folder.file("control.sock")
        configuration = site.configuration
        self.seed = seed
        self.asProgram = asProgram
    }

    func begin(_ daemon: Running) {
        finished.enter()
        let log = daemon.errorsPath
        precondition(
            OwnThread.start { @Sendable [self] in
                var random = SeededGenerator(seed: seed)
                while !isOver.withLock({ $0 }) { say(log, &random) }
                finished.leave()
            })
    }

    /// Waits for the last answer and tells what was said, in order.
    func end() -> [Word] {
        isOver.withLock { $0 = true }
        finished.wait()
        return words.withLock { $0 }
    }

    private func say(_ log: String, _ random: inout SeededGenerator) {
        let text = (try? String(contentsOfFile: log, encoding: .utf8)) ?? ""
        let ids = KillEra.Acknowledged(log: text).opened.sorted()
        guard !ids.isEmpty else { return rest() }
        let labels: [EventLabel?] = [.falseAlarm, .confirmed, nil]
        let request = AckRequest(
            event: ids[random.index(below: ids.count)].description, label: labels[random.index(below: 3)],
            note: random.index(below: 2) == 0 ? nil : "said \(random.index(below: 1000))")
        words.withLock { $0.append(.attempt(request)) }
        if asProgram ? saysProgram(request) : saysSocket(request) {
            words.withLock { $0.append(.confirm(request)) }
        }
        rest()
    }

    private func rest() { SystemClocks().sleep(for: .milliseconds(20)) }

    private func saysSocket(_ request: AckRequest) -> Bool {
        (try? ControlClient.acknowledge(request, at: socket)) != nil
    }

    private func saysProgram(_ request: AckRequest) -> Bool {
        let label = request.label == .falseAlarm ? "--false" : request.label == .confirmed ? "--confirm" : "--undo"
        let note = request.label == nil ? [] : request.note.map { ["--note", $0] } ?? []
        let arguments = ["ack", request.event, label] + note + ["--config", configuration]
        return (try? Tool.run(Program.monitorctl.path, arguments)) != nil
    }
}
