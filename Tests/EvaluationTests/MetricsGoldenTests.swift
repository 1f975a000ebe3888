import Evaluation
import FoundationEssentials
import ModelFiles
import Tensors
import TestSupport
import Testing

/// Against the numbers that the published evaluation code gives on the same samples.
@Suite(.enabled(if: SharedData.hasGolden("metrics"), "reference vectors of the metrics are absent"))
struct MetricsGoldenTests {
    private struct Expected: Decodable {
        let small: [String: Double]
        let pixel: Pixel

        enum CodingKeys: String, CodingKey {
            case small = "small_conventions"
            case pixel
        }

        struct Pixel: Decodable {
            let numbers: [String: Double]

            init(from decoder: any Decoder) throws {
                let container = try decoder.container(keyedBy: AnyKey.self)
                numbers = container.allKeys.reduce(into: [:]) { result, key in
                    result[key.stringValue] = try? container.decode(Double.self, forKey: key)
                }
            }
        }

        struct AnyKey: CodingKey {
            let stringValue: String
            let intValue: Int? = nil
            init(stringValue: String) { self.stringValue = stringValue }
            init?(intValue: Int) { nil }
        }
    }

    private let expected: Expected
    private let inputs: SafetensorsFile

    init() throws {
        let json = try Data(contentsOf: URL(filePath: SharedData.golden + "/metrics/expected.json"))
        expected = try JSONDecoder().decode(Expected.self, from: json)
        inputs = try SharedData.golden("metrics", "inputs.safetensors")
    }

    private func roc(_ name: String) throws -> ROC {
        let scores = try inputs.tensor("\(name).scores").array
        let labels = try inputs.integers("\(name).labels")
        // 255 is void.
        let kept = scores.indices.filter { labels[$0] != 255 }
        return ROC(scores: kept.map { scores[$0] }, labels: kept.map { labels[$0] == 1 })
    }

    @Test(arguments: [
        ("densehybrid", ROC.RateConvention.firstAbove), ("uno", .firstCorner), ("rpl", .firstThreshold),
        ("ood_metrics", .interpolated), ("vos", .nearest),
    ])
    func conventionsDifferAsTheyShould(name: String, convention: ROC.RateConvention) throws {
        let rate = try #require(try roc("small").falsePositiveRate(convention))
        #expect(abs(rate - (try #require(expected.small[name]))) < 1e-9)
    }

    @Test(arguments: [
        ("FPR95_densehybrid_first_tpr_gt_.95", ROC.RateConvention.firstAbove),
        ("FPR95_uno_first_tpr_ge_.95", .firstCorner), ("FPR95_rpl_fishyscapes_searchsorted", .firstThreshold),
        ("FPR95_ood_metrics_linear_interp(mask2anomaly)", .interpolated),
        ("FPR95_vos_nearest_recall(positive=label1)", .nearest),
    ])
    func falsePositiveRatesOfPixelsAgree(name: String, convention: ROC.RateConvention) throws {
        let rate = try #require(try roc("pixel").falsePositiveRate(convention))
        #expect(abs(rate - (try #require(expected.pixel.numbers[name]))) < 1e-9)
    }

    @Test func areasAgree() throws {
        let (small, pixel) = (try roc("small"), try roc("pixel"))
        func check(_ value: Double?, _ reference: Double?) throws {
            #expect(abs(try #require(value) - (try #require(reference))) < 1e-9)
        }
        try check(small.auroc, expected.small["AUROC"])
        try check(small.averagePrecision, expected.small["AP"])
        try check(pixel.auroc, expected.pixel.numbers["AUROC_trapezoid"])
        try check(pixel.averagePrecision, expected.pixel.numbers["AP_sklearn_step"])
    }
}
