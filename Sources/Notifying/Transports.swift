public import Alerting
public import Service

/// The ways to the targets of the settings.
public enum Transports {
    /// What the transports need to know of the daemon.
    public struct Surroundings: Sendable {
        let environment: [String: String]
        let cameras: [String]
        let reader: EventReader
        let say: @Sendable (_ target: String, _ line: String) -> Void

        /// - Parameters:
        ///   - cameras: all that are watched.
        ///   - say: gets what hooks print.
        public init(
            environment: [String: String], cameras: [String], reader: EventReader,
            say: @escaping @Sendable (_ target: String, _ line: String) -> Void
        ) {
            self.environment = environment
            self.cameras = cameras
            self.reader = reader
            self.say = say
        }
    }

    /// Larger pictures stay at home.
    private static let largestPicture = 512 * 1024

    /// - Throws: `ServiceError` when a key or password cannot be read, `NotifyingError`.
    public static func make(
        _ settings: NotifySettings, _ around: Surroundings, seed: UInt64
    ) throws -> any NotificationTransport {
        let picture: PictureProvider? =
            settings.includesPicture ? { @Sendable in Self.picture($0, around.reader) } : nil
        let name = settings.target.name
        switch settings.way {
        case .exec(let hook):
            return HookTransport(hook, timeLimit: settings.timeLimit, picture: picture) { @Sendable line in
                around.say(name, line)
            }
        case .webhook(let webhook):
            return try WebhookTransport(
                webhook, key: try settings.secret(environment: around.environment), timeLimit: settings.timeLimit,
                picture: picture)
        case .mqtt(let broker):
            return try MQTTTransport(
                broker, name: name, password: try settings.secret(environment: around.environment),
                cameras: around.cameras, timeLimit: settings.timeLimit, seed: seed,
                openEvents: { @Sendable in try? around.reader.openEvents() })
        }
    }

    /// An event's picture with its marks, a camera event's as it was. None is better than none of the message.
    private static func picture(_ notification: EventNotice, _ reader: EventReader) -> [UInt8]? {
        guard let id = EventID(notification.event) else { return nil }
        let found = (try? reader.snapshot(id, .annotated)) ?? (try? reader.cameraSnapshot(id))
        guard let jpeg = found?.jpeg, jpeg.count <= largestPicture else { return nil }
        return jpeg
    }
}
