internal import Alerting
internal import Analysis
internal import Basics
internal import FaultLab
internal import Foundation
internal import TestSupport

/// Records what the real daemon writes while it works, is killed and starts again, and then opens thousands of databases as
/// a power cut at any moment of it may leave them.
package struct PowerCuts {
    package struct Report {
        package var states = 0
        /// States in which the database's file itself was not there yet.
        package var unborn = 0
        package var acknowledged = 0
        /// Milliseconds by which open events' rows were behind what had been seen at the moment of the cut.
        package var lags: [Int] = []
        package var problems: [String] = []

        package var summary: String {
            let sorted = lags.sorted()
            let most = sorted.last.map { "p50 \(sorted[sorted.count / 2]) ms, most \($0) ms" } ?? "never"
            return
                "\(states) states after a power cut (\(unborn) before there was a database), up to \(acknowledged) events "
                + "acknowledged; updates behind \(most); \(problems.count) problems"
        }
    }

    private let trace: WriteTrace
    /// By run and camera.
    private var runs: [[String: Oracle]] = []
    /// What all runs together may have left, by camera.
    private var oracles: [String: Oracle] = [:]
    /// Events that an operator said something about when the daemon was killed, so that it may be stored or not.
    private var unanswered: Set<String> = []

    private static let paced = "steady"
    private static let hurried = "swift"

    /// - Parameter runs: of the daemon, each killed but the last but one, which is stopped in order.
    package init(seed: UInt64, runs: Int = 3) async throws {
        let preload = try Preload("write_trace.c")
        let bundle = TemporaryFolder()
        try TinyBundle().open(in: bundle)
        let rules = "rules: {enter: 3, exit: 2.2, quiet_seconds: 1}"
        let site = try Site(
            cameras: [
                #"name: steady, source: "verdicts:steady.ndjson", verdict_log: fed.ndjson, \#(rules)"#,
                #"name: swift, source: "verdicts:swift.ndjson", pace: maximum, \#(rules)"#,
            ], model: bundle.path, database: "@/store/events.sqlite")
        // Their folders go with them.
        defer { withExtendedLifetime((preload, bundle, site)) {} }
        try FileManager.default.createDirectory(atPath: site.folder.file("store"), withIntermediateDirectories: false)
        let environment = [
            "LD_PRELOAD": preload.path, "WRITE_TRACE": site.folder.file("trace"),
            "WRITE_TRACE_FOLDER": site.folder.file("store"),
        ]
        for run in 0..<runs {
            self.runs.append([:])
            for camera in [Self.paced, Self.hurried] {
                let isPaced = camera == Self.paced
                let script = VerdictScript(
                    camera: camera, seed: seed &+ UInt64(run), frames: isPaced ? 100 : 250,
                    spacingMs: isPaced ? 20 : 150,
                    startMs: 1_790_000_000_000 + Int64(run) * 3_600_000)
                let verdicts = try script.write(to: site.folder.file(camera + ".ndjson"))
                let oracle = try Oracle(camera: camera, verdicts, rules: try ReplayedHistory.rules(site, camera))
                self.runs[run][camera] = oracle
                if oracles[camera]?.append(oracle) == nil { oracles[camera] = oracle }
            }
            let daemon = try site.start(.monitord, environment: environment)
            _ = try await daemon.wait(upTo: .seconds(120)) { $0.errors.contains("event opened") }
            let operators = Operators(site, seed: seed, asProgram: false)
            operators.begin(daemon)
            try await Task.sleep(for: .milliseconds(1500))
            daemon.signal(run == runs - 2 ? SIGTERM : SIGKILL)
            var last: String?
            for word in operators.end() {
                if case .attempt(let request) = word { last = request.event } else { last = nil }
            }
            if let last { unanswered.insert(last) }
            _ = try await daemon.finish(limit: .seconds(20))
        }
        trace = try WriteTrace(site.folder.file("trace"))
    }

    /// - Parameter states: about how many to look at.
    /// - Parameter withoutSyncs: as if the daemon had never synced anything: to see that this would be noticed.
    package func examine(states: Int, seed: UInt64, withoutSyncs: Bool = false, tell: (String) -> Void = { _ in })
        throws -> Report
    {
        var report = Report()
        var random = SeededGenerator(seed: seed)
        var disk = FailingDisk(trace)
        var said = Said()
        // Every moment between two operations on the folder counts the same.
        let moments = trace.records.count { !$0.isWord }
        let share = Double(states) / Double(max(1, moments))
        var moment = 0
        for record in trace.records {
            if !(withoutSyncs && record.isSync) { try disk.perform(record.operation) }
            said.note(record)
            guard !record.isWord else { continue }
            moment += 1
            // While the database is made, every moment is another case.
            var wanted = moment < 100 ? max(1, share) : share
            while random.uniform() < wanted {
                wanted -= 1
                let loss = FailingDisk.Loss.allCases[min(random.index(below: 8), FailingDisk.Loss.allCases.count - 1)]
                let folder = TemporaryFolder(inMemory: true)
                for (name, contents) in disk.afterPowerCut(loss, &random) where !name.hasSuffix("-shm") {
                    try folder.write(Data(contents), name)
                }
                let problems = try look(folder, said, at: record.time, &report)
                report.problems += problems.map { "state \(report.states), \(loss) lost: \($0)" }
                problems.forEach(tell)
            }
        }
        report.acknowledged = said.lines.opened.count
        return report
    }

    /// What the daemon had said by then.
    private struct Said {
        var lines = KillEra.Acknowledged()
        var labels: [String: EventLabel?] = [:]
        /// When each verdict of the paced camera had been taken in, in this run.
        var fed: [Duration] = []
        var run = -1
        private var seen = 0

        mutating func note(_ record: WriteTrace.Record) {
            switch record.operation {
            case .log(let text):
                lines.formUnion(KillEra.Acknowledged(log: text))
                if text.contains("monitord: model ") { (run, fed) = (run + 1, []) }
            case .answer(let text):
                guard let outcome = try? JSONDecoder().decode(AckOutcome.self, from: Data(text.utf8)) else { return }
                labels[outcome.event.description] = .some(outcome.label)
            case .fed: fed.append(record.time)
            default: break
            }
            seen += 1
        }

        /// Whether a later answer says so.
        func awaits(_ label: EventLabel?, _ event: String, in trace: WriteTrace) -> Bool {
            trace.records[seen...].contains { record in
                guard case .answer(let text) = record.operation, text.contains(event) else { return false }
                return text.contains(#""label":"\#(label?.rawValue ?? "")""#)
                    || label == nil && !text.contains(#""label":"#)
            }
        }
    }

    private func look(
        _ folder: TemporaryFolder, _ said: Said, at time: Duration, _ report: inout Report
    ) throws -> [String] {
        report.states += 1
        let path = folder.file("events.sqlite")
        if !FileManager.default.fileExists(atPath: path) { report.unborn += 1 }
        do {
            // As the daemon does when it starts again.
            _ = try EventWriter(path: path)
            let reader = try EventReader(path: path)
            var problems = try reader.problems()
            let history = try ReplayedHistory(path)
            let (matches, strange) = try history.compare(oracles)
            problems += strange
            problems += said.lines.opened.filter { history.all[$0] == nil }.map { "\($0) was opened and is lost" }
            problems += said.lines.closed.filter { history.all[$0]?.state != .closed }.map { "\($0) is not closed" }
            for (id, label) in said.labels {
                guard let event = EventID(id) else { continue }
                let stands = try reader.acknowledgement(of: event)?.label
                // One that was stored and not yet answered is as good.
                if stands != label, !unanswered.contains(id), !said.awaits(stands, id, in: trace) {
                    problems.append("\(id) has the label \(stands?.rawValue ?? "none")")
                }
            }
            report.lags += lags(matches, said, at: time)
            return problems
        } catch let error as StoreError {
            return ["the database cannot be opened: \(error.message)"]
        }
    }
}

extension PowerCuts {
    /// By how many milliseconds the rows of open events are behind what had been seen.
    private func lags(_ matches: [ReplayedHistory.Match], _ said: Said, at time: Duration) -> [Int] {
        guard runs.indices.contains(said.run), let oracle = runs[said.run][Self.paced] else { return [] }
        return matches.compactMap { match in
            guard let known = oracle.events[Oracle.name(of: match.entry)], case .anomaly = match.entry else {
                return nil
            }
            let waiting = known.states.first { $0.verdict > match.state.verdict && $0.verdict < said.fed.count }
            guard let waiting, waiting.entry.state == .open else { return nil }
            return Int((time - said.fed[waiting.verdict]).milliseconds)
        }
    }
}

extension WriteTrace.Record {
    fileprivate var isSync: Bool {
        switch operation {
        case .sync, .syncFolder: true
        default: false
        }
    }

    /// Whether it changes nothing on the disk.
    fileprivate var isWord: Bool {
        switch operation {
        case .log, .answer, .fed: true
        default: false
        }
    }
}
