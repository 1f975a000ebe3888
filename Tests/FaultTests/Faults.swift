import Basics
import FaultLab
import Foundation

/// What can go wrong, with what must be seen of it.
enum Faults {
    private static let lost = "warning monitord: lost: "

    static let all = (network + server + stream + pictures + processes).filter {
        !$0.needsServer || CameraServer.isInstalled
    }

    /// Between the camera and us.
    private static let network: [Fault] = [
        Fault(
            name: "refused-port", log: lost + ".*cannot be reached", counters: .silent(state: "reconnecting"),
            event: "lost", isHealthyFirst: false, lasts: .seconds(5),
            strike: { $0.proxy.change { $0.door = .refused } }),
        Fault(
            name: "black-hole", log: lost + ".*does not answer", counters: .silent(state: "reconnecting"),
            event: "lost", isHealthyFirst: false, strike: { $0.proxy.change { $0.door = .blackHole } }),
        Fault(
            name: "reset", log: lost, counters: .reconnected(1), event: nil,
            strike: { $0.proxy.cut(.reset) }),
        Fault(
            name: "fin", log: lost, counters: .reconnected(1), event: nil,
            strike: { $0.proxy.cut(.fin) }),
        Fault(
            name: "stall", log: lost + ".*sent no picture for too long", counters: .silent(state: "reconnecting"),
            event: "lost",
            noticed: .seconds(8),
            strike: { victim in
                victim.proxy.change {
                    $0.toClient.isFrozen = true
                    $0.toServer.isFrozen = true
                }
            }),
        Fault(
            name: "garbage", log: lost, counters: .silent(state: "reconnecting"), event: "lost",
            isHealthyFirst: false,
            strike: { victim in
                let noise = (0..<4000).map { UInt8(truncatingIfNeeded: $0 &* 151 ^ $0 >> 3) }
                victim.proxy.change { $0.door = .answers(noise) }
            }),
        Fault(
            name: "damaged-packets", log: nil, counters: .alive, event: nil, recovery: .seconds(12),
            lasts: .seconds(6), strike: { $0.proxy.change { $0.toClient.damage = 0.0005 } }),
        Fault(
            name: "lost-bytes", log: nil, counters: .alive, event: nil, recovery: .seconds(12),
            lasts: .seconds(6), strike: { $0.proxy.change { $0.toClient.loss = 0.05 } }),
        Fault(
            name: "throttled", log: lost, counters: .silent(state: "reconnecting"), event: "lost",
            strike: { $0.proxy.change { $0.toClient.bytesPerSecond = 300 } }),
        Fault(
            name: "cut-after-bytes", log: lost, counters: .silent(state: "reconnecting"), event: "lost",
            strike: { victim in
                victim.proxy.change {
                    $0.toClient.limit = 500
                    $0.toClient.end = .reset
                }
            }),
        Fault(
            name: "jitter", log: nil, counters: .steady, event: nil, lasts: .seconds(5),
            strike: { victim in
                victim.proxy.change {
                    $0.toClient.delay = .milliseconds(200)
                    $0.toClient.jitter = .milliseconds(200)
                }
            }),
        Fault(
            name: "no-such-name", log: lost, counters: .silent(state: "reconnecting"), event: "lost",
            noticed: .seconds(30), recovery: nil, isHealthyFirst: false,
            address: { _ in "rtsp://camera.invalid/cam" }, strike: { _ in }),
        Fault(
            name: "tls-to-plain-port", log: lost, counters: .silent(state: "reconnecting"), event: "lost",
            recovery: nil, isHealthyFirst: false, settings: ", analysis_fps: 0.5, tls_verify: false",
            address: { $0.replacing("rtsp:", with: "rtsps:") },
            strike: { _ in }),
        Fault(
            name: "refused-then-stalled", log: lost + ".*did not answer within",
            counters: .silent(state: "reconnecting"), event: "lost",
            strike: { victim in
                victim.proxy.cut(.reset)
                victim.proxy.change { $0.door = .refused }
                try await Task.sleep(for: .seconds(3))
                victim.proxy.change {
                    $0.door = .open
                    $0.toClient.isFrozen = true
                }
            }),
    ]

