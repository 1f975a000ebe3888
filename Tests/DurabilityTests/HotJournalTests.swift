import Alerting
import FaultLab
import TestSupport
import Testing

/// A daemon that dies while its database has no write-ahead log yet, as in its very first moments, leaves a journal.
@Suite struct HotJournalTests {
    @Test func `what was half written is taken back, and the daemon's store opens`() throws {
        let folder = TemporaryFolder()
        let path = folder.file("events.sqlite")
        try EventWriter(path: path).finish()
        try folder.write(
            "dies.sql",
            """
            PRAGMA journal_mode = DELETE;
            PRAGMA cache_size = 2;
            BEGIN;
            CREATE TABLE half (text TEXT);
            WITH RECURSIVE rows(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM rows WHERE n < 2000)
            INSERT INTO half SELECT printf('%0500d', n) FROM rows;
            .shell cp \(path) \(folder.file("dead.sqlite")); cp \(path)-journal \(folder.file("dead.sqlite-journal"))
            ROLLBACK;
            """)
        try Tool.run("/usr/bin/sqlite3", [path, ".read \(folder.file("dies.sql"))"])
        #expect(folder.names().contains("dead.sqlite-journal"))

        try EventWriter(path: folder.file("dead.sqlite")).finish()
        #expect(try EventReader(path: folder.file("dead.sqlite")).problems() == [])
        #expect(!folder.names().contains("dead.sqlite-journal"))
    }
}
