internal import GRDB

extension StoreSchema {
    /// What is to be told, to whom, and how far that has come.
    static func addOutbox(_ db: Database) throws {
        try db.execute(
            sql: """
                -- What each target wants to hear: whoever commits an event finds it here. Never holds a secret.
                CREATE TABLE notify_target (
                    name             TEXT    NOT NULL PRIMARY KEY,
                    type             TEXT    NOT NULL CHECK (type IN ('exec', 'webhook', 'mqtt')),
                    cameras          TEXT    NOT NULL,           -- JSON list of names; empty: all
                    kinds            TEXT    NOT NULL,           -- JSON list of kinds; empty: all
                    minimum_surprise REAL    NOT NULL,           -- of anomalies
                    moments          TEXT    NOT NULL,           -- JSON list of opened, closed, labelled
                    delivered        INTEGER NOT NULL DEFAULT 0, -- totals for good
                    suppressed       INTEGER NOT NULL DEFAULT 0, -- by a cool-down
                    merged           INTEGER NOT NULL DEFAULT 0, -- told together with a later one of the same event
                    rejected         INTEGER NOT NULL DEFAULT 0, -- the target will never take it
                    dropped          INTEGER NOT NULL DEFAULT 0, -- too old, or too many waited
                    last_success_ms  INTEGER,
                    last_error_ms    INTEGER,
                    last_error       TEXT
                ) STRICT;

                CREATE TABLE notification (
                    number   INTEGER PRIMARY KEY,                -- in the order of the commits
                    id       TEXT    NOT NULL,                   -- event, moment, revision
                    target   TEXT    NOT NULL REFERENCES notify_target (name) ON DELETE CASCADE,
                    camera   TEXT    NOT NULL,
                    event    TEXT    NOT NULL,                   -- its id; it may outlive the event
                    moment   TEXT    NOT NULL CHECK (moment IN ('opened', 'closed', 'labelled', 'test')),
                    start_ms INTEGER NOT NULL,                   -- of the event
                    time_ms  INTEGER NOT NULL,                   -- when it was committed
                    state    TEXT    NOT NULL DEFAULT 'waiting'
                        CHECK (state IN ('waiting', 'delivered', 'suppressed', 'merged', 'rejected', 'dropped')),
                    attempts INTEGER NOT NULL DEFAULT 0,         -- that failed
                    includes TEXT,                               -- JSON list of the ids told together with it
                    done_ms  INTEGER CHECK ((done_ms IS NULL) = (state = 'waiting')),
                    document TEXT    NOT NULL,                   -- the event as it was; empty when done
                    UNIQUE (target, id)
                ) STRICT;

                CREATE INDEX notification_waiting ON notification (target, camera, number) WHERE state = 'waiting';
                CREATE INDEX notification_done ON notification (target, number) WHERE state <> 'waiting';
                CREATE INDEX notification_by_event ON notification (event, target);

                -- The last event of a camera that a target was told of; see Cooldown.
                CREATE TABLE notify_cooldown (
                    target   TEXT    NOT NULL REFERENCES notify_target (name) ON DELETE CASCADE,
                    camera   TEXT    NOT NULL,
                    event    TEXT    NOT NULL,
                    start_ms INTEGER NOT NULL,
                    last_ms  INTEGER,                            -- when it was seen last; NULL while open
                    PRIMARY KEY (target, camera)
                ) STRICT, WITHOUT ROWID;
                CREATE INDEX notify_cooldown_open ON notify_cooldown (event) WHERE last_ms IS NULL;
                """)
    }
}
