import Alerting
import ArgumentParser
import Basics
import Glibc
import HistoryForgery

/// What questions about a large history cost.
struct HistoryCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "history", abstract: "Ask a large history every kind of question and measure the answers.",
        discussion: """
            The first run writes the database, always the same for the same number of events; later runs use it again.
            """)

    @Option(help: "Events in the history.") var events = 10_000_000
    @Option(help: "The database.") var database: String
    @Option(help: "Times that each question is asked.") var rounds = 200

    func run() throws {
        let clocks = SystemClocks()
        if access(database, F_OK) != 0 {
            let start = clocks.monotonic()
            try HistoryForgery(events: events).write(to: database) { count in
                print("\(count) events after \((clocks.monotonic() - start).components.seconds) s")
            }
            print("written and indexed after \((clocks.monotonic() - start).components.seconds) s")
        }
        let reader = try EventReader(path: database)
        var table = TextTable(
            "Milliseconds inside the process, warm page cache, \(rounds) rounds",
            ["question", "entries", "p50", "p99", "worst"])
        for question in HistoryQuestions.all(sinceMs: HistoryForgery.lastMs) {
            var series = Series()
            var count = 0
            for _ in 0..<rounds {
                let start = clocks.monotonic()
                count = try question.ask(reader)
                series.add(clocks.monotonic() - start)
            }
            table.add(
                question.name, "\(count)", number(series.median, 2), number(series.p99, 2), number(series.worst, 2))
        }
        print(table.text)
    }
}
