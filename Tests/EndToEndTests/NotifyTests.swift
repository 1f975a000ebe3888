import Alerting
import Basics
import FaultLab
import Foundation
import TestSupport
import Testing

/// The real daemon tells real programs, web servers and brokers of events, whatever is killed meanwhile.
@Suite(.serialized)
struct NotifyTests {
    /// Ordinary frames open events with these.
    private static let nervous =
        ", analysis_fps: 0, rules: {enter: 0.5, exit: 0.2, confirm_frames: 1, confirm_window: 1, quiet_seconds: 1}"

    private func site() async throws -> Site {
        let camera = try await LearnedCamera.shared
        return try Site(cameras: [camera.yaml(Self.nervous)], profiles: camera.profiles)
    }

    @Test
    func `every event of a daemon that is killed again and again is told, under one id and in order`() async throws {
        let (site, server) = (try await site(), try WebServer())
        let key = try site.folder.secret(WebServer.key, "web.key")
        try site.notify([
            #"name: hook, type: exec, command: ["\#(try site.hook("sys.exit(75 if random.random() < 0.3 else 0)"))"]"#,
            #"name: web, type: webhook, url: "\#(server.address)/x", key_file: "\#(key)""#,
        ])
        var random = SeededGenerator(seed: .random(in: 0...UInt64.max))
        for _ in 1...4 {
            try server.script("500", "204", "drop", "204", "204", "429 1", "204", "503")
            let daemon = try site.start(.monitord)
            try #require(
                try await daemon.wait(upTo: .seconds(120)) { $0.errors.contains("event opened") }, "\(daemon.errors)")
            try await Task.sleep(for: .milliseconds(random.index(below: 4000)))
            daemon.signal(SIGKILL)
            _ = try await daemon.finish(limit: .seconds(10))
        }
        let daemon = try site.start(.monitord, ["--until-end"])
        try #require(try await daemon.wait(upTo: .seconds(120)) { $0.errors.contains("event opened") })
        daemon.signal(SIGTERM)
        #expect(try await daemon.finish(limit: .seconds(20)).status == 0)
        // What is left is delivered by a daemon that sees nothing new.
        try server.script()
        let text = try String(contentsOfFile: site.configuration, encoding: .utf8)
        try site.folder.write("monitord.yaml", text.replacing("enter: 0.5, exit: 0.2", with: "enter: 49, exit: 1"))
        let last = try site.start(.monitord)
        let isDone = try await last.wait(upTo: .seconds(240), every: .milliseconds(500)) { _ in
            (try? site.outbox().values.allSatisfy { $0.waiting == 0 && $0.delivered > 10 }) ?? false
        }
        let targets = try site.outbox()
        #expect(isDone, "\(targets)")
        last.signal(SIGTERM)
        #expect(try await last.finish(limit: .seconds(20)).status == 0)

