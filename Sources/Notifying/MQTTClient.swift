internal import Alerting
internal import Basics
internal import CMosquitto
internal import Dispatch
internal import Glibc
internal import Service

/// A connection with a broker that is kept up by a thread of its own: libmosquitto does the talking, and leaves it to
/// us when to try again, as its own loop gives up where a name cannot be resolved or a certificate is refused.
///
/// `@unchecked Sendable`: libmosquitto locks its own state once told that there are threads; ours is behind `state`.
final class MQTTClient: @unchecked Sendable {
    /// A message for the broker.
    struct Publication {
        let topic: String
        let payload: String
        var isRetained = false
    }

    private struct State {
        var isConnected = false
        /// Connected, and `connected` was not called yet.
        var isFresh = false
        var isStopped = false
        /// Why there is no connection.
        var reason = "not connected yet"
        /// Publications that the broker has, the latest ones.
        var acknowledged: [Int32] = []
        /// Retained messages that came in.
        var found: [Publication] = []
    }

    private let handle: OpaquePointer
    private let host: String
    private let port: Int32
    private let state = Locked(State())
    private let bell = DispatchSemaphore(value: 0)
    private let over = DispatchSemaphore(value: 0)
    private let farewell: Publication
    private var backoff: Backoff

    private static let keepAliveSeconds: Int32 = 15
    /// Acknowledgements that are remembered; far fewer than there are numbers, which come again.
    private static let memory = 256
    private static let sliceMs: Int32 = 200
    private static let longestPause: Duration = .seconds(30)
    private static let partingTime: Duration = .seconds(1)

    /// - Parameters:
    ///   - will: what the broker says when we are gone without a word; said by ourselves at an orderly end.
    /// - Throws: `NotifyingError` when libmosquitto refuses the settings.
    init(
        _ settings: MQTTSettings, clientID: String, password: Secret?, will: Publication, seed: UInt64
    ) throws(NotifyingError) {
        mosquitto_lib_init()
        guard let handle = mosquitto_new(clientID, true, nil) else {
            throw NotifyingError(.library, "no MQTT client can be made for \(settings.host)")
        }
        self.handle = handle
        host = settings.host
        port = Int32(settings.port)
        farewell = will
        backoff = Backoff(cap: Self.longestPause, seed: seed)
        mosquitto_threaded_set(handle, true)
        var results = [
            mosquitto_will_set(handle, will.topic, Int32(will.payload.utf8.count), will.payload, 1, will.isRetained)
        ]
        if let user = settings.user { results.append(mosquitto_username_pw_set(handle, user, password?.revealed)) }
        if settings.usesTLS {
            let system = settings.authorities == nil ? "/etc/ssl/certs" : nil
            results.append(mosquitto_tls_set(handle, settings.authorities, system, nil, nil, nil))
        }
        if let failure = results.first(where: { $0 != MOSQ_ERR_SUCCESS.rawValue }) {
            mosquitto_destroy(handle)
            throw NotifyingError(
                .library, "the settings of the broker \(host) are refused: \(Self.words(failure, errno))")
        }
    }

    deinit { mosquitto_destroy(handle) }

    /// Connects, and stays connected; `connected` is called on the client's thread after each connection, `found` with
    /// each retained message that comes in.
    /// - Returns: false when the system has no thread left.
    func start(
        connected: @escaping @Sendable () -> Void, found: @escaping @Sendable (Publication) -> Void
    ) -> Bool {
        setCallbacks()
        let hasThread = OwnThread.start { @Sendable [self] in
            run(connected, found)
            over.signal()
        }
        if !hasThread { over.signal() }
        return hasThread
    }

    /// Says good-bye and ends.
    func stop() {
        state.withLock { $0.isStopped = true }
        bell.signal()
        over.wait()
    }

    /// Why there is no connection; nil when there is one.
    var trouble: String? { state.withLock { $0.isConnected ? nil : $0.reason } }

    func subscribe(_ pattern: String) { mosquitto_subscribe(handle, nil, pattern, 1) }

    /// Hands a message over, at QoS 1. Returns a number by which to ask for its acknowledgement; nil when there is no
    /// connection.
    @discardableResult
    func publish(_ message: Publication) -> Int32? {
        guard trouble == nil else { return nil }
        var number: Int32 = 0
        let result = mosquitto_publish(
            handle, &number, message.topic, Int32(message.payload.utf8.count), message.payload, 1, message.isRetained)
        return result == MOSQ_ERR_SUCCESS.rawValue ? number : nil
    }

