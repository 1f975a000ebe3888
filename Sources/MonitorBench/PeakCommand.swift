import ArgumentParser
import CPeak
import Tensors

/// What the processor can do at most, to hold the networks' speed against.
struct PeakCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "peak", abstract: "Measure the processor's multiply-add peak and memory bandwidth.",
        discussion: """
            With --serve it prints "ready", then reads commands from standard input: "run" measures the multiply-add peak \
            for 20 ms and prints it in GFLOP/s, "quit" ends it.
            """)

    @Option(help: "Most threads to measure; default: all cores.") var threads: Int?
    @Flag(help: "Obey commands on standard input.") var serve = false

    private static let seconds = 0.02
    private static let repetitions = 50

    func validate() throws {
        guard (threads ?? 1) >= 1 else { throw ValidationError("--threads must be at least 1") }
    }

    func run() throws {
        let most = threads ?? ComputePool.coreCount
        guard !serve else {
            LineServer.serve(ready: "ready") { command in
                command == "run" ? number(peak_multiply_add(Int32(most), Self.seconds), 3) : nil
            }
            return
        }
        print("multiply-adds by \(String(cString: peak_instructions()))")
        var table = TextTable(
            "Highest of \(Self.repetitions) short measurements", ["threads", "GFLOP/s", "memory read GB/s"])
        for count in 1...most {
            let operations = (0..<Self.repetitions).map { _ in peak_multiply_add(Int32(count), Self.seconds) }
            let read = (0..<Self.repetitions / 5).map { _ in peak_read(Int32(count), Self.seconds) }
            table.add("\(count)", number(operations.max() ?? 0), number(read.max() ?? 0))
        }
        print(table.text)
    }
}