        let events = try site.events().map(\.id.description)
        try check(site.hooked, target: "hook", site, events)
        try check(server.requests.map(\.body), target: "web", site, events)
        #expect(server.requests.allSatisfy { $0.signed })
        #expect(server.requests.allSatisfy { $0.body.contains(#""id":"\#($0.headers["Idempotency-Key"] ?? "")""#) })
        try checkSecret(WebServer.key, site, [daemon.errors, last.errors])
    }

    /// Nothing lost, nothing invented, nothing out of order.
    private func check(_ bodies: [String], target: String, _ site: Site, _ events: [String]) throws {
        let messages = try bodies.map(ReceivedMessage.init)
        let fates = try EventReader(path: site.database).notifications(for: target)
        let order = Dictionary(uniqueKeysWithValues: fates.enumerated().map { ($1.id, $0) })
        let got = Set(messages.map(\.id))
        let told = got.union(messages.flatMap(\.includes))
        #expect(got.subtracting(order.keys) == [], "\(target): invented")
        let done = fates.filter { ["delivered", "merged"].contains($0.state) }.map(\.id)
        #expect(Set(done).subtracting(told) == [], "\(target): marked, but never received")
        let missing = Set(events).subtracting(messages.map(\.event))
        #expect(missing == [], "\(target): events that nobody was told of")
        #expect(Set(messages.map(\.event)).subtracting(events) == [])
        for (id, same) in Dictionary(grouping: bodies.indices, by: { messages[$0].id }) {
            #expect(Set(same.map { bodies[$0] }).count == 1, "\(target): \(id) differs between attempts")
        }
        var seen: Set<String> = []
        let firsts = messages.map(\.id).filter { seen.insert($0).inserted }.compactMap { order[$0] }
        #expect(firsts == firsts.sorted(), "\(target): order")
    }

    private func checkSecret(_ secret: String, _ site: Site, _ logs: [String]) throws {
        for log in logs { #expect(!log.contains(secret)) }
        for name in site.folder.names() where name.hasPrefix("events.sqlite") {
            let data = try Data(contentsOf: URL(filePath: site.folder.file(name)))
            #expect(data.range(of: Data(secret.utf8)) == nil, "\(name) holds the key")
        }
    }

    @Test(.enabled(if: Broker.isInstalled, "mosquitto and mosquitto-clients are not installed: MQTT was not tested"))
    func `a broker hears of the daemon's death, and gets after its own what it missed`() async throws {
        let (site, broker) = (try await site(), try Broker())
        try site.notify([#"name: home, type: mqtt, host: 127.0.0.1, port: \#(broker.port), client_id: box"#])
        try broker.start()
        let listener = try broker.listen()
        let daemon = try site.start(.monitord)
        let isTold = listener.wait(upTo: .seconds(120)) { $0.contains { $0.topic == "monitor/yard/event" } }
        #expect(isTold, "\(daemon.errors)")
        #expect(listener.messages.contains { $0.topic == "monitor/availability" && $0.payload == "online" })
        let states = listener.messages.filter { $0.topic == "monitor/yard/state" }
        #expect(states.contains { $0.payload.contains(#""active":true"#) })
        broker.stop()
        try #require(try await daemon.wait(upTo: .seconds(120)) { $0.errors.contains("notifications wait") })
        let waiting = try await daemon.wait(upTo: .seconds(120), every: .milliseconds(200)) { _ in
            (try? site.outbox()["home"]?.waiting).flatMap { $0 } ?? 0 > 3
        }
        #expect(waiting)
        let missed = try EventReader(path: site.database).notifications(for: "home").filter { $0.state == "waiting" }
        try broker.start()
        let again = try broker.listen()
        let arrived = again.wait(upTo: .seconds(120)) { messages in
            let told = messages.filter { $0.topic == "monitor/yard/event" }
                .compactMap { try? ReceivedMessage($0.payload) }
            let ids = Set(told.map(\.id)).union(told.flatMap(\.includes))
            return missed.allSatisfy { ids.contains($0.id) }
        }
        #expect(arrived, "\(missed.map(\.id)), \(daemon.errors.suffix(2000))")
        #expect(again.wait { $0.contains { $0.topic == "monitor/availability" && $0.payload == "online" } })
        daemon.signal(SIGKILL)
        _ = try await daemon.finish(limit: .seconds(10))
        let lastWill = again.wait(upTo: .seconds(120)) { messages in
            messages.last { $0.topic == "monitor/availability" }?.payload == "offline"
        }
        #expect(lastWill)
        let late = try broker.listen()
        let isOffline = late.wait { messages in
            messages.contains { $0.isRetained && $0.topic == "monitor/availability" && $0.payload == "offline" }
        }
        #expect(isOffline)
    }

    @Test func `monitorctl lists targets and tests them`() async throws {
        let (site, server) = (try await site(), try WebServer())
        try site.notify([
            #"name: web, type: webhook, url: "\#(server.address)/x", cameras: [yard], kinds: [lost]"#,
            #"name: lost, type: exec, command: [/nowhere/hook], kinds: [lost]"#,
            #"name: picky, type: exec, command: [/usr/bin/python3, -c, "import sys; sys.exit(64)"], kinds: [lost]"#,
        ])
        let none = try await site.run(.monitorctl, ["notify", "test", "--target", "web"])
        #expect(none.status == 69, "\(none.errors)")
        let daemon = try site.start(.monitord)
        try #require(try await daemon.wait(upTo: .seconds(120)) { $0.errors.contains("watching") }, "\(daemon.errors)")
        let test = try await site.run(.monitorctl, ["notify", "test", "--target", "web", "--wait", "120"])
        #expect(test.status == 0 && test.output.hasSuffix("  web  delivered\n"), "\(test.errors)")
        let message = try ReceivedMessage(try #require(server.requests.first).body)
        #expect(message.moment == "test" && test.output.hasPrefix(message.id))
        let lost = try await site.run(.monitorctl, ["notify", "test", "--target", "lost", "--wait", "1"])
        #expect(lost.status == 69)
        #expect(lost.errors.contains("/nowhere/hook cannot be started: No such file"), "\(lost.errors)")
        let picky = try await site.run(.monitorctl, ["notify", "test", "--target", "picky", "--wait", "120"])
        #expect(picky.status == 65 && picky.errors.contains("refuses the message (64)"), "\(picky.errors)")
        let unknown = try await site.run(.monitorctl, ["notify", "test", "--target", "webb"])
        #expect(unknown.status == 65 && unknown.errors.contains("no target of notifications is named webb"))
        let list = try await site.run(.monitorctl, ["notify", "list"])
        let rows = list.output.split(separator: "\n").map {
            $0.split(separator: "\t", omittingEmptySubsequences: false)
        }
        #expect(rows.map { String($0[0]) } == ["target", "lost", "picky", "web"])
        #expect(rows[1][2] == "1" && rows[2][6] == "1" && rows[3][3] == "1", "\(list.output)")
        let json = try await site.run(.monitorctl, ["notify", "list", "--json"])
        #expect(json.output.split(separator: "\n").count == 3 && json.output.contains(#""name":"picky","rejected":1"#))
        let status = try await site.run(.monitorctl, ["status", "--json"])
        #expect(status.output.contains(#""notify":[{"delivered":0"#), "\(status.output)")
        daemon.signal(SIGTERM)
        #expect(try await daemon.finish(limit: .seconds(20)).status == 0)
    }
}
