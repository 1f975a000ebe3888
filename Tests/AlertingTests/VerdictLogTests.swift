import Alerting
import Analysis
import Basics
import FoundationEssentials
import Imaging
import TestSupport
import Testing

@Suite struct VerdictLogTests {
    @Test func whatIsWrittenIsReadBackExactly() throws {
        let folder = TemporaryFolder()
        let path = folder.file("verdicts.ndjson")
        let verdicts = EventMachinePropertyTests.script(seed: 5, frames: 50)
        let writer = try VerdictLogWriter(path: path)
        for verdict in verdicts { try writer.append(verdict) }
        let read = try VerdictLog.read(path)
        #expect(read.count == 50)
        for (before, after) in zip(verdicts, read) {
            #expect(after.objects == before.objects)
            #expect(after.regions == before.regions)
            #expect(after.presentationTime == before.presentationTime)
            #expect(after.arrival == before.arrival)
            #expect(after.regime == before.regime)
            #expect(after.sequence == before.sequence)
            #expect(after.wallTimeMs == before.wallTimeMs)
            #expect(after.width == 640 && after.height == 360)
        }
    }

    @Test func theLogGrowsAcrossWriters() throws {
        let folder = TemporaryFolder()
        let path = folder.file("verdicts.ndjson")
        for index in 0..<3 { try VerdictLogWriter(path: path).append(Script.verdict(UInt64(index), at: .zero)) }
        #expect(try VerdictLog.read(path).map(\.sequence) == [0, 1, 2])
    }

    @Test func aLineCutOffByACrashIsLeftOut() throws {
        let folder = TemporaryFolder()
        let path = folder.file("verdicts.ndjson")
        try VerdictLogWriter(path: path).append(Script.verdict(7, at: .zero, objects: [object(1, 2, 3)]))
        let line = try Data(contentsOf: URL(filePath: path))
        try (line + line.prefix(40)).write(to: URL(filePath: path))
        #expect(try VerdictLog.read(path).map(\.sequence) == [7])
    }

    @Test func aDamagedLineIsNamed() throws {
        let folder = TemporaryFolder()
        let path = folder.file("verdicts.ndjson")
        try VerdictLogWriter(path: path).append(Script.verdict(7, at: .zero))
        let line = try Data(contentsOf: URL(filePath: path))
        try (line + Data("{}\n".utf8)).write(to: URL(filePath: path))
        let error = #expect(throws: StoreError.self) { try VerdictLog.read(path) }
        #expect(error?.code == .malformed)
        #expect(error?.message == "\(path):2: not a verdict")
    }

    @Test func filesThatAreMissingOrCannotBeWrittenAreReported() {
        #expect(throws: StoreError.self) { try VerdictLog.read("/nonexistent/log") }
        let error = #expect(throws: StoreError.self) { _ = try VerdictLogWriter(path: "/nonexistent/log") }
        #expect(error?.message == "cannot write the verdict log /nonexistent/log: No such file or directory")
    }
}