    /// Waits until the broker has a message; false when it has not, or there is no connection, after `limit`.
    func isAcknowledged(_ number: Int32, by limit: DispatchTime, unless isInterrupted: () -> Bool) -> Bool {
        while !isInterrupted() {
            let (has, isConnected) = state.withLock { ($0.acknowledged.contains(number), $0.isConnected) }
            if has { return true }
            if !isConnected || bell.wait(timeout: limit) == .timedOut { return false }
        }
        return false
    }

    func wake() { bell.signal() }

    // MARK: - On its thread

    private func run(_ connected: () -> Void, _ found: (Publication) -> Void) {
        var result = mosquitto_connect_async(handle, host, port, Self.keepAliveSeconds)
        var failures = 0
        while !state.withLock({ $0.isStopped }) {
            guard result == MOSQ_ERR_SUCCESS.rawValue else {
                let reason = Self.words(result, errno)
                state.withLock { state in
                    state.isConnected = false
                    // The broker's own words say more than that the connection ended.
                    let isTold = [MOSQ_ERR_CONN_LOST, MOSQ_ERR_CONN_REFUSED].map(\.rawValue).contains(result)
                    if !isTold { state.reason = reason }
                }
                failures += 1
                pause(backoff.delay(after: failures))
                result = mosquitto_reconnect_async(handle)
                continue
            }
            result = mosquitto_loop(handle, Self.sliceMs, 1)
            let (isFresh, messages) = state.withLock { state in
                defer { (state.isFresh, state.found) = (false, []) }
                return (state.isFresh, state.found)
            }
            if isFresh {
                failures = 0
                connected()
            }
            for message in messages { found(message) }
        }
        part()
    }

    private func pause(_ duration: Duration) {
        let clocks = SystemClocks()
        let end = clocks.monotonic() + duration
        while clocks.monotonic() < end, !state.withLock({ $0.isStopped }) {
            clocks.sleep(for: .milliseconds(Int64(Self.sliceMs) / 2))
        }
    }

    private func part() {
        let clocks = SystemClocks()
        let end = clocks.monotonic() + Self.partingTime
        if let number = publish(farewell) {
            while clocks.monotonic() < end, state.withLock({ !$0.acknowledged.contains(number) && $0.isConnected }) {
                mosquitto_loop(handle, Self.sliceMs, 1)
            }
        }
        mosquitto_disconnect(handle)
        mosquitto_loop(handle, Self.sliceMs, 1)
    }

    private func setCallbacks() {
        mosquitto_user_data_set(handle, Unmanaged.passUnretained(self).toOpaque())
        mosquitto_connect_callback_set(handle) { _, me, code in MQTTClient.of(me)?.onConnect(code) }
        mosquitto_disconnect_callback_set(handle) { _, me, code in MQTTClient.of(me)?.onDisconnect(code) }
        mosquitto_publish_callback_set(handle) { _, me, number in MQTTClient.of(me)?.onPublish(number) }
        mosquitto_message_callback_set(handle) { _, me, message in MQTTClient.of(me)?.onMessage(message) }
    }

    private static func of(_ opaque: UnsafeMutableRawPointer?) -> MQTTClient? {
        opaque.map { Unmanaged<MQTTClient>.fromOpaque($0).takeUnretainedValue() }
    }

    private func onConnect(_ code: Int32) {
        state.withLock { state in
            state.isConnected = code == 0
            state.isFresh = code == 0
            if code != 0 { state.reason = "the broker refuses: " + String(cString: mosquitto_connack_string(code)) }
        }
        bell.signal()
    }

    private func onDisconnect(_ code: Int32) {
        state.withLock { state in
            if state.isConnected { state.reason = "the connection was lost" }
            state.isConnected = false
        }
        bell.signal()
    }

    private func onPublish(_ number: Int32) {
        state.withLock { state in
            state.acknowledged.append(number)
            if state.acknowledged.count > Self.memory { state.acknowledged.removeFirst() }
        }
        bell.signal()
    }

    private func onMessage(_ message: UnsafePointer<mosquitto_message>?) {
        guard let message = message?.pointee, message.retain, let topic = message.topic else { return }
        let bytes = UnsafeRawBufferPointer(start: message.payload, count: Int(message.payloadlen))
        let publication = Publication(
            topic: String(cString: topic), payload: String(decoding: bytes, as: UTF8.self), isRetained: true)
        state.withLock { if $0.found.count < 1000 { $0.found.append(publication) } }
    }

    private static func words(_ code: Int32, _ number: Int32) -> String {
        code == MOSQ_ERR_ERRNO.rawValue
            ? String(cString: strerror(number)) : String(cString: mosquitto_strerror(code))
    }
}
