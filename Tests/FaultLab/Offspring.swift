internal import Basics
package import Foundation

/// Starts programs that die with this process, however it ends.
package enum Offspring {
    /// The kernel sends the signal when the thread ends that started the program, so this thread never does.
    private final class Nursery: Sendable {
        static let shared = Nursery()

        private let jobs = Locked<[@Sendable () -> Void]>([])
        private let available = DispatchSemaphore(value: 0)

        private init() {
            precondition(
                OwnThread.start { @Sendable [self] in
                    // Threads of Dispatch block signals, and what they start would never hear of SIGTERM.
                    var none = sigset_t()
                    sigemptyset(&none)
                    pthread_sigmask(SIG_SETMASK, &none, nil)
                    while true {
                        available.wait()
                        jobs.withLock { $0.removeFirst() }()
                    }
                })
        }

        func run(_ body: @escaping @Sendable () -> Void) {
            let done = DispatchSemaphore(value: 0)
            jobs.withLock {
                $0.append {
                    body()
                    done.signal()
                }
            }
            available.signal()
            done.wait()
        }
    }

    /// As `process.run()`; the program is killed when this process ends.
    package static func start(_ process: Process) throws {
        let program = process.executableURL?.path ?? ""
        process.executableURL = URL(filePath: "/usr/bin/setpriv")
        process.arguments = ["--pdeathsig", "KILL", "--", program] + (process.arguments ?? [])
        let failure = Locked<(any Error)?>(nil)
        Nursery.shared.run {
            do { try process.run() } catch { failure.withLock { $0 = error } }
        }
        if let error = failure.withLock({ $0 }) { throw error }
    }
}
