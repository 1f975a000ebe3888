import Alerting
import ArgumentParser
import Basics

extension Period: ExpressibleByArgument {}

struct StatsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "stats", abstract: "How many events each camera had, by hour or day.",
        discussion: """
            On a terminal a line per camera is printed, with a small chart of its anomalies; for one camera, a line per hour \
            or day. Into a pipe goes JSON, one object per camera and hour or day, also for those without events. FALSE is \
            the share of false alarms among the anomalies that operators labelled; TROUBLE counts the camera's own events, \
            such as lost or dark. Events count in the whole hour in which they started; days are those of local time.
            """)

    @OptionGroup var store: StoreOptions
    @Option(name: .long, help: "Only this camera; may be repeated.", completion: .cameras) var camera: [String] = []
    @Option(help: "From this time on, such as 2h, yesterday or 2026-11-21; default: 24h, by day 30d.")
    var since: TimeArgument?
    @Option(help: "Up to this time; default: now.") var until: TimeArgument?
    @Option(help: "hour or day; default: hour up to two days, then day.") var by: Period?
    @Option(
        name: [.long, .short],
        help: "table, tsv, csv or json (one object per line); default: table on a terminal, json in a pipe.")
    var output: OutputForm?
    @Flag(help: "Leave out the column names.") var noHeader = false

    /// Lines of a table that nobody would read.
    private static let mostPeriods = 10_000

    func validate() throws {
        guard output != .ids else { throw ValidationError("stats has no ids; it has table, tsv, csv and json") }
    }

    func run() throws {
        try reporting {
            let reader = try store.reader()
            let now = SystemClocks().wallTimeMs()
            let end = until?.milliseconds(now: now) ?? now
            let day: Int64 = 86_400_000
            let since = since?.milliseconds(now: now) ?? end - (by == .day ? 30 * day : day)
            guard since < end else { throw ValidationError("--since is not before --until") }
            let period = by ?? (end - since <= 2 * day ? .hour : .day)
            let starts = Array(
                sequence(first: period.start(of: since)) { start in
                    let next = period.next(after: start)
                    return next < end ? next : nil
                }.prefix(Self.mostPeriods + 1))
            guard starts.count <= Self.mostPeriods else {
                throw ValidationError(
                    "more than \(Self.mostPeriods) \(period.rawValue)s; give a later --since or --by day")
            }
            let cameras = try camera.isEmpty ? reader.cameras() : camera
            let statistics = try cameras.map { camera in
                CameraStatistics(
                    camera: camera, starts: starts,
                    tallies: try reader.tallies(camera: camera, sinceMs: starts[0], untilMs: end))
            }
            try print(statistics, starts, period, end)
        }
    }

    private func print(_ statistics: [CameraStatistics], _ starts: [Int64], _ period: Period, _ end: Int64) throws {
        let report = StatisticsReport(
            statistics: statistics, starts: starts, period: period, palette: store.display.palette)
        switch output ?? (Terminal.outputIsTerminal ? .table : .json) {
        case .table, .ids:
            if statistics.isEmpty { return Terminal.note("no events") }
            Terminal.write(report.table(header: !noHeader))
        case .tsv: Terminal.write(report.separated(header: !noHeader) { $0.joined(separator: "\t") + "\n" })
        case .csv: Terminal.write(report.separated(header: !noHeader, CSV.line))
        case .json: Terminal.write(try report.json())
        }
    }
}
