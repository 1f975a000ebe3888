import Glibc

/// Answers commands on standard input, one line each, with one line on standard output: how the comparison's driver
/// speaks with every contender.
enum LineServer {
    /// Prints `ready`, then answers until "quit" or the end of the input.
    ///
    /// - Parameter answer: the reply to a command; nil: it is not known.
    static func serve(ready: String, _ answer: (_ command: String) throws -> String?) rethrows {
        say(ready)
        while let command = readLine() {
            if command == "quit" { return }
            say(try answer(command) ?? "error: unknown command \"\(command)\"")
        }
    }

    private static func say(_ line: String) {
        print(line)
        fflush(nil)
    }
}