    /// What the camera answers.
    private static let server: [Fault] = [
        Fault(
            name: "wrong-password", log: lost + ".*refused user name or password",
            counters: .silent(state: "reconnecting"), event: "refused", recovery: .seconds(25), isHealthyFirst: false,
            address: { $0.replacing("//", with: "//viewer@") }, password: "gu3ss-w0rd",
            strike: { $0.change { $0.password = "right" } }, heal: { $0.change { $0.password = "gu3ss-w0rd" } }),
        Fault(
            name: "password-changed", log: lost + ".*refused user name or password",
            counters: .silent(state: "reconnecting"), event: "refused", recovery: .seconds(25),
            feed: { $0.password = "f1rst-w0rd" }, address: { $0.replacing("//", with: "//viewer@") },
            password: "f1rst-w0rd",
            strike: { $0.restart { $0.password = "second" } }, heal: { $0.change { $0.password = "f1rst-w0rd" } }),
        Fault(
            name: "forbidden", log: lost + ".*refused user name or password",
            counters: .silent(state: "reconnecting"), event: "refused", recovery: .seconds(25),
            strike: { $0.restart { $0.refusal = ("DESCRIBE", "403 Forbidden") } },
            heal: { $0.change { $0.refusal = nil } }),
        Fault(
            name: "no-such-path", log: lost + ".*no stream at this path", counters: .silent(state: "reconnecting"),
            event: "no-video", recovery: .seconds(20), isHealthyFirst: false,
            strike: { $0.change { $0.refusal = ("DESCRIBE", "404 Not Found") } },
            heal: { $0.change { $0.refusal = nil } }),
        Fault(
            name: "busy", log: lost, counters: .silent(state: "reconnecting"), event: "lost",
            recovery: .seconds(20), strike: { $0.restart { $0.refusal = ("DESCRIBE", "503 Service Unavailable") } },
            heal: { $0.change { $0.refusal = nil } }),
        Fault(
            name: "no-transport", log: lost, counters: .silent(state: "reconnecting"), event: "lost",
            recovery: .seconds(20), strike: { $0.restart { $0.refusal = ("SETUP", "461 Unsupported Transport") } },
            heal: { $0.change { $0.refusal = nil } }),
        Fault(
            name: "sound-only", log: lost + ".*holds no video", counters: .silent(state: "reconnecting"),
            event: "no-video", recovery: .seconds(20), isHealthyFirst: false,
            strike: { $0.change { $0.description = .audioOnly } }, heal: { $0.change { $0.description = .video } }),
        Fault(
            name: "unknown-codec", log: lost + ".*(no decoder|holds no video)",
            counters: .silent(state: "reconnecting"),
            event: "no-video", recovery: .seconds(20), isHealthyFirst: false,
            strike: { $0.change { $0.description = .codec("X-FANTASY") } },
            heal: { $0.change { $0.description = .video } }),
        Fault(
            name: "nonsense-description", log: lost, counters: .silent(state: "reconnecting"), event: "lost",
            recovery: .seconds(20), isHealthyFirst: false,
            strike: { $0.change { $0.description = .text("m=\r\nv=0\r\no\r\nm=video nothing\r\n\r\n\u{1}") } },
            heal: { $0.change { $0.description = .video } }),
        Fault(
            name: "half-a-description", log: lost + ".*did not answer within",
            counters: .silent(state: "reconnecting"), event: "lost", recovery: .seconds(15),
            strike: { $0.restart { $0.answerLimit = 150 } }, heal: { $0.change { $0.answerLimit = nil } }),
        Fault(
            name: "slow-answers", log: lost + ".*did not answer within", counters: .silent(state: "reconnecting"),
            event: "lost", recovery: .seconds(15), strike: { $0.restart { $0.answerRate = 15 } },
            heal: { $0.change { $0.answerRate = nil } }),
    ]

