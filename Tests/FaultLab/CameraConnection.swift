internal import Basics
internal import Foundation

/// One connection to a `LabCamera`: what was asked, and the pictures that go out.
final class CameraConnection {
    private enum Stage {
        case asking
        case playing(overHTTP: Bool)
    }

    private let socket: Int32
    private var input: [UInt8] = []
    private var output: [UInt8] = []
    /// Bytes of `output` that may go out at a limited rate, and since when.
    private var allowance = 0.0
    private var counted: MonotonicTime?
    private var path: String?
    private var stage = Stage.asking
    private var hasAsked = false
    /// Answers nothing more, and nothing follows what is in `output`.
    private var isMuted = false
    private var closesWhenSent = false
    private(set) var isOver = false
    private var news = FeedCounts()

    private var packetiser = Packetiser(firstSequence: 1)
    private var clip: UUID?
    private var position = 0
    private var pictures = 0
    private var nextDue: MonotonicTime?
    private var nextReport: MonotonicTime?
    private var pausedUntil: MonotonicTime?
    private var hasPaused = false
    /// The second half of the picture that a pause cut.
    private var rest: [UInt8] = []

    private static let outputLimit = 4 << 20
    private static let boundary = "picture"

    init(_ socket: Int32) { self.socket = socket }

    /// Whether something was asked and nothing plays yet.
    var isDialling: Bool { if case .asking = stage { hasAsked && !isOver } else { false } }

    /// What happened since the last call.
    func report() -> (String, FeedCounts)? {
        guard let path else { return nil }
        defer { news = FeedCounts() }
        if isOver, case .playing = stage {
            news.playing -= 1
            stage = .asking
        }
        return (path, news)
    }

    func close() {
        guard !isOver else { return }
        isOver = true
        Glibc.close(socket)
    }

    var wish: pollfd {
        pollfd(fd: socket, events: Int16(output.isEmpty || counted != nil ? POLLIN : POLLIN | POLLOUT), revents: 0)
    }

    func due(_ feeds: [String: Feed]) -> MonotonicTime? {
        var times = [nextReport, pausedUntil ?? nextDue].compactMap(\.self)
        if let counted, !output.isEmpty { times.append(counted + .milliseconds(20)) }
        return times.min()
    }

    func work(_ feeds: [String: Feed], _ now: MonotonicTime, _ wallMs: Int64) {
        guard !isOver else { return }
        switch Socket.receive(socket) {
        case .bytes(let bytes): input += bytes
        case .nothing: break
        case .ended, .broken: return close()
        }
        while let request = nextRequest() { answer(request, feeds) }
        let feed = path.flatMap { feeds[$0] }
        if let feed, case .playing(let overHTTP) = stage { play(feed, overHTTP, now, wallMs) }
        send(feed?.answerRate, now)
    }

    // MARK: - Requests

    /// The next whole request, without what the client says about the stream's quality.
    private func nextRequest() -> [String]? {
        while input.first == 0x24 {
            guard input.count >= 4, input.count >= 4 + Int(input[2]) << 8 + Int(input[3]) else { return nil }
            input.removeFirst(4 + Int(input[2]) << 8 + Int(input[3]))
        }
        if let first = input.first, first < 0x20 || first > 0x7E {
            output += "RTSP/1.0 400 Bad Request\r\n\r\n".utf8
            (input, closesWhenSent) = ([], true)
            return nil
        }
        guard let end = Data(input).range(of: Data("\r\n\r\n".utf8)) else { return nil }
        let text = String(decoding: input[..<end.lowerBound], as: UTF8.self)
        input.removeFirst(end.upperBound)
        hasAsked = true
        return text.components(separatedBy: "\r\n")
    }

