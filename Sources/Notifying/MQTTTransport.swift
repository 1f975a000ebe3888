public import Alerting
internal import Basics
internal import Dispatch
internal import Foundation
public import Service

/// Publishes messages at a broker, and beside them how the cameras are at any time.
///
/// | topic | |
/// |---|---|
/// | `<prefix>/availability` | `online` or `offline`, retained; the last will |
/// | `<prefix>/<camera>/state` | a `CameraState`, retained |
/// | `<prefix>/<camera>/event` | a message; delivered when the broker has acknowledged it |
///
/// Other cameras' retained states that this monitor left behind are removed after connecting.
public final class MQTTTransport: NotificationTransport {
    /// What is retained about a camera.
    struct CameraState: Codable, Hashable {
        var schema = 1
        let camera: String
        let active: Bool
        let openEvents: Int
        /// The client's id: whose state this is.
        let monitor: String

        enum CodingKeys: String, CodingKey {
            case schema, camera, active
            case openEvents = "open_events"
            case monitor
        }
    }

    private struct State {
        /// As published since the last connection.
        var published: [String: CameraState] = [:]
        /// Handed to the library, and not acknowledged in time: the library still has them.
        var underway: [String: Int32] = [:]
        var isInterrupted = false
    }

    private let settings: MQTTSettings
    private let clientID: String
    private let cameras: [String]
    private let timeLimit: Duration
    private let openEvents: @Sendable () -> [String: Int]?
    private let client: MQTTClient
    private let state = Locked(State())

    private static let underwayLimit = 64

    /// - Parameters:
    ///   - name: of the target.
    ///   - cameras: all that are watched.
    ///   - openEvents: how many events are open, by camera; nil when that cannot be told.
    /// - Throws: `NotifyingError`.
    public init(
        _ settings: MQTTSettings, name: String, password: Secret?, cameras: [String], timeLimit: Duration,
        seed: UInt64, openEvents: @escaping @Sendable () -> [String: Int]?
    ) throws(NotifyingError) {
        self.settings = settings
        self.cameras = cameras
        self.timeLimit = timeLimit
        self.openEvents = openEvents
        clientID = settings.clientID ?? "monitord-\(ProcessInfo.processInfo.hostName)-\(name)"
        client = try MQTTClient(
            settings, clientID: clientID, password: password,
            will: MQTTClient.Publication(
                topic: settings.prefix + "/availability", payload: "offline", isRetained: true),
            seed: seed)
    }

    public func start() {
        _ = client.start(
            connected: { @Sendable [weak self] in self?.introduce() },
            found: { @Sendable [weak self] message in self?.cleanUp(message) })
    }

    public func deliver(_ notification: EventNotice) -> DeliveryOutcome {
        if let trouble = client.trouble { return .unreachable("\(settings.host): \(trouble)") }
        let message = MQTTClient.Publication(
            topic: "\(settings.prefix)/\(notification.camera)/event", payload: notification.json())
        // What the library still has is not given to it twice.
        let underway = state.withLock { $0.underway.removeValue(forKey: notification.id) }
        guard let number = underway ?? client.publish(message) else {
            return .unreachable("\(settings.host): the message could not be sent")
        }
        let limit = DispatchTime.now() + .nanoseconds(Int(clamping: timeLimit.nanoseconds))
        if client.isAcknowledged(number, by: limit, unless: { state.withLock { $0.isInterrupted } }) {
            return .delivered
        }
        state.withLock { if $0.underway.count < Self.underwayLimit { $0.underway[notification.id] = number } }
        return .unreachable("\(settings.host): \(client.trouble ?? "no acknowledgement within \(timeLimit.words)")")
    }

    /// Publishes how the cameras are, where that changed.
    public func refresh() {
        guard client.trouble == nil, let open = openEvents() else { return }
        for camera in cameras {
            let count = open[camera] ?? 0
            let now = CameraState(camera: camera, active: count > 0, openEvents: count, monitor: clientID)
            let isNews = state.withLock { $0.published.updateValue(now, forKey: camera) != now }
            if isNews { client.publish(Self.retained(stateTopic(camera), Self.json(now))) }
        }
    }

    public func interrupt() {
        state.withLock { $0.isInterrupted = true }
        client.wake()
    }

    public func stop() { client.stop() }

    // MARK: - On the client's thread

    private func introduce() {
        client.publish(Self.retained(settings.prefix + "/availability", "online"))
        if let prefix = settings.homeAssistant {
            for camera in cameras {
                let sensor = DiscoveredSensor(camera: camera, prefix: settings.prefix, clientID: clientID)
                client.publish(Self.retained(discoveryTopic(prefix, camera), Self.json(sensor)))
            }
        }
        state.withLock { $0.published = [:] }
        refresh()
        client.subscribe(stateTopic("+"))
    }

    private func cleanUp(_ message: MQTTClient.Publication) {
        let start = settings.prefix + "/"
        guard message.topic.hasPrefix(start), message.topic.hasSuffix("/state"),
            let found = try? JSONDecoder().decode(CameraState.self, from: Data(message.payload.utf8)),
            found.monitor == clientID, !cameras.contains(found.camera),
            message.topic == stateTopic(found.camera)
        else { return }
        client.publish(Self.retained(message.topic, ""))
        if let prefix = settings.homeAssistant {
            client.publish(Self.retained(discoveryTopic(prefix, found.camera), ""))
        }
    }

    private func stateTopic(_ camera: String) -> String { "\(settings.prefix)/\(camera)/state" }

    private func discoveryTopic(_ prefix: String, _ camera: String) -> String {
        // Levels of discovery topics have no other characters.
        let node = clientID.map { $0.isASCII && ($0.isLetter || $0.isNumber || "_-".contains($0)) ? $0 : "_" }
        return "\(prefix)/binary_sensor/\(String(node))/\(camera)/config"
    }

    private static func retained(_ topic: String, _ payload: String) -> MQTTClient.Publication {
        MQTTClient.Publication(topic: topic, payload: payload, isRetained: true)
    }

    private static func json(_ value: some Encodable) -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        // Texts and numbers always encode.
        return (try? encoder.encode(value)).map { String(decoding: $0, as: UTF8.self) } ?? "{}"
    }
}