    /// What the camera sends.
    private static let stream: [Fault] = [
        Fault(
            name: "pause-in-key-picture", log: lost + ".*sent no picture for too long", counters: .reconnected(1),
            event: nil,
            strike: { $0.change { $0.pauseInKeyPicture = .seconds(5) } },
            heal: { $0.change { $0.pauseInKeyPicture = nil } }),
        Fault(
            name: "held-back", log: lost + ".*sent no picture for too long", counters: .silent(state: "reconnecting"),
            event: "lost",
            noticed: .seconds(8), strike: { $0.change { $0.isHeld = true } },
            heal: { $0.change { $0.isHeld = false } }),
        Fault(
            name: "equal-times", log: nil, counters: .steady, event: nil, lasts: .seconds(5),
            strike: { $0.change { $0.timing = .equal } }, heal: { $0.change { $0.timing = .regular } }),
        Fault(
            name: "backward-times", log: nil, counters: .steady, event: nil, lasts: .seconds(5),
            strike: { $0.change { $0.timing = .backward } }, heal: { $0.change { $0.timing = .regular } }),
        Fault(
            name: "jumping-times", log: nil, counters: .steady, event: nil, lasts: .seconds(5),
            strike: { $0.change { $0.timing = .jumping } }, heal: { $0.change { $0.timing = .regular } }),
        Fault(
            name: "wild-sender-reports", log: nil, counters: .steady, event: nil, lasts: .seconds(5),
            strike: { $0.change { $0.senderReports = .seconds(-3600 * 24 * 400) } },
            heal: { $0.change { $0.senderReports = nil } }),
        Fault(
            name: "new-size", log: "the stream changed to .*640x384", counters: .steady, event: nil,
            strike: { $0.change { $0.clip = Clips.large } }, heal: { $0.change { $0.clip = Clips.bars } }),
        Fault(
            name: "new-codec", log: "watching hevc", counters: .reconnected(1), event: nil,
            strike: { $0.restart { $0.clip = Clips.h265 } }, heal: { $0.restart { $0.clip = Clips.bars } }),
        Fault(
            name: "no-key-first", log: "watching h264", counters: .steady, event: nil, isHealthyFirst: false,
            strike: { victim in
                victim.change {
                    $0.clip = Clips.seldomKeys
                    $0.firstPicture = 5
                }
            }),
        Fault(
            name: "http-body-ends", log: lost, counters: .reconnected(1), event: nil,
            feed: { $0.clip = Clips.jpeg }, address: { $0.replacing("rtsp:", with: "http:") },
            strike: { $0.change { $0.bodyLimit = 60 } }, heal: { $0.change { $0.bodyLimit = nil } }),
        Fault(
            name: "flood", log: nil, counters: .steady, event: nil, lasts: .seconds(5),
            feed: { feed in
                feed.clip = Clips.flood
                feed.rate = 60
            }, strike: { _ in }),
    ]

    /// What the pictures show; the monitor has to have seen them in order for a while.
    private static let pictures: [Fault] = [
        Fault(
            name: "frozen-picture", log: nil, counters: .steady, event: "frozen", isHealthyFor: .seconds(65),
            settings: ", analysis_fps: 2", feed: { $0.clip = Clips.scene },
            strike: { $0.change { $0.clip = Clip(standingStillAt: 0, of: Clips.scene) } },
            heal: { $0.change { $0.clip = Clips.scene } }),
        Fault(
            name: "darkness", log: nil, counters: .steady, event: "dark", isHealthyFor: .seconds(40),
            settings: ", analysis_fps: 2", feed: { $0.clip = Clips.scene },
            strike: { $0.change { $0.clip = Clips.dark } }, heal: { $0.change { $0.clip = Clips.scene } }),
    ]

    /// What happens to the processes at both ends.
    private static let processes: [Fault] = [
        Fault(
            name: "server-stopped", log: lost + ".*sent no picture for too long",
            counters: .silent(state: "reconnecting"), event: "lost", noticed: .seconds(8), needsServer: true,
            strike: { $0.server.withLock { $0?.signal(SIGSTOP) } },
            heal: { $0.server.withLock { $0?.signal(SIGCONT) } }),
        Fault(
            name: "server-killed", log: lost + ".*cannot be reached", counters: .silent(state: "reconnecting"),
            event: "lost", needsServer: true, strike: { $0.server.withLock { $0?.kill() } },
            heal: { victim in
                let port = victim.server.withLock { $0?.port ?? 0 }
                let fresh = try await CameraServer(port: port)
                victim.server.withLock { $0 = fresh }
            }),
        Fault(
            name: "decoder-killed", log: lost, counters: .reconnected(1), event: nil,
            strike: { try $0.signalDecoder(SIGKILL) }),
        Fault(
            name: "decoder-crashed", log: lost, counters: .reconnected(1), event: nil,
            strike: { try $0.signalDecoder(SIGSEGV) }),
    ]
}
