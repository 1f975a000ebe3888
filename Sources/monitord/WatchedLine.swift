import Analysis
import Service

/// One configured camera's way through the daemon, from its source to the event writer.
protocol WatchedLine: AnyObject, Sendable {
    var name: String { get }
    /// The profile's name.
    var profile: String { get }
    var hasFailed: Bool { get }
    var status: DaemonStatus.Camera { get }

    /// Begins to watch; `ended` is called once, when the source has ended and all of it was judged.
    func start(ended: @escaping @Sendable () -> Void)
    /// Begins to stop, without waiting: many cameras end together then, and not one after the other.
    func beginStop()
    /// Returns when the last event was handed to the writer.
    func stop()

    /// An operator called one of this camera's own events a false alarm: what its picture shows now is normal.
    func acceptPicture()
    /// Another version of the profile takes over.
    func use(_ profile: CameraProfile)
    /// An operator labelled one of this camera's events.
    func reconsider()
}
