import Alerting
import FoundationEssentials
import Service
import TestSupport
import Testing

@Suite struct NotifySettingsTests {
    private static let cameras = "cameras: [{name: yard, source: /v.mp4}]\n"

    private func notify(_ text: String) throws -> [NotifySettings] {
        try Settings.parse(Self.cameras + text, file: "/etc/monitord/m.yaml").notify
    }

    @Test func `targets of all types are read whole`() throws {
        let targets = try notify(
            """
            notify:
              - name: phone
                type: exec
                command: [/bin/tell, -v, "10"]
                cameras: [yard]
                kinds: [object, lost]
                minimum_surprise: 5
                moments: [opened]
                interval_seconds: 300
                quiet_for_seconds: 60.5
                keep_hours: 24
                keep_count: 50
                time_limit_seconds: 2
                include_picture: true
              - {name: ops, type: webhook, url: "https://ops.example.org/t0ken?x=1", key_file: ops.key}
              - {name: home, type: mqtt, host: broker, user: me, password_file: /p, tls_authorities: ca.pem,
                 prefix: site/m, client_id: box, home_assistant: true, home_assistant_prefix: ha}
              - {name: plain, type: mqtt, host: broker}
            """)
        let phone = targets[0]
        #expect(phone.way == .exec(HookSettings(command: ["/bin/tell", "-v", "10"])))
        #expect(phone.target.cameras == ["yard"] && phone.target.kinds == ["object", "lost"])
        #expect(phone.target.minimumSurprise == 5 && phone.target.moments == [.opened])
        #expect(phone.target.cooldown == .init(interval: .seconds(300), quietFor: .milliseconds(60_500)))
        #expect(phone.target.keepTime == .seconds(86_400) && phone.target.keepCount == 50)
        #expect(phone.timeLimit == .seconds(2) && phone.includesPicture)
        #expect(targets[1].way == .webhook(WebhookSettings(url: "https://ops.example.org/t0ken?x=1")))
        #expect(targets[1].secretFile == "/etc/monitord/ops.key" && targets[1].target.moments == [.opened, .closed])
        var home = MQTTSettings(host: "broker")
        (home.user, home.port, home.usesTLS, home.authorities) = ("me", 8883, true, "/etc/monitord/ca.pem")
        (home.prefix, home.clientID, home.homeAssistant) = ("site/m", "box", "ha")
        #expect(targets[2].way == .mqtt(home) && targets[2].secretFile == "/p")
        #expect(targets[3].way == .mqtt(MQTTSettings(host: "broker")) && targets[3].secretFile == nil)
    }

    @Test func `the address of a web hook is never printed whole`() {
        let hook = WebhookSettings(url: "https://ops.example.org/t0ken?x=1")
        #expect("\(hook)" == "https://ops.example.org/…")
    }

    static let broken: [(String, [String])] = [
        ("notify: phone", ["2:9: notify: expected a list of targets"]),
        ("notify: [{type: exec, command: [/a]}]", ["2:10: notify[0].name: is missing"]),
        (
            "notify: [{name: a, type: mail}]",
            ["2:26: notify[0].type: expected exec, webhook, mqtt, found `mail`"]
        ),
        (
            "notify: [{name: a, type: exec, command: [tell]}]",
            ["2:41: notify[0].command: expected the absolute path of a program, and its arguments"]
        ),
        (
            "notify: [{name: a, type: exec, command: /bin/tell}]",
            ["2:41: notify[0].command: expected a list, found a single value"]
        ),
        (
            "notify:\n  - {name: a, type: exec, command: [/a]}\n  - {name: a, type: exec, command: [/b]}",
            ["4:12: notify[1].name: another target is named `a`, too"]
        ),
        (
            "notify: [{name: a, type: exec, command: [/a], cameras: [yrd]}]",
            ["2:57: notify[0].cameras[0]: expected yard, found `yrd`; did you mean `yard`?"]
        ),
        (
            "notify: [{name: a, type: exec, command: [/a], moments: [open]}]",
            ["2:57: notify[0].moments[0]: expected opened, closed, labelled, found `open`"]
        ),
        (
            "notify: [{name: a, type: exec, command: [/a], moments: []}]",
            ["2:56: notify[0].moments: expected at least one of opened, closed, labelled"]
        ),
        (
            "notify: [{name: a, type: exec, command: [/a], key_file: k}]",
            ["2:47: notify[0].key_file: unknown key"]
        ),
        (
            "notify: [{name: a, type: webhook, url: 'ftp://s3cret'}]",
            ["2:40: notify[0].url: expected the https:// or http:// address of a web server"]
        ),
        (
            "notify: [{name: a, type: webhook, url: 'https://u:s3cret@h/'}]",
            ["2:40: notify[0].url: holds a password; messages are signed with key_file instead"]
        ),
        ("notify: [{name: a, type: mqtt}]", ["2:10: notify[0].host: is missing"]),
        (
            "notify: [{name: a, type: mqtt, host: h, prefix: 'a/#'}]",
            ["2:49: notify[0].prefix: expected levels of a topic such as site/monitor, without + and #"]
        ),
        (
            "notify: [{name: a, type: mqtt, host: h, home_assistant_prefix: ha}]",
            ["2:64: notify[0].home_assistant_prefix: has no effect without home_assistant"]
        ),
        (
            "notify: [{name: a, type: exec, command: [/a], interval_seconds: -1}]",
            ["2:65: notify[0].interval_seconds: must be from 0 to 86400, is -1"]
        ),
    ]

    @Test(arguments: broken)
    func `every mistake is located and explained, without secrets`(text: String, lines: [String]) {
        let error = #expect(throws: ServiceError.self) { try notify(text) }
        #expect(error?.message == lines.map { "/etc/monitord/m.yaml:" + $0 }.joined(separator: "\n"))
        #expect(error?.message.contains("s3cret") == false)
    }

    @Test func `keys come from a private file or from the credentials folder`() throws {
        let folder = TemporaryFolder()
        let file = try folder.write(Data("k3y\n".utf8), "own.key")
        try folder.write(Data("systemd's\n".utf8), "notify-ops")
        let environment = ["CREDENTIALS_DIRECTORY": folder.path]
        var target = try notify("notify: [{name: ops, type: webhook, url: 'https://h/'}]")[0]
        #expect(try target.secret(environment: [:]) == nil)
        #expect(try target.secret(environment: environment)?.revealed == "systemd's")
        target.secretFile = file
        try FileManager.default.setAttributes([.posixPermissions: 0o644], ofItemAtPath: file)
        let open = #expect(throws: ServiceError.self) { try target.secret(environment: environment) }
        #expect(open?.message == "every user can read the password file \(file) of target ops: chmod o= \(file)")
        try FileManager.default.setAttributes([.posixPermissions: 0o640], ofItemAtPath: file)
        #expect(try target.secret(environment: environment)?.revealed == "k3y")
    }
}
