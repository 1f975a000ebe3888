import FaultLab
import Foundation
import TestSupport
import Testing

/// A password must not be found anywhere but in the configuration that the operator wrote.
@Suite(.serialized) struct SecretTests {
    /// What every secret contains; nothing else on this machine does.
    private static let mark = "Zq7Xw9"

    /// Addresses with secrets where cameras want them; `@@` stands for host and port.
    static let addresses = [
        // In the query, in any order, in the path, and a token in place of a user.
        "rtsp://@@/live?channel=1&pwd=Zq7Xw9&user=admin&subtype=0",
        "rtsp://@@/user=admin_password=Zq7Xw9_channel=1_stream=0.sdp",
        "rtsp://Zq7Xw9-token@@@/live",
    ]

    /// Passwords in files of their own, for `rtsp://admin@@@/live`.
    static let passwords = ["Zq7Xw9", "p@s:Zq7Xw9.w%41rd", "pa/Zq7Xw9?x#y&z=1 \"'"]

    /// Addresses that are refused, which must not be quoted either.
    static let malformed = [
        "rtps://admin:Zq7Xw9@10.0.0.1/live", "rtsp://admin:Zq7Xw9@", "rtsp://admin:Zq7Xw9@host:99999/live",
        "rtsp://admin:Zq7Xw9@[::1/live", "rtsp://admin:Zq7Xw9@10.0.0.1/live", "rtsp://admin:p@s:Zq7Xw9.w%41rd@cam/live",
        "rtsp://admin:pa/Zq7Xw9?x#y&z=1@cam/live/main?channel=1", "srt://host?passphrase=Zq7Xw9",
        "rtsp:/admin:Zq7Xw9@host/live",
    ]

    private func expectNoSecret(_ text: String, _ place: String) {
        let line = text.split(separator: "\n").first { $0.contains(Self.mark) }
        #expect(line == nil, "\(place): \(line ?? "")")
    }

    @Test(arguments: malformed)
    func `a malformed address is refused without being quoted`(_ address: String) async throws {
        let site = try Site(cameras: [#"name: gate, source: "\#(address)""#])
        for arguments in [["--check-config"], []] {
            let outcome = try await site.run(.monitord, arguments, limit: .seconds(20))
            #expect(outcome.status == 78 && outcome.errors.contains("monitord.yaml:"), "\(outcome.errors)")
            expectNoSecret(outcome.errors + outcome.output, "\(arguments)")
        }
    }

    @Test func `the secret of six hostile addresses is in no log, status, database, process list or environment`()
        async throws
    {
        let refusing = try RefusingCamera()
        let unused = FaultLab.Port()
        let closed = unused.number
        let camera = try await LearnedCamera.shared
        // Each once against a camera that refuses the password, once against a closed port.
        let ports = [("refused", refusing.port), ("closed", closed)]
        let secrets = TemporaryFolder()
        let files = try Self.passwords.enumerated().map { index, password in
            let file = try secrets.write(Data(password.utf8), "password\(index)")
            try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: file)
            return file
        }
        let sources =
            Self.addresses.map { ($0, "") } + files.map { ("rtsp://admin@@@/live", #", password_file: "\#($0)""#) }
        let cameras = sources.enumerated().flatMap { index, source in
            ports.map { name, port in
                let address = source.0.replacingOccurrences(of: "@@@", with: "@127.0.0.1:\(port)")
                    .replacingOccurrences(of: "@@", with: "127.0.0.1:\(port)")
                return #"name: \#(name)\#(index), profile: yard, source: "\#(address)""# + source.1
            }
        }
        let site = try Site(cameras: cameras, profiles: camera.profiles)
        let daemon = try site.start(.monitord)
        let allTried = try await daemon.wait(upTo: .seconds(60)) { daemon in
            (0..<sources.count).allSatisfy { index in
                ["refused", "closed"].allSatisfy { name in
                    daemon.errors.split(separator: "\n").contains {
                        $0.contains("\(name)\(index)") && $0.contains("lost")
                    }
                }
            }
        }
        #expect(allTried, "\(daemon.errors)")
        let status = try await site.run(.monitorctl, ["status", "--json"])
        expectNoSecret(status.output + status.errors, "status")
        #expect(status.output.contains("refused0"))
        expectNoSecret(try await site.run(.monitorctl, ["events", "--json"]).output, "events")
        for (place, bytes) in try processes() { expectNoSecret(String(decoding: bytes, as: UTF8.self), place) }
        daemon.signal(SIGTERM)
        let outcome = try await daemon.finish(limit: .seconds(20))
        #expect(outcome.status == 0)
        expectNoSecret(outcome.errors + outcome.output, "log")
        for name in site.folder.names() where name != "monitord.yaml" {
            let data = FileManager.default.contents(atPath: site.folder.file(name)) ?? Data()
            #expect(data.range(of: Data(Self.mark.utf8)) == nil, "\(name)")
        }
        // The passwords did reach the camera, whole.
        for expected in Self.passwords {
            let credentials = Data("admin:\(expected)".utf8).base64EncodedString()
            #expect(refusing.heard.contains(credentials), "\(expected)")
        }
    }

    /// Command lines and environments of our programs.
    private func processes() throws -> [(String, Data)] {
        var found: [(String, Data)] = []
        for process in try FileManager.default.contentsOfDirectory(atPath: "/proc") where Int32(process) != nil {
            guard let line = FileManager.default.contents(atPath: "/proc/\(process)/cmdline"),
                line.range(of: Data("monitor".utf8)) != nil, line.range(of: Data("xctest".utf8)) == nil
            else { continue }
            found.append(("cmdline of \(process)", line))
            let environment = FileManager.default.contents(atPath: "/proc/\(process)/environ") ?? Data()
            found.append(("environment of \(process)", environment))
        }
        #expect(found.count > 12)
        return found
    }
}

/// Answers every RTSP request with 401 and remembers what it heard.
private final class RefusingCamera: Sendable {
    let port: Int
    private let listener: Int32
    private let words = Words()

    private final class Words: @unchecked Sendable {
        private let lock = NSLock()
        private var text = ""
        func append(_ more: String) { lock.withLock { text += more } }
        var all: String { lock.withLock { text } }
    }

    var heard: String { words.all }

    init() throws {
        let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(INADDR_LOOPBACK).bigEndian
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                _ = bind(listener, $0, size)
                _ = listen(listener, 32)
                _ = getsockname(listener, $0, &size)
            }
        }
        port = Int(UInt16(bigEndian: address.sin_port))
        self.listener = listener
        let words = words
        Thread.detachNewThread {
            while true {
                let peer = accept(listener, nil, nil)
                guard peer >= 0 else { return }
                Thread.detachNewThread { Self.refuse(peer, words) }
            }
        }
    }

    deinit {
        shutdown(listener, Int32(SHUT_RDWR))
        close(listener)
    }

    private static func refuse(_ peer: Int32, _ words: Words) {
        defer { close(peer) }
        var buffer = [UInt8](repeating: 0, count: 8192)
        while case let count = recv(peer, &buffer, buffer.count, 0), count > 0 {
            let request = String(decoding: buffer[..<count], as: UTF8.self)
            words.append(request)
            let number = request.split(separator: "\r\n").first { $0.hasPrefix("CSeq:") } ?? "CSeq: 1"
            let answer = "RTSP/1.0 401 Unauthorized\r\n\(number)\r\nWWW-Authenticate: Basic realm=\"gate\"\r\n\r\n"
            _ = send(peer, answer, answer.utf8.count, Int32(MSG_NOSIGNAL))
        }
    }
}
