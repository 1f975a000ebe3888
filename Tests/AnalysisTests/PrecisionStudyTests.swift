import Analysis
import Basics
import Imaging
import ModelFiles
import TestSupport
import Testing

@Suite struct PrecisionStudyTests {
    private func study() throws -> PrecisionStudy {
        let folder = TemporaryFolder()
        let bundle = try TinyBundle(detector: nil).open(in: folder)
        return try PrecisionStudy(
            weights: bundle.weights, input: try #require(bundle.card.pixels?.input), layers: [1], seed: 2)
    }

    /// Noise, and on request a striped square.
    private func picture(_ index: Int, striped: Bool = false) -> PixelBuffer {
        let picture = PixelBuffer(width: 112, height: 56, format: .gray8)
        var random = SeededGenerator(seed: UInt64(index))
        for (place, _) in picture.mutableBytes.enumerated() {
            let (x, y) = (place % 112, place / 112)
            let odd = striped && x >= 28 && x < 56 && y >= 14 && y < 42
            picture.mutableBytes[place] = odd ? (x % 4 < 2 ? 255 : 0) : UInt8(60 + x / 4 + random.index(below: 30))
        }
        return picture
    }

    @Test func `Eight bits change features a little and the order of scores hardly`() throws {
        let judging = (0..<20).map { index in
            let striped = index % 2 == 0
            return PrecisionStudy.Judged(
                picture: picture(1000 + index, striped: striped),
                anomalies: striped ? [Box(x1: 28, y1: 14, x2: 56, y2: 42)] : [])
        }
        let effect = try study().measure(
            .init(learning: (0..<120).map { picture($0) }, judging: judging))
        #expect(effect.featureError > 0 && effect.featureError < 0.1)
        #expect(effect.surpriseRankCorrelation > 0.9 && effect.surpriseRankCorrelation < 1)
        let (exact, int8) = (try #require(effect.exactAUROC), try #require(effect.int8AUROC))
        #expect(exact > 0.95 && abs(exact - int8) < 0.02)
        #expect(effect.picturesJudged == 20 && effect.cells == 20 * 32)
        #expect(effect.json["auroc_int8"] != nil && effect.json["feature_error"] != nil)
    }

    @Test func `Too few pictures and pictures of several sizes are refused`() throws {
        let study = try study()
        let judged = [PrecisionStudy.Judged(picture: picture(1), anomalies: [])]
        let pictures = (0..<100).map { picture($0) }
        for (learning, judging) in [
            (Array(pictures.prefix(99)), judged), (pictures, []),
            (pictures + [PixelBuffer(width: 10, height: 10, format: .gray8)], judged),
        ] {
            let error = #expect(throws: AnalysisError.self) {
                try study.measure(.init(learning: learning, judging: judging))
            }
            #expect(error?.code == .tooLittleMaterial)
        }
    }

    @Test func `Ranks share ties, and separation and correlation follow from them`() {
        #expect(Ranks.of([3, 1, 3, 2]) == [3.5, 1, 3.5, 2])
        #expect(Ranks.correlation([1, 2, 3], [10, 20, 30]) == 1)
        #expect(Ranks.correlation([1, 2, 3], [3, 2, 1]) == -1)
        #expect(Ranks.correlation([1, 1], [2, 2]) == 1 && Ranks.correlation([1, 1], [1, 2]) == 0)
        #expect(Ranks.separation([1, 2, 3, 4], marked: [false, false, true, true]) == 1)
        #expect(Ranks.separation([1, 1], marked: [false, true]) == 0.5)
        #expect(Ranks.separation([1, 2], marked: [true, true]) == nil)
    }
}
