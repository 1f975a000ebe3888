import Alerting
import Basics
import FaultLab
import Foundation
import Notifying
import Service
import TestSupport
import Testing

@Suite struct HookTransportTests {
    private let folder = TemporaryFolder()
    private let said = Locked<[String]>([])

    /// A hook that runs `script`, in which `@/` stands for a folder.
    private func hook(_ script: String, limit: Duration = .seconds(60), picture: [UInt8]? = nil) throws -> HookTransport
    {
        let path = folder.file("hook")
        try "#!/bin/sh\n\(folder.expand(script))\n".write(toFile: path, atomically: true, encoding: .utf8)
        try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: path)
        return HookTransport(
            HookSettings(command: [path, "two words", "$HOME;`id`"]), timeLimit: limit,
            picture: picture.map { picture in { @Sendable _ in picture } }
        ) { @Sendable [said] line in said.withLock { $0.append(line) } }
    }

    private func text(_ name: String) -> String {
        (try? String(contentsOfFile: folder.file(name), encoding: .utf8)) ?? ""
    }

    @Test func `a program finds the message on its input, its arguments untouched, and little else`() throws {
        setenv("MONITOR_SECRET_OF_THE_TEST", "s3cret", 1)
        let hook = try hook(
            "cat > @/in; env > @/env; printf '%s\\n' \"$@\" > @/args; ls -l /proc/self/fd > @/fds; pwd > @/pwd")
        #expect(hook.deliver(notice()) == .delivered)
        #expect(text("in") == notice().json())
        #expect(text("args") == "two words\n$HOME;`id`\n")
        #expect(text("pwd") == "/\n")
        let names = Set(text("env").split(separator: "\n").map { String($0.prefix { $0 != "=" }) })
        let expected: Set = [
            "PATH", "LANG", "MONITOR_ID", "MONITOR_MOMENT", "MONITOR_CAMERA", "MONITOR_EVENT",
        ]
        #expect(names.subtracting(["PWD", "_", "SHLVL", "OLDPWD", "TZ"]) == expected)
        #expect(text("env").contains("MONITOR_ID=\(notice().id)\n") && !text("env").contains("s3cret"))
        // Its three, its redirection's folder, and what ls opens itself.
        let descriptors = text("fds").split(separator: "\n").filter { $0.contains("->") }
        #expect(descriptors.count == 4, "\(descriptors)")
    }

    @Test(arguments: [
        (0, "delivered"), (75, "busy"), (64, "rejected"), (65, "rejected"), (1, "failed"), (126, "failed"),
    ])
    func `the exit status decides`(status: Int, outcome: String) throws {
        let found = try hook("echo so; echo it is >&2; exit \(status)").deliver(notice())
        #expect("\(found)".hasPrefix(outcome), "\(found)")
        #expect(status == 0 || found.reason?.hasSuffix(": so | it is") == true)
        #expect(said.withLock { $0 } == ["so | it is"])
    }

    @Test func `a program that dies of a signal failed`() throws {
        #expect(try hook("kill -SEGV $$").deliver(notice()) == .failed("\(folder.file("hook")) died of signal 11"))
    }

    @Test func `a program that is not there, or none, is tried again`() throws {
        let none = HookTransport(
            HookSettings(command: ["/nowhere/hook"]), timeLimit: .seconds(1), picture: nil, say: { @Sendable _ in })
        #expect(none.deliver(notice()) == .unreachable("/nowhere/hook cannot be started: No such file or directory"))
        let folder = HookTransport(
            HookSettings(command: ["/tmp"]), timeLimit: .seconds(1), picture: nil, say: { @Sendable _ in })
        #expect(folder.deliver(notice()) == .unreachable("/tmp cannot be started: Permission denied"))
    }

    @Test func `a program that hangs is killed with its children, and leaves no zombie`() throws {
        let hook = try hook(
            "trap '' TERM; (echo $$ > @/child; sleep 1000) & echo $! > @/pid; echo $$ > @/own; sleep 1000",
            limit: .seconds(2))
        let path = folder.file("hook")
        #expect(hook.deliver(notice()) == .unreachable("\(path) took longer than 2 s and was killed"))
        for name in ["pid", "own"] {
            let process = try #require(Int32(text(name).trimmingCharacters(in: .whitespacesAndNewlines)))
            // Its parent is gone, so it may take a moment until somebody has reaped it.
            #expect(eventually { kill(process, 0) == -1 || isZombieOfAnother(process) }, "\(name) lives")
        }
    }

    /// A grandchild that died is init's to reap, which some containers lack.
    private func isZombieOfAnother(_ process: Int32) -> Bool {
        let status = (try? String(contentsOfFile: "/proc/\(process)/status", encoding: .utf8)) ?? ""
        return status.contains("State:\tZ") && !status.contains("PPid:\t\(getpid())\n")
    }

    @Test func `children that a program leaves behind end with it`() throws {
        #expect(try hook("sleep 1000 & echo $! > @/pid").deliver(notice()) == .delivered)
        let child = try #require(Int32(text("pid").trimmingCharacters(in: .whitespacesAndNewlines)))
        #expect(eventually { kill(child, 0) == -1 || isZombieOfAnother(child) })
    }

    @Test func `a flood of output is cut, and does not keep the program from ending`() throws {
        #expect(try hook("yes tell me more | head -c 20000000; exit 0").deliver(notice()) == .delivered)
        let line = try #require(said.withLock { $0.first })
        #expect(line.hasPrefix("tell me more | tell me more") && line.utf8.count < 8000)
        let endless = try hook("yes", limit: .seconds(2)).deliver(notice())
        #expect(endless.reason?.contains("took longer than 2 s") == true)
    }

    @Test func `a program that closes everything is waited for`() throws {
        #expect(try hook("exec 0<&- 1>&- 2>&-; sleep 1; touch @/done").deliver(notice()) == .delivered)
        #expect(FileManager.default.fileExists(atPath: folder.file("done")))
    }

    @Test func `many programs leave no descriptor open`() throws {
        let hook = try hook("exit 0")
        #expect(hook.deliver(notice()) == .delivered)
        func pipes() throws -> Int {
            let folder = "/proc/self/fd"
            return try FileManager.default.contentsOfDirectory(atPath: folder).count { name in
                let target = try? FileManager.default.destinationOfSymbolicLink(atPath: "\(folder)/\(name)")
                return target?.contains("memfd:notification") == true
            }
        }
        for _ in 0..<20 { #expect(hook.deliver(notice()) == .delivered) }
        #expect(try pipes() == 0)
    }

    @Test func `a picture comes within the message`() throws {
        #expect(try hook("cat > @/in", picture: [0xFF, 0xD8, 0xFF]).deliver(notice()) == .delivered)
        #expect(text("in") == notice().json(picture: [0xFF, 0xD8, 0xFF]))
        #expect(text("in").hasSuffix(#","picture_jpeg":"/9j/"}"#))
    }

    @Test func `the daemon's end interrupts a program`() throws {
        let hook = try hook("touch @/started; sleep 1000")
        let done = DispatchSemaphore(value: 0)
        #expect(
            OwnThread.start { @Sendable in
                _ = hook.deliver(notice())
                done.signal()
            })
        #expect(eventually { FileManager.default.fileExists(atPath: folder.file("started")) })
        hook.interrupt()
        #expect(done.wait(timeout: .now() + 30) == .success)
    }
}
