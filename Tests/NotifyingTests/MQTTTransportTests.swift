import Alerting
import Basics
import FaultLab
import Foundation
import Notifying
import Service
import TestSupport
import Testing

/// Against a real broker.
@Suite(.enabled(if: Broker.isInstalled, "mosquitto and mosquitto-clients are not installed: MQTT was not tested"))
struct MQTTTransportTests {
    private func transport(
        _ broker: Broker, cameras: [String] = ["yard", "gate"], open: Locked<[String: Int]> = Locked([:]),
        limit: Duration = .seconds(60), password: String? = nil, change: (inout MQTTSettings) -> Void = { _ in }
    ) throws -> MQTTTransport {
        var settings = MQTTSettings(host: "127.0.0.1")
        settings.port = broker.port
        settings.clientID = "box"
        change(&settings)
        return try MQTTTransport(
            settings, name: "home", password: password.map(Secret.init), cameras: cameras, timeLimit: limit, seed: 1,
            openEvents: { @Sendable in open.withLock { $0 } })
    }

    /// Tries until a message is delivered, as the outbox does.
    private func delivers(_ transport: MQTTTransport, _ notice: EventNotice) -> Bool {
        eventually { transport.deliver(notice) == .delivered }
    }

    private func state(_ camera: String, _ open: Int) -> String {
        """
        {"active":\(open > 0),"camera":"\(camera)","monitor":"box","open_events":\(open),"schema":1}
        """
    }

