import Alerting
import Basics
import FaultLab
import FoundationEssentials
import Glibc
import TestSupport
import Testing

/// Lists, pages and following as scripts use them.
@Suite struct HistoryCommandTests {
    private struct Line: Decodable, Equatable {
        let id: String
        let state: String
        let cursor: String
    }

    /// Outages of one camera, an hour apart, the last of which is still open.
    private static func fill(_ path: String, outages: Int) throws -> EventWriter {
        let writer = try EventWriter(path: path)
        var machine = CameraEventMachine(camera: "=yard", ids: EventIDGenerator(seed: 1))
        for outage in 0..<outages {
            func at(_ second: Int) -> CameraEventMachine.Instant {
                let place = 3600 * outage + second
                return CameraEventMachine.Instant(
                    MonotonicTime(nanoseconds: 0) + .seconds(place), wallMs: 1_760_000_000_000 + Int64(1000 * place))
            }
            var actions = machine.troubled(.lost, detail: "no answer, \"none\"", isFinal: true, at: at(0))
            if outage + 1 < outages { for second in 10...12 { actions += machine.sawFrame(at: at(second)) } }
            for action in actions { writer.submit(action) }
            writer.flush()
        }
        return writer
    }

    private static func lines(_ output: String) throws -> [Line] {
        try output.split(separator: "\n").map { try JSONDecoder().decode(Line.self, from: Data($0.utf8)) }
    }

    private static func events(_ arguments: [String], _ path: String) async throws -> Program.Outcome {
        try await Program.monitorctl.run(["events", "--database", path] + arguments)
    }

    @Test func `a list goes on after any of its lines, by cursor and by id`() async throws {
        let folder = TemporaryFolder()
        let path = folder.file("events.sqlite")
        let writer = try Self.fill(path, outages: 7)
        defer { withExtendedLifetime(writer) {} }
        let all = try Self.lines(await Self.events([], path).output)
        #expect(all.count == 7 && all[0].state == "open")
        for place in [all[2].cursor, all[2].id] {
            let rest = try Self.lines(await Self.events(["--after", place, "--limit", "3"], path).output)
            #expect(rest == Array(all[3..<6]))
        }
        let reversed = try Self.lines(await Self.events(["--reverse"], path).output)
        #expect(reversed.map(\.id) == all.map(\.id).reversed())
        #expect(try await Self.events(["--after", "x"], path).status == 64)
        #expect(try await Self.events(["--after", all[2].cursor, "--sort", "surprise"], path).status == 64)
        #expect(try await Self.events(["--sort", "surprise", "--exit-code"], path).status == 1)
    }

    @Test func `separated values have the columns asked for, and no formulas`() async throws {
        let folder = TemporaryFolder()
        let path = folder.file("events.sqlite")
        let writer = try Self.fill(path, outages: 2)
        defer { withExtendedLifetime(writer) {} }
        let csv = try await Self.events(["-o", "csv", "--columns", "camera,start,detail", "--limit", "1"], path)
        #expect(csv.output == "camera,start,detail\n'=yard,2025-10-09T09:53:20.000Z,\"no answer, \"\"none\"\"\"\n")
        let wrong = try await Self.events(["--columns", "camera,strt"], path)
        #expect(wrong.status == 64 && wrong.errors.contains("did you mean `start`?"))
        let counts = try await Program.monitorctl.run(
            [
                "stats", "--database", path, "--since", "2025-10-09T08:00:00Z", "--until", "2025-10-09T11:00:00Z", "-o",
                "csv",
            ])
        let rows = counts.output.split(separator: "\n").dropFirst().map { $0.split(separator: ",") }
        #expect(rows.map { $0[1].dropLast(11) } == ["2025-10-09T08", "2025-10-09T09", "2025-10-09T10"])
        #expect(rows.map(\.last) == ["1", "1", "0"], "\(counts.output)")
    }

    @Test func `a follower that was killed goes on where its last line says`() async throws {
        let folder = TemporaryFolder()
        let path = folder.file("events.sqlite")
        let writer = try Self.fill(path, outages: 3)
        defer { withExtendedLifetime(writer) {} }
        let all = try Self.lines(await Self.events([], path).output)
        func follow(after place: String, count: Int) async throws -> [Line] {
            let follower = try Running(
                .monitorctl, ["events", "--follow", "--after", place, "-o", "json", "--database", path])
            #expect(
                try await follower.wait(upTo: .seconds(30)) { $0.output.count { $0 == "\n" } >= count },
                "\(follower.errors)")
            follower.signal(SIGKILL)
            return try Self.lines(follower.output)
        }
        let heard = try await follow(after: "r0", count: 3)
        #expect(heard.map(\.id) == all.map(\.id).reversed())
        let rest = try await follow(after: heard[0].cursor, count: 2)
        #expect(rest == Array(heard.dropFirst()))
        let byID = try await follow(after: all[0].id, count: 1)
        #expect(byID.map(\.id) == [all[0].id])
    }
}
