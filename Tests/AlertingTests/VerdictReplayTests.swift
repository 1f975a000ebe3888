import Alerting
import Analysis
import Basics
import FoundationEssentials
import TestSupport
import Testing

/// Reading a recorded verdict log piece by piece, and moving it to the present.
@Suite struct VerdictReplayTests {
    @Test func `a log of many pieces is read verdict by verdict`() throws {
        let folder = TemporaryFolder()
        let path = folder.file("verdicts.ndjson")
        let writer = try VerdictLogWriter(path: path)
        let verdicts = EventMachinePropertyTests.script(seed: 6, frames: 900)
        for verdict in verdicts { try writer.append(verdict) }
        var reader = try VerdictLogReader(path: path)
        var count = 0
        while let verdict = try reader.next() {
            #expect(verdict.objects == verdicts[count].objects && verdict.sequence == verdicts[count].sequence)
            count += 1
            #expect(reader.line == count)
        }
        #expect(count == 900 && !reader.isCut)
    }

    @Test func `a cut last line is no verdict, and is told`() throws {
        let folder = TemporaryFolder()
        let path = try folder.write(Data("\n{\"v\":1".utf8), "verdicts.ndjson")
        var reader = try VerdictLogReader(path: path)
        #expect(try reader.next() == nil)
        #expect(reader.isCut && reader.line == 1)
    }

    @Test(arguments: [
        #""size":[640,0]"#, #""size":[640,100000000]"#, #""wall_ms":-1"#, #""wall_ms":99999999999999"#,
        #""pts_ns":9223372036854775807"#, #""arrival_ns":-5"#, #""objects":[[0,0,1e30,1,1,1,1]]"#,
    ])
    func `numbers that no camera gives are refused`(damage: String) throws {
        let line = try VerdictLog.encode(Script.verdict(1, at: .zero))
        let key = try #require(damage.split(separator: ":").first)
        let start = try #require(line.firstRange(of: key + ":")).lowerBound
        let isList = damage.contains("[")
        let end = try #require(line[start...].firstIndex { (isList ? "]" : ",}").contains($0) })
        let damaged = line[..<start] + damage + line[(isList ? line.index(after: end) : end)...]
        let error = #expect(throws: StoreError.self) { try VerdictLog.decode(damaged, at: "here") }
        #expect(error?.message == "here: not a verdict of version 1")
    }

    @Test func `a folder is no log`() throws {
        let folder = TemporaryFolder()
        var reader = try VerdictLogReader(path: folder.path)
        let error = #expect(throws: StoreError.self) { try reader.next() }
        #expect(error?.message.hasSuffix("Is a directory") == true)
    }

    @Test func `arrivals follow stream time, also where a recording of another run begins`() throws {
        var replay = VerdictReplay(camera: "gate", began: MonotonicTime(nanoseconds: 5_000_000_000))
        func arrival(_ verdict: Verdict) throws -> Duration {
            let step = try replay.take(verdict, at: "here")
            #expect(step.verdict.camera == "gate" && step.verdict.wallTimeMs == verdict.wallTimeMs)
            return step.verdict.arrival - MonotonicTime(nanoseconds: 5_000_000_000)
        }
        #expect(try arrival(Script.verdict(0, at: .seconds(7))) == .zero)
        #expect(try arrival(Script.verdict(1, at: .seconds(9))) == .seconds(2))
        // Stream time, arrival and wall time all begin anew in the script's verdicts, so nothing passes.
        #expect(try arrival(Script.verdict(2, at: .seconds(1))) == .seconds(2))
        #expect(try arrival(Script.verdict(3, at: .seconds(2))) == .seconds(3))
    }

    @Test func `a recording that spans ages is refused`() throws {
        var replay = VerdictReplay(camera: "gate", began: MonotonicTime(nanoseconds: 0))
        _ = try replay.take(Script.verdict(0, at: .seconds(-9 * 366 * 86_400)), at: "log:1")
        let error = #expect(throws: StoreError.self) {
            _ = try replay.take(Script.verdict(1, at: .seconds(9 * 366 * 86_400)), at: "log:2")
        }
        #expect(error?.code == .malformed && error?.message.hasPrefix("log:2: ") == true)
    }
}
