import Basics
import Capture
import Imaging
import Logging
import Service
import Streams
import Testing

@Suite struct CameraNewsTests {
    private let gone = StreamError(.unreachable, "nobody there")
    private let refused = StreamError(.authenticationRefused, "wrong password")
    private let info = StreamInfo(
        width: 640, height: 360, framesPerSecond: 25, codec: "h264", format: .rgb24, sourceWidth: 640,
        sourceHeight: 360)

    private func at(_ seconds: Double) -> MonotonicTime { MonotonicTime(nanoseconds: Int64(seconds * 1e9)) }

    private func visible(_ lines: [CameraNews.Line]) -> [String] {
        lines.filter { $0.level > .debug }.map(\.text)
    }

    @Test func `a blip is two lines, with how long it took`() {
        var news = CameraNews()
        #expect(visible(news.note(.connected(info), at: at(0))) == ["watching h264 640x360 rgb24 at 25 frames/s"])
        #expect(visible(news.note(.lost(gone), at: at(100))) == ["lost: nobody there"])
        #expect(visible(news.note(.retrying(after: .seconds(1)), at: at(100))) == [])
        #expect(
            visible(news.note(.connected(info), at: at(101.25)))
                == ["watching h264 640x360 rgb24 at 25 frames/s again after 1.2 s"])
    }

    @Test func `a week's outage is a line every ten minutes, a new reason one more`() {
        var news = CameraNews()
        var lines: [String] = []
        _ = news.note(.connected(info), at: at(0))
        let week = 7 * 24 * 3600
        for second in stride(from: 60, to: 60 + week, by: 2) {
            lines += visible(news.note(.lost(second == 90 ? refused : gone), at: at(Double(second))))
        }
        #expect(
            lines.prefix(3) == [
                "lost: nobody there", "lost: wrong password", "lost for 10 minutes, 301 attempts: nobody there",
            ])
        #expect((1000...1012).contains(lines.count), "\(lines.count)")
        let back = visible(news.note(.connected(info), at: at(Double(60 + week))))
        #expect(back.first?.contains("again after 604800.0 s and 302400 attempts") == true, "\(back)")
    }

    @Test func `a camera that comes and goes every second does not fill the log`() {
        var news = CameraNews()
        var lines: [String] = []
        for second in 0..<3600 {
            lines += visible(news.note(.connected(info), at: at(Double(second))))
            lines += visible(news.note(.lost(gone), at: at(Double(second) + 0.5)))
        }
        #expect(lines.count < 20, "\(lines)")
    }

    @Test func `another size is news, a better guess of the frame rate is not`() {
        var news = CameraNews()
        var guessed = info
        guessed.framesPerSecond = nil
        _ = news.note(.connected(guessed), at: at(0))
        #expect(news.note(.changed(info), at: at(1)) == [])
        var larger = info
        larger.width = 1280
        #expect(
            visible(news.note(.changed(larger), at: at(2)))
                == ["the stream changed to h264 1280x360 rgb24 at 25 frames/s"])
    }

    @Test func `a connection that held ends the outage`() {
        var news = CameraNews()
        _ = news.note(.connected(info), at: at(0))
        #expect(visible(news.note(.lost(gone), at: at(60))).count == 1)
        #expect(visible(news.note(.connected(info), at: at(62))).count == 1)
        #expect(visible(news.note(.lost(gone), at: at(80))) == ["lost: nobody there"])
    }
}
