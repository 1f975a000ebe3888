import Basics
import FoundationEssentials
import Glibc
import Logging
import Service
import Testing

@Suite struct LineLogHandlerTests {
    private struct Failure: Error, CustomStringConvertible { let description = "it broke\nbadly" }

    /// The lines that a piece of code logs, as they would be written.
    private static func lines(_ style: LineLogHandler.Style, _ body: (Logger) -> Void) -> [String] {
        let writes = Locked<[String]>([])
        let clocks = ManualClocks(wallTimeMs: 1_763_720_762_123)
        var logger = Logger(label: "monitord") { label in
            LineLogHandler(label: label, style: style, clocks: clocks) { bytes in
                writes.withLock { $0.append(String(decoding: bytes, as: UTF8.self)) }
            }
        }
        logger.logLevel = .trace
        body(logger)
        return writes.withLock { $0 }
    }

    @Test func theJournalGetsPriorities() {
        let lines = Self.lines(.journal) { logger in
            for level in Logger.Level.allCases { logger.log(level: level, "hello") }
        }
        #expect(lines == ["<7>", "<7>", "<6>", "<5>", "<4>", "<3>", "<2>"].map { "\($0)hello\n" })
    }

    @Test func textHasTimeLevelNameAndFields() {
        let lines = Self.lines(.text) { logger in
            var logger = logger
            logger[metadataKey: "camera"] = "yard"
            logger.info("event opened", metadata: ["event_id": "0190", "place": "left of \"it\"", "empty": ""])
        }
        #expect(
            lines == [
                "2025-11-21T10:26:02.123Z info monitord: event opened camera=yard empty=\"\" event_id=0190 "
                    + "place=\"left of \\\"it\\\"\"\n"
            ])
    }

    @Test(arguments: [LineLogHandler.Style.journal, .text, .json])
    func nothingInAMessageBeginsALineOfItsOwn(style: LineLogHandler.Style) {
        let lines = Self.lines(style) { logger in
            logger.warning("one\n<0>two\r\u{1B}[31mthree\u{2028}four", metadata: ["a": "x\ny", "b": ["1\n", "2"]])
            logger.error("failed", error: Failure())
        }
        #expect(lines.count == 2)
        for line in lines {
            #expect(line.last == "\n")
            #expect(
                line.dropLast().unicodeScalars.allSatisfy { $0.value >= 32 && $0.value != 127 && $0.value != 0x2028 })
        }
        #expect(lines[0].contains("one\\n<0>two\\r\\u001b[31mthree\\u2028four"))
        #expect(lines[1].contains("it broke\\n"))
    }

    @Test func jsonIsReadBack() throws {
        let lines = Self.lines(.json) { $0.notice("say \"hi\"\\\u{1}é", metadata: ["key \"": "value\t"]) }
        struct Line: Decodable, Equatable {
            let time, level, logger, message: String
            let fields: [String: String]
        }
        let line = try JSONDecoder().decode(Line.self, from: Data(lines[0].utf8))
        #expect(
            line
                == Line(
                    time: "2025-11-21T10:26:02.123Z", level: "notice", logger: "monitord",
                    message: "say \"hi\"\\\u{1}é",
                    fields: ["key \"": "value\t"]))
    }

    @Test func theStyleFollowsTheSettingAndTheJournal() {
        #expect(LineLogHandler.style(.json, environment: [:]) == .json)
        #expect(LineLogHandler.style(.text, environment: ["JOURNAL_STREAM": Self.standardErrorStream]) == .text)
        #expect(LineLogHandler.style(.auto, environment: [:]) == .text)
        #expect(LineLogHandler.style(.auto, environment: ["JOURNAL_STREAM": "1:2"]) == .text)
        #expect(LineLogHandler.style(.auto, environment: ["JOURNAL_STREAM": Self.standardErrorStream]) == .journal)
    }

    private static var standardErrorStream: String {
        var status = stat()
        fstat(2, &status)
        return "\(status.st_dev):\(status.st_ino)"
    }
}