    @Test func `availability, states and events are published where they belong`() throws {
        let broker = try Broker()
        try broker.start()
        let listener = try broker.listen()
        let open = Locked(["yard": 2])
        let transport = try transport(broker, open: open)
        transport.start()
        #expect(delivers(transport, notice()))
        open.withLock { $0 = ["gate": 1] }
        transport.refresh()
        transport.refresh()
        #expect(listener.wait { messages in messages.contains { $0.payload == state("gate", 1) } })
        transport.stop()
        #expect(listener.wait { $0.last?.payload == "offline" }, "\(listener.messages)")
        let messages = listener.messages
        #expect(messages.filter { $0.topic == "monitor/availability" }.map(\.payload) == ["online", "offline"])
        #expect(
            messages.filter { $0.topic == "monitor/yard/state" }.map(\.payload) == [state("yard", 2), state("yard", 0)])
        #expect(
            messages.filter { $0.topic == "monitor/gate/state" }.map(\.payload) == [state("gate", 0), state("gate", 1)])
        #expect(messages.filter { $0.topic == "monitor/yard/event" }.map(\.payload) == [notice().json()])
        // Who comes later finds what is retained, and no event.
        let late = try broker.listen()
        #expect(late.wait { $0.count == 3 })
        #expect(
            Set(late.messages.map(\.topic)) == ["monitor/availability", "monitor/yard/state", "monitor/gate/state"])
        #expect(late.messages.allSatisfy { $0.isRetained })
    }

    @Test func `a broker that goes away and comes back gets what it missed, once it is there`() throws {
        let broker = try Broker()
        let transport = try transport(broker)
        transport.start()
        guard case .unreachable = transport.deliver(notice(1)) else {
            Issue.record("delivered without a broker")
            return
        }
        try broker.start()
        let listener = try broker.listen()
        #expect(delivers(transport, notice(1)))
        broker.stop()
        #expect(eventually { transport.deliver(notice(2)) != .delivered })
        try broker.start()
        #expect(delivers(transport, notice(2)))
        let again = try broker.listen()
        #expect(again.wait { $0.contains { $0.topic == "monitor/availability" && $0.payload == "online" } })
        #expect(listener.wait { $0.contains { $0.payload == notice(1).json() } })
        transport.stop()
    }

    @Test func `Home Assistant is told of every camera`() throws {
        let broker = try Broker()
        try broker.start()
        let transport = try transport(broker) { $0.homeAssistant = "homeassistant" }
        transport.start()
        #expect(delivers(transport, notice()))
        let listener = try broker.listen()
        let topics = ["yard", "gate"].map { "homeassistant/binary_sensor/box/\($0)/config" }
        #expect(listener.wait { messages in topics.allSatisfy { topic in messages.contains { $0.topic == topic } } })
        let config = try #require(listener.messages.first { $0.topic == topics[0] })
        #expect(config.isRetained)
        let sensor = try #require(
            try JSONSerialization.jsonObject(with: Data(config.payload.utf8)) as? [String: Any])
        #expect(sensor["unique_id"] as? String == "box_yard")
        #expect(sensor["state_topic"] as? String == "monitor/yard/state")
        #expect(sensor["availability_topic"] as? String == "monitor/availability")
        #expect(sensor["value_template"] as? String == "{{ 'ON' if value_json.active else 'OFF' }}")
        #expect((sensor["device"] as? [String: Any])?["identifiers"] as? [String] == ["box_yard"])
        transport.stop()
    }

    @Test func `what a camera left behind is removed when it is no longer watched, and nobody else's is`() throws {
        let broker = try Broker()
        try broker.start()
        for (client, cameras) in [("box", ["yard", "gate"]), ("other", ["hall"])] {
            let former = try transport(broker, cameras: cameras) {
                $0.clientID = client
                $0.homeAssistant = "ha"
            }
            former.start()
            #expect(delivers(former, notice()))
            former.stop()
        }
        let transport = try transport(broker, cameras: ["yard"]) { $0.homeAssistant = "ha" }
        transport.start()
        func retained() throws -> Set<String> {
            let listener = try broker.listen()
            _ = listener.wait { $0.contains { $0.topic == "monitor/yard/state" } }
            // Retained messages come in no order: one more for everybody tells the end of them.
            #expect(delivers(transport, notice(2)))
            _ = listener.wait { $0.contains { $0.payload == notice(2).json() } }
            return Set(listener.messages.filter(\.isRetained).map(\.topic))
        }
        let expected: Set = [
            "monitor/availability", "monitor/yard/state", "monitor/hall/state", "ha/binary_sensor/box/yard/config",
            "ha/binary_sensor/other/hall/config",
        ]
        #expect(try eventually { try retained() == expected })
        transport.stop()
    }

    @Test func `a password is needed where the broker asks for it`() throws {
        let broker = try Broker("allow_anonymous false\npassword_file @/passwords")
        try broker.folder.write("passwords", "")
        let tool = Process()
        tool.executableURL = URL(filePath: "/usr/bin/mosquitto_passwd")
        tool.arguments = ["-b", broker.folder.file("passwords"), "me", "s3cret"]
        try tool.run()
        tool.waitUntilExit()
        try broker.start()
        let stranger = try transport(broker, password: "wrong") { $0.user = "me" }
        stranger.start()
        #expect(
            eventually { stranger.deliver(notice()).reason?.contains("the broker refuses") == true },
            "\(stranger.deliver(notice()))")
        #expect(stranger.deliver(notice()).reason?.contains("wrong") == false)
        stranger.stop()
        let friend = try transport(broker, password: "s3cret") { $0.user = "me" }
        friend.start()
        #expect(delivers(friend, notice()))
        friend.stop()
    }

    @Test func `a broker whose certificate is not trusted gets nothing`() throws {
        let broker = try Broker("allow_anonymous true\ncertfile @/cert.pem\nkeyfile @/key.pem")
        try Tool.run(
            "/usr/bin/openssl",
            [
                "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=127.0.0.1", "-addext",
                "subjectAltName=IP:127.0.0.1", "-keyout", broker.folder.file("key.pem"), "-out",
                broker.folder.file("cert.pem"),
            ])
        try broker.start()
        let distrustful = try transport(broker) { $0.usesTLS = true }
        distrustful.start()
        let trusting = try transport(broker) {
            $0.usesTLS = true
            $0.authorities = broker.folder.file("cert.pem")
            $0.clientID = "trusting"
        }
        trusting.start()
        #expect(delivers(trusting, notice()))
        #expect(distrustful.deliver(notice()) != .delivered)
        trusting.stop()
        distrustful.stop()
    }
}
