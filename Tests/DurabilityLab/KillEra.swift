internal import Alerting
internal import Basics
package import FaultLab
internal import Foundation
internal import TestSupport

/// One database under a daemon that is started and killed again and again, and everything that it was promised to keep.
package final class KillEra {
    package let site: Site
    /// What this run's logs say, by camera.
    private(set) var oracles: [String: Oracle] = [:]
    /// Ids of the whole lines that a killed daemon logged.
    private(set) var acknowledged = Acknowledged()
    /// What operators said and were told is stored, by event; what they said last without an answer stands beside it.
    private var labels: [EventID: Label] = [:]
    /// Events as they were after the run in which they happened.
    private var settled: [EventID: Settled] = [:]
    private var runs = 0
    /// Whether the tables were complete once.
    private var wasReadable = false
    private let cameras: [ReplayedCamera]

    /// What became of one event, once its run was over.
    private struct Settled {
        let values: String
        var state: EventState
    }

    private struct Label {
        /// Nil for no label.
        var stored: EventLabel?
        var attempted: [EventLabel?] = []
    }

    struct Acknowledged {
        var opened: Set<EventID> = []
        var closed: Set<EventID> = []
        var interrupted: Set<EventID> = []

        mutating func formUnion(_ other: Acknowledged) {
            opened.formUnion(other.opened)
            closed.formUnion(other.closed)
            interrupted.formUnion(other.interrupted)
        }

        /// Of whole lines only: the last one may be cut.
        init(log: String = "") {
            for line in log.split(separator: "\n", omittingEmptySubsequences: false).dropLast() {
                guard let range = line.range(of: "event="), let id = EventID(line[range.upperBound...].prefix(36))
                else {
                    continue
                }
                if line.contains("event opened") { opened.insert(id) }
                if line.contains("event closed") { closed.insert(id) }
                if line.contains("event interrupted") { interrupted.insert(id) }
            }
        }
    }

    /// Two cameras as fast as the disk, and two at the pace of their streams.
    package init(model: String, old: OldDatabase?) throws {
        cameras = [
            ReplayedCamera(name: "swift", isLive: false), ReplayedCamera(name: "rapid", isLive: false),
            ReplayedCamera(name: "steady", isLive: true), ReplayedCamera(name: "calm", isLive: true),
        ]
        site = try Site(cameras: cameras.map(\.yaml), model: model)
        if let old {
            let entry = try old.write(to: site.database)
            settled[entry.id] = Settled(values: Oracle.values(of: entry), state: .open)
            acknowledged.opened.insert(entry.id)
        }
    }

    /// Writes the logs that the next run replays.
    package func prepareRun(seed: UInt64) throws {
        runs += 1
        oracles = [:]
        for (index, camera) in cameras.enumerated() {
            let (oracle, twins) = try camera.prepare(site, seed: seed &+ UInt64(index), run: runs)
            precondition(twins == 0, "the script has events that no name tells apart")
            oracles[camera.name] = oracle
        }
    }

    /// Operators said something about events.
    func note(_ words: [Operators.Word]) {
        for word in words {
            switch word {
            case .attempt(let request):
                if let id = EventID(request.event) { labels[id, default: Label()].attempted.append(request.label) }
            case .confirm(let request):
                if let id = EventID(request.event) { labels[id] = Label(stored: request.label) }
            }
        }
    }

    // MARK: - After a kill

    /// What a look at the database after a kill found.
    package struct Finding {
        /// Empty when every promise was kept.
        package var problems: [String] = []
        package var events = 0
        package var open = 0
        package var recovered = 0
        /// The daemon was killed before its tables were complete.
        package var isUnborn = false
        /// Milliseconds of stream time that an open event was ahead of its row, and that openings and closings waited.
        package var updateLags: [Int] = []
        package var commitLags: [Int] = []
    }

    /// Compares a copy of the database with everything that is known; the daemon must recover the original by itself.
    package func examine(log: String) throws -> Finding {
        let lines = Acknowledged(log: log)
        acknowledged.formUnion(lines)
        var finding = Finding()
        finding.problems = log.split(separator: "\n").filter { $0.contains(" error monitord") }.map(String.init)
        let copy = TemporaryFolder()
        for suffix in ["", "-wal"] where FileManager.default.fileExists(atPath: site.database + suffix) {
            try FileManager.default.copyItem(atPath: site.database + suffix, toPath: copy.file("e.sqlite" + suffix))
        }
        let history: ReplayedHistory
        do {
            history = try ReplayedHistory(copy.file("e.sqlite"), without: Set(settled.keys))
        } catch let error as StoreError where [.missing, .olderSchema].contains(error.code) {
            finding.isUnborn = true
            if !lines.opened.isEmpty || wasReadable {
                finding.problems.append("the history is gone: \(error.message)")
            }
            return finding
        }
        wasReadable = true
        finding.problems += try EventReader(path: history.path).problems()
        finding.events = history.all.count
        finding.recovered = lines.interrupted.count
        finding.problems += acknowledgedProblems(history, lines)
        finding.problems += settledProblems(history)
        let (matches, strange) = try history.compare(oracles)
        finding.problems += strange
        finding.problems += matches.filter { $0.entry.state == .interrupted }.map {
            "\($0.entry.id) is interrupted in its own run"
        }
        if let first = history.entries.map(\.id).min(), let last = settled.keys.max(), first < last {
            finding.problems.append("\(first) sorts before \(last) of an earlier run")
        }
        finding.open = matches.count { $0.entry.state == .open }
        for camera in cameras where camera.isLive {
            let (updates, commits) = camera.lags(site, matches, oracles[camera.name])
            finding.updateLags += updates
            finding.commitLags += commits
        }
        finding.problems += try labelProblems(EventReader(path: history.path), history)
        for match in matches {
            settled[match.entry.id] = Settled(values: Oracle.values(of: match.entry), state: match.entry.state)
        }
        return finding
    }

    /// No line of a log is without its row.
    private func acknowledgedProblems(_ history: ReplayedHistory, _ lines: Acknowledged) -> [String] {
        let lost = acknowledged.opened.filter { history.all[$0] == nil }.map {
            "\($0) was logged as opened and is lost"
        }
        let unclosed = acknowledged.closed.filter { history.all[$0]?.state != .closed }.map {
            "\($0) was logged as closed and is not"
        }
        let open = acknowledged.interrupted.filter { history.all[$0]?.state != .interrupted }.map {
            "\($0) was logged as interrupted and is not"
        }
        // Whoever opened an event had recovered before.
        let left = lines.opened.isEmpty ? [] : settled.keys.filter { history.all[$0]?.state == .open }
        return lost + unclosed + open + left.map { "\($0) of an earlier run is still open" }
    }

    /// What happened in earlier runs stays as it was, but that open events become interrupted.
    private func settledProblems(_ history: ReplayedHistory) -> [String] {
        var problems: [String] = []
        for (id, before) in settled {
            guard let now = history.all[id] else {
                problems.append("\(id) of an earlier run is gone")
                continue
            }
            if Oracle.values(of: now) != before.values {
                problems.append("\(id) of an earlier run has changed: \(now)")
            }
            if now.state != before.state {
                settled[id]?.state = now.state
                if before.state != .open || now.state != .interrupted || now.reason != .crash || now.endMs != nil {
                    problems.append("\(id) of an earlier run was \(before.state) and is \(now.state)")
                }
            }
        }
        return problems
    }

    private func labelProblems(_ reader: EventReader, _ history: ReplayedHistory) throws -> [String] {
        var problems: [String] = []
        for (id, label) in labels {
            guard history.all[id] != nil else { continue }
            let stands = try reader.acknowledgement(of: id)?.label
            if stands != label.stored, !label.attempted.contains(stands) {
                problems.append(
                    "\(id) has the label \(stands?.rawValue ?? "none"), and \(label.stored?.rawValue ?? "none") was said"
                )
            }
            labels[id] = Label(stored: stands)
        }
        return problems
    }

    package var labelCount: Int { labels.count }
    package var acknowledgedCount: Int { acknowledged.opened.count }
}
