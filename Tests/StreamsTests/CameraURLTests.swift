import Basics
import Streams
import Testing

@Suite struct CameraURLTests {
    @Test(arguments: [
        ("rtsp://admin:S3cret@10.0.0.5:554/h264", "rtsp://***@10.0.0.5:554/h264"),
        ("rtsp://admin:p@ss:w.rd%41@cam/live", "rtsp://***@cam/live"),
        ("rtsp://admin:S3/cr?t#x@cam/live?channel=1", "rtsp://***@cam/live?channel=1"),
        ("rtsp://cam/live?password=S3cret&channel=2&token=abc", "rtsp://cam/live?***&channel=2&***"),
        ("rtsp://cam/user=admin_password=S3cret_channel=1_stream=0.sdp", "rtsp://cam/***"),
        ("http://admin:S3cret@cam/mjpg?pwd=S3cret&fps=5", "http://***@cam/mjpg?***&fps=5"),
        ("HTTPS://cam/live.m3u8?token=S3cret", "https://cam/live.m3u8?***"),
        ("v4l2:/dev/v4l/by-id/usb-A_B-video-index0", "/dev/v4l/by-id/usb-A_B-video-index0"),
        ("/dev/video0", "/dev/video0"), ("RTSP://cam:8554/a", "rtsp://cam:8554/a"),
        ("file:/videos/a.mp4", "/videos/a.mp4"),
        ("file:///videos/a.mp4", "/videos/a.mp4"), ("clips/a:b.mp4", "clips/a:b.mp4"),
    ])
    func `descriptions show the place and no secret`(_ text: String, _ expected: String) throws {
        let url = try CameraURL(text)
        #expect(url.description == expected)
        var dumped = ""
        dump(url, to: &dumped)
        for shown in ["\(url)", String(reflecting: url), dumped, "\(SourceDescription(url: url))"] {
            #expect(!shown.contains("S3") && !shown.contains("abc") && !shown.contains("w.rd"), "\(shown)")
        }
    }

    @Test(arguments: 0..<200)
    func `no planted secret survives redaction`(_ seed: Int) throws {
        var random = SeededGenerator(seed: UInt64(seed))
        let special = Array(":@%/?#&=.;,+!$'\"() [~]^")
        let secret = "Zq7" + (0..<4).map { _ in String(special[random.index(below: special.count)]) + "Xw9" }.joined()
        let keys = ["password", "pwd", "token", "auth", "key", "x"]
        var text = "rtsp://user:\(secret)@cam.example:554/path/main"
        let shape = random.index(below: 3)
        let plain = "Zq7Xw9"
        if shape > 0 { text += "?channel=1&\(keys[random.index(below: keys.count)])=\(plain)&subtype=0" }
        if shape == 2 { text = "rtsp://cam/user=admin&\(keys[random.index(below: keys.count)])=\(plain)/x" }
        let shown = [try CameraURL(text).description, Redaction.scrub("[rtsp @ 0x1] cannot open \(text) now")]
        for line in shown { #expect(!line.contains("Zq7") && !line.contains("Xw9"), "\(line)") }
    }

    @Test(arguments: [
        "http:/cam/x", "https://", "v4l2:", "v4l2:video0", "srt://cam:1", "rtmp://a/b", "", "rtsp:", "rtsp://", "file:",
        "udp://@:1", "a\nb",
    ])
    func `other addresses are refused with a reason`(_ text: String) {
        #expect(streamError { _ = try CameraURL(text) }?.code == .unsupportedSource)
    }
}

private func streamError(_ body: () throws -> Void) -> StreamError? {
    do { try body() } catch { return error as? StreamError }
    return nil
}
