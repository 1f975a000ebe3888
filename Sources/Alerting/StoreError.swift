/// What went wrong with the event database or a verdict log, in one line that says what to do.
public struct StoreError: Error, CustomStringConvertible {
    public enum Code: String, Sendable, Hashable {
        /// The file or its folder does not exist.
        case missing
        /// No permission.
        case denied
        /// Not an event database.
        case notADatabase
        /// An event database with damaged contents.
        case damaged
        /// Written by a newer version of the monitor.
        case newerSchema
        /// Written by an older version; the daemon upgrades it.
        case olderSchema
        /// Another daemon writes it.
        case inUse
        /// No space left, or a quota reached.
        case full
        /// The disk or the file system failed.
        case io
        /// An id prefix that fits several events.
        case ambiguous
        /// An id prefix that fits no event.
        case unknownEvent
        /// No target of notifications has this name.
        case unknownTarget
        /// An event already has the label it was to get, or has none to take back.
        case unchanged
        /// A line of a verdict log that cannot be read, or a note that is too long.
        case malformed
        /// Anything else that SQLite reports.
        case database
    }

    public let code: Code
    public let message: String
    public let cause: (any Error)?

    public init(_ code: Code, _ message: String, cause: (any Error)? = nil) {
        self.code = code
        self.message = message
        self.cause = cause
    }

    public var description: String { message }
}