    private func answer(_ lines: [String], _ feeds: [String: Feed]) {
        let words = lines[0].split(separator: " ").map(String.init)
        guard words.count == 3, !isMuted else { return }
        let (method, url) = (words[0], words[1])
        let address = url.range(of: "://").map { url[$0.upperBound...] } ?? url[...]
        let name = address.split(separator: "/", omittingEmptySubsequences: false).dropFirst().first
        path = name.map { String($0.prefix { $0 != "?" }) }
        let fields = ["CSeq: " + (Self.value("CSeq", lines) ?? "0")]
        func say(_ status: String, _ more: [String] = [], body: String = "") {
            let version = words[2].hasPrefix("HTTP") ? "HTTP/1.0" : "RTSP/1.0"
            let length = body.isEmpty ? [] : ["Content-Length: \(body.utf8.count)"]
            output += (["\(version) \(status)"] + fields + more + length + ["", body]).joined(separator: "\r\n").utf8
        }
        guard let path, let feed = feeds[path] else { return say("404 Not Found") }
        if let refusal = feed.refusal, refusal.method == method { return say(refusal.status) }
        if let password = feed.password, method != "OPTIONS" {
            let wanted = "Basic " + Data("viewer:\(password)".utf8).base64EncodedString()
            guard Self.value("Authorization", lines) == wanted else {
                news.unauthorised += 1
                return say("401 Unauthorized", [#"WWW-Authenticate: Basic realm="lab""#])
            }
        }
        switch method {
        case "OPTIONS": say("200 OK", ["Public: OPTIONS, DESCRIBE, SETUP, PLAY, TEARDOWN, GET_PARAMETER"])
        case "DESCRIBE":
            let before = output.count
            say("200 OK", ["Content-Base: \(url)/", "Content-Type: application/sdp"], body: feed.sessionDescription)
            if let limit = feed.answerLimit {
                output.removeLast(max(0, output.count - before - limit))
                isMuted = true
            }
        case "SETUP": say("200 OK", ["Session: 1", "Transport: RTP/AVP/TCP;unicast;interleaved=0-1"])
        case "PLAY":
            say(
                "200 OK",
                ["Session: 1", "Range: npt=0.000-", "RTP-Info: url=\(url)/track0;seq=1;rtptime=\(feed.time(0))"])
            begin(feed, overHTTP: false)
        case "GET":
            say("200 OK", ["Content-Type: multipart/x-mixed-replace; boundary=\(Self.boundary)"], body: "")
            begin(feed, overHTTP: true)
        case "TEARDOWN":
            say("200 OK", ["Session: 1"])
            closesWhenSent = true
        default: say("200 OK", ["Session: 1"])
        }
    }

    private static func value(_ key: String, _ lines: [String]) -> String? {
        let prefix = key.lowercased() + ":"
        return lines.first { $0.lowercased().hasPrefix(prefix) }
            .map { $0.dropFirst(prefix.count).trimmingCharacters(in: .whitespaces) }
    }

    // MARK: - Pictures

    private func begin(_ feed: Feed, overHTTP: Bool) {
        guard case .asking = stage else { return }
        stage = .playing(overHTTP: overHTTP)
        news.played += 1
        news.playing += 1
        position = feed.firstPicture
        clip = feed.clip.id
    }

    private func play(_ feed: Feed, _ overHTTP: Bool, _ now: MonotonicTime, _ wallMs: Int64) {
        if let paused = pausedUntil {
            guard now >= paused else { return }
            pausedUntil = nil
            output += rest
        }
        if clip != feed.clip.id { (clip, position) = (feed.clip.id, 0) }
        let period = Duration.nanoseconds(Int64(1e9 / feed.rate))
        var due = nextDue ?? now
        if feed.isHeld { due = max(due, now + .milliseconds(10)) }
        // A thread that was late catches up with a second at most.
        due = max(due, now + .seconds(-1))
        while due <= now, !isOver, pausedUntil == nil, !closesWhenSent {
            sendPicture(feed, overHTTP, now)
            due = due + period
        }
        nextDue = due
        guard let offset = feed.senderReports, !overHTTP, nextReport.map({ $0 <= now }) ?? true else { return }
        nextReport = now + .seconds(1)
        let ntpMs = UInt64(wallMs + offset.milliseconds) + 2_208_988_800_000
        let ntp = (ntpMs / 1000) << 32 | ((ntpMs % 1000) << 32) / 1000
        output += Packetiser.senderReport(ntp: ntp, time: feed.time(pictures))
    }

    private func sendPicture(_ feed: Feed, _ overHTTP: Bool, _ now: MonotonicTime) {
        let picture = feed.clip.pictures[position % feed.clip.pictures.count]
        position += 1
        let time = feed.time(pictures)
        pictures += 1
        guard output.count < Self.outputLimit else {
            news.skipped += 1
            return
        }
        news.sent += 1
        guard !overHTTP else {
            let bytes = picture.parts.flatMap(\.self)
            output += "--\(Self.boundary)\r\nContent-Type: image/jpeg\r\nContent-Length: \(bytes.count)\r\n\r\n".utf8
            output += bytes
            output += "\r\n".utf8
            if let limit = feed.bodyLimit, pictures >= limit { closesWhenSent = true }
            return
        }
        let bytes = packetiser.packets(picture, feed.clip.codec, time: time).flatMap(\.self)
        if let pause = feed.pauseInKeyPicture, picture.isKey, pictures > 60, !hasPaused {
            hasPaused = true
            pausedUntil = now + pause
            rest = Array(bytes.dropFirst(bytes.count / 2))
            output += bytes.prefix(bytes.count / 2)
        } else {
            output += bytes
        }
    }

    private func send(_ rate: Double?, _ now: MonotonicTime) {
        guard !isOver else { return }
        var budget = output.count
        if let rate, case .asking = stage {
            allowance += rate * Double((counted.map { now - $0 } ?? .zero).nanoseconds) / 1e9
            counted = now
            budget = min(budget, Int(allowance))
        } else {
            counted = nil
        }
        if budget > 0 {
            guard let count = Socket.send(socket, output.prefix(budget)) else { return close() }
            output.removeFirst(count)
            allowance -= Double(count)
        }
        if output.isEmpty, closesWhenSent { close() }
    }
}

extension Feed {
    /// The stream's clock at the picture with this number, in units of 1/90,000 s; it wraps.
    fileprivate func time(_ number: Int) -> UInt32 {
        let seconds: Double =
            switch timing {
            case .regular: Double(number) / rate
            case .equal: 0
            case .backward: Double(number) / rate - 3 * Double(number / 20)
            case .jumping: Double(number) / rate + 60 * Double(number / 20)
            case .pairs: Double(number / 2 * 2) / rate
            }
        return UInt32(truncatingIfNeeded: Int64(seconds * 90_000) + 1_000_000)
    }

    /// What DESCRIBE answers (RFC 8866).
    fileprivate var sessionDescription: String {
        let head = "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=lab\r\nc=IN IP4 0.0.0.0\r\nt=0 0\r\n"
        func video(_ coding: String, _ format: String?) -> String {
            head + "m=video 0 RTP/AVP 96\r\na=rtpmap:96 \(coding)/90000\r\n"
                + (format.map { "a=fmtp:96 \($0)\r\n" } ?? "") + "a=framerate:\(rate)\r\na=control:track0\r\n"
        }
        switch description {
        case .text(let words): return words
        case .audioOnly: return head + "m=audio 0 RTP/AVP 0\r\na=rtpmap:0 PCMU/8000\r\na=control:track0\r\n"
        case .codec(let name): return video(name, nil)
        case .video: break
        }
        switch clip.codec {
        case .h264: return video("H264", "packetization-mode=1")
        case .h265: return video("H265", nil)
        case .mpeg4:
            return video("MP4V-ES", "config=" + clip.header.map { String(format: "%02X", $0) }.joined())
        case .jpeg: return video("JPEG", nil)
        }
    }
}
