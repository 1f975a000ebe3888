import Basics
import Streams
import Testing

@Suite struct JPEGSplitterTests {
    /// A JPEG in form: segments, then samples with stuffed bytes and restart markers, then more of both.
    private func picture(_ random: inout SeededGenerator) -> [UInt8] {
        var bytes: [UInt8] = [0xFF, 0xD8]
        for _ in 0..<2 {
            // A segment may hold what looks like markers.
            bytes += [0xFF, 0xE1, 0, 9, 0xFF, 0xD8, 0xFF, 0xD9, 0xFF, 0xDA, 1, 0xFF, 0xFF, 0xDA, 0, 3, 7]
            for _ in 0..<random.index(below: 50) {
                let byte = UInt8(random.index(below: 256))
                bytes += byte == 0xFF ? [0xFF, [0, 0xD0, 0xD7][random.index(below: 3)]] : [byte]
            }
        }
        return bytes + [0xFF, 0xD9]
    }

    @Test(arguments: 0..<60)
    func `pictures are found in whatever pieces they come`(_ seed: Int) {
        var random = SeededGenerator(seed: UInt64(seed))
        let pictures = (0..<12).map { _ in picture(&random) }
        var stream: [UInt8] = []
        for picture in pictures {
            stream += Array("--frame\r\nContent-Length: 7\r\n\r\n".utf8)
            stream += picture + [0xFF, 0, 0xFF]
        }
        var splitter = JPEGSplitter()
        var found: [[UInt8]] = []
        var rest = stream[...]
        while !rest.isEmpty {
            let piece = rest.prefix(1 + random.index(below: seed % 3 == 0 ? 3 : 90))
            rest = rest.dropFirst(piece.count)
            piece.withUnsafeBytes { splitter.append($0) }
            while splitter.next() { found.append(splitter.complete) }
        }
        #expect(found == pictures && splitter.damaged == 0)
    }

    @Test func `a picture that was cut off is left behind, even when that makes a segment seem long`() {
        var random = SeededGenerator(seed: 5)
        let whole = picture(&random)
        let following = (0..<(1 << 17) / whole.count).flatMap { _ in whole }
        for count in 2..<whole.count - 1 {
            var splitter = JPEGSplitter()
            let stream = Array(whole.prefix(count)) + following
            stream.withUnsafeBytes { splitter.append($0) }
            var found = 0
            while splitter.next() { found += splitter.complete == whole ? 1 : 0 }
            #expect(found >= following.count / whole.count / 3, "cut at \(count)")
        }
    }

    @Test func `a stream without an end is left at the limit`() {
        var splitter = JPEGSplitter()
        let start: [UInt8] = [0xFF, 0xD8, 0xFF, 0xDA, 0, 2]
        start.withUnsafeBytes { splitter.append($0) }
        let piece = [UInt8](repeating: 3, count: 1 << 20)
        for _ in 0..<80 {
            piece.withUnsafeBytes { splitter.append($0) }
            let isFound = splitter.next()
            #expect(!isFound)
        }
        #expect(splitter.damaged >= 1)
    }
}
