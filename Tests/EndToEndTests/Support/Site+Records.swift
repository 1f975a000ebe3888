import Alerting
import Analysis
import FaultLab

extension Site {
    /// All events, newest first.
    func events() throws -> [Event] {
        var query = EventQuery()
        query.limit = 100_000
        return try EventReader(path: database).events(query).events
    }

    func profile(_ name: String) throws -> ProfileRecord { try ProfileStore(root: profiles).current(name).record }
}
