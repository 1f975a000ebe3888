import Basics
import Forgeries
import FoundationEssentials
import Glibc
import ModelFiles

/// Reads every hostile file as an import would, each in a process of its own, and fails when one is taken for good,
/// crashes, takes long, or needs more memory than its size plus a bound. `make test` runs it under the address sanitizer.
@main struct HostileFilesCheck {
    /// What `CheckpointFile` promises.
    static let bound = 64 << 20
    static let longest = Duration.seconds(20)

    static func main() throws {
        let arguments = CommandLine.arguments
        if arguments.count == 3, arguments[1] == "read" { read(arguments[2]) }
        // What a sanitizer needs for its shadow, red zones and quarantine, in MiB.
        let slack = arguments.count == 3 && arguments[1] == "--slack" ? (Int(arguments[2]) ?? 0) << 20 : 0
        let path = "/tmp/hostile-file-\(getpid())"
        defer {
            unlink(path)
            unlink(path + ".growth")
        }
        var (refused, problems) = (0, 0)
        var worst = (growth: 0, name: "")
        let files = HostileFile.all(seed: 2026)
        for file in files {
            let data = file.data
            try data.write(to: URL(filePath: path))
            let outcome = try readApart(path)
            refused += outcome.status == Outcome.refused ? 1 : 0
            let growth = outcome.growth - data.count
            if growth > worst.growth { worst = (growth, file.name) }
            for problem in [
                outcome.status == Outcome.loaded && !file.mayLoad ? "was read" : nil,
                outcome.status != Outcome.loaded && outcome.status != Outcome.refused
                    ? "ended the program with wait status \(outcome.status)" : nil,
                outcome.time > longest ? "took \(outcome.time)" : nil,
                growth > bound + slack
                    ? "took \(outcome.growth >> 10) KiB of memory for a file of \(data.count >> 10)" : nil,
            ].compactMap({ $0 }) {
                problems += 1
                print("\(file.name): \(problem)")
            }
        }
        print(
            "\(files.count) hostile files, \(refused) refused, \(problems) problems; most memory beyond a file's size: "
                + "\(worst.growth >> 10) KiB (\(worst.name))")
        if problems > 0 { exit(1) }
    }

    /// Wait statuses of the reading process.
    private enum Outcome {
        static let loaded: Int32 = 0
        static let refused: Int32 = 3 << 8
    }

    /// The reading process: leaves its growth in a file beside, and says by its exit status whether all was read.
    private static func read(_ path: String) -> Never {
        let before = status("VmRSS:")
        let refusal = HostileFile.refusal(of: path)
        let growth = status("VmHWM:") - before
        try? Data("\(growth)".utf8).write(to: URL(filePath: path + ".growth"))
        exit(refusal == nil ? 0 : 3)
    }

    private static func readApart(_ path: String) throws -> (status: Int32, growth: Int, time: Duration) {
        let growthFile = URL(filePath: path + ".growth")
        try Data("0".utf8).write(to: growthFile)
        let clocks = SystemClocks()
        let start = clocks.monotonic()
        let words = ["/proc/self/exe", "read", path]
        var arguments: [UnsafeMutablePointer<CChar>?] = words.map { (word: String) in strdup(word) }
        arguments.append(nil)
        defer { for argument in arguments { free(argument) } }
        var child: pid_t = 0
        guard posix_spawn(&child, "/proc/self/exe", nil, nil, &arguments, environ) == 0 else {
            throw CocoaError(.featureUnsupported)
        }
        var status: Int32 = 0
        while waitpid(child, &status, 0) < 0 && errno == EINTR {}
        let growth = Int(String(decoding: try Data(contentsOf: growthFile), as: UTF8.self)) ?? 0
        return (status, growth, clocks.monotonic() - start)
    }

    /// A line of /proc/self/status, in bytes.
    private static func status(_ key: String) -> Int {
        guard let text = try? String(contentsOf: URL(filePath: "/proc/self/status"), encoding: .utf8),
            let line = text.split(separator: "\n").first(where: { $0.hasPrefix(key) })
        else { return 0 }
        return (Int(line.filter(\.isNumber)) ?? 0) << 10
    }
}
