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
        try ask(clocks)
        try start(clocks)
    }

    private func ask(_ clocks: SystemClocks) throws {
        let reader = try EventReader(path: database)
        var table = TextTable(
            "Milliseconds inside the process, warm page cache, \(rounds) rounds",
            ["question", "answers", "p50", "p99", "worst", "processor p50", "p99"])
        for question in try HistoryQuestions.all(reader) {
            var series = Series()
            var work = Series()
            var count = 0
            for round in 0..<rounds {
                let start = (clocks.monotonic(), processorTime())
                count = try question.ask(reader)
                let (time, used) = (clocks.monotonic() - start.0, processorTime() - start.1)
                // The first fills the page cache and prepares the statements.
                guard round > 0 || rounds == 1 else { continue }
                series.add(time)
                work.add(used)
            }
            table.add(
                question.name, "\(count)", number(series.median, 2), number(series.p99, 2), number(series.worst, 2),
                number(work.median, 2), number(work.p99, 2))
        }
        print(table.text)
    }

    /// Whole processes, by turns.
    private func start(_ clocks: SystemClocks) throws {
        let program = try ChildProcess.beside("monitorctl")
        let forms = [
            ["--version"], ["events"], ["events", "--camera", "hall", "--min-surprise", "7"],
            ["events", "--sort", "surprise"], ["stats"],
        ]
        var times = forms.map { _ in Series() }
        var work = forms.map { _ in Series() }
        for _ in 0..<max(20, rounds / 4) {
            for (index, form) in forms.enumerated() {
                let start = clocks.monotonic()
                let child = try ChildProcess(
                    program, form == ["--version"] ? form : form + ["--database", database])
                work[index].add(child.wait())
                times[index].add(clocks.monotonic() - start)
            }
        }
        var table = TextTable(
            "Milliseconds of a whole process, warm page cache", ["monitorctl", "best", "p50", "p99", "processor time"])
        for (index, form) in forms.enumerated() {
            table.add(
                form.joined(separator: " "), number(times[index].best), number(times[index].median),
                number(times[index].p99), number(work[index].median))
        }
        print(table.text)
    }
}
