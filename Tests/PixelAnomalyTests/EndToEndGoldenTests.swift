import Basics
import Imaging
import ModelFiles
import Networks
import PixelAnomaly
import Tensors
import TestSupport
import Testing

@Suite("PixOOD from picture to map", .enabled(if: SharedData.hasGolden("pixood"), "no reference vectors"))
struct EndToEndGoldenTests {
    let file: SafetensorsFile
    let weights: SafetensorsFile
    let context = ComputeContext()
    /// Rows and columns of the patch grid, width of the concatenated features and of one layer.
    let height: Int
    let width: Int
    let wide: Int
    let narrow: Int
    let sets: [EtalonSet]

    init() throws {
        file = try SharedData.golden("pixood", "end_to_end.safetensors")
        weights = try SharedData.golden("pixood", "weights.safetensors")
        let shape = try #require(file.extents(of: "emb_4layers"))
        (height, width, wide) = (shape[1], shape[2], shape[3])
        let classes = try #require(file.extents(of: "mlp_logits"))[3]
        var sets: [EtalonSet] = []
        for label in 0..<classes {
            let centres = try file.tensor("etalons\(label)")
            sets.append(
                EtalonSet(
                    centres: centres, beta: try file.tensor("beta\(label)").array,
                    support: Array(repeating: 1, count: centres.shape[0])))
        }
        self.sets = sets
        narrow = sets[0].dimension
    }

    private var columns: Range<Int> { wide - narrow..<wide }

    private func features() throws -> Tensor {
        let tensor = try file.tensor("emb_4layers")
        tensor.reshape([height, width, wide])
        return tensor
    }

    @Test func `the picture is resized with antialiasing and normalised`() throws {
        let picture = try PNGReader.read("\(SharedData.golden)/pixood/test_190x163.png")
        let expected = try file.tensor("input")
        let (channels, rows, places) = (expected.shape[1], expected.shape[2], expected.shape[3])
        let size = AntialiasedResize.patchAlignedSize(width: picture.width, height: picture.height)
        #expect(size == (places, rows))
        let resize = AntialiasedResize(
            inputWidth: picture.width, inputHeight: picture.height, outputWidth: places, outputHeight: rows)
        let found = Tensor([rows, places, channels])
        resize(picture, into: found.pointer)
        var worst: Float = 0
        for channel in 0..<channels {
            for place in 0..<rows * places {
                worst = max(worst, abs(found[place * channels + channel] - expected[channel * rows * places + place]))
            }
        }
        #expect(worst < 2e-5)
    }

    @Test func `the transformer's layers give the concatenated features`() throws {
        let planes = try file.tensor("input")
        let (channels, rows, places) = (planes.shape[1], planes.shape[2], planes.shape[3])
        let image = Tensor([rows, places, channels])
        for channel in 0..<channels {
            for place in 0..<rows * places {
                image[place * channels + channel] = planes[channel * rows * places + place]
            }
        }
        let transformer = try VisionTransformer(weights, prefix: "dinov2.", heads: 2)
        let tokens = transformer(image, layers: Array(0..<wide / narrow), context: context)
        let expected = try features()
        var worst: Float = 0
        for (layer, tensor) in tokens.enumerated() {
            for cell in 0..<height * width {
                for column in 0..<narrow {
                    worst = max(
                        worst,
                        abs(tensor[cell * narrow + column] - expected[cell * wide + layer * narrow + column]))
                }
            }
        }
        #expect(worst < 1e-4)
    }

    @Test func `the classifier gives the reference's logits`() throws {
        let classifier = try PatchClassifier(weights)
        let logits = Tensor([height * width, classifier.classCount])
        classifier(try features(), into: logits, context: context)
        #expect(worst(logits.array, try file.tensor("mlp_logits").array) < 1e-4)
    }

    @Test func `nearest distances agree on the patch grid and on the enlarged one`() throws {
        let index = EtalonIndex(sets)
        let coarse = Tensor([sets.count, height * width])
        index.nearest(try features(), columns: columns, into: coarse, context: context)
        #expect(worst(interleaved(coarse), try file.tensor("F1.nm_dist").array) < 1e-4)
        let fine = Tensor([sets.count, height * 7 * width * 7])
        index.nearestEnlarged(try features(), columns: columns, factor: 7, into: fine, context: context)
        #expect(worst(interleaved(fine), try file.tensor("F7.nm_dist").array) < 1e-3)
        #expect(medianError(interleaved(fine), try file.tensor("F7.nm_dist").array) < 1e-5)
    }

    /// `[C, N]` as `[N, C]`.
    private func interleaved(_ tensor: Tensor) -> [Float] {
        let (classes, count) = (tensor.shape[0], tensor.shape[1])
        return (0..<count).flatMap { cell in (0..<classes).map { tensor[$0 * count + cell] } }
    }

    /// The decision of the Neyman-Pearson reference, which this scene was scored with.
    private func decision() throws -> NeymanPearson {
        let reference = try SharedData.golden("pixood", "neyman_pearson.safetensors")
        let means = try reference.doubles("np.class_means")
        let covariances = try reference.doubles("np.class_covs")
        let spread = try reference.doubles("np.S_ood_cov")
        let outlier = BivariateNormal(meanX: 0, meanY: 0, xx: spread[0], xy: spread[1], yy: spread[3])
        return NeymanPearson(
            inliers: sets.indices.map {
                BivariateNormal(
                    meanX: means[2 * $0], meanY: means[2 * $0 + 1], xx: covariances[4 * $0],
                    xy: covariances[4 * $0 + 1], yy: covariances[4 * $0 + 3])
            }, outliers: sets.map { _ in outlier }, largestLogit: try reference.doubles("np.Lmax")[0])
    }

    @Test(arguments: [(1, 200), (1, 2000), (7, 2000)])
    func `scores and anomaly maps agree`(factor: Int, side: Int) throws {
        let classifier = try PatchClassifier(weights)
        let scorer = ScoreMaps(try decision(), classifier: classifier, etalons: sets, columns: columns, side: side)
        let map = scorer.scores(try features(), factor: factor, context: context)
        let prefix = "F\(factor).M\(side)."
        if let extents = file.extents(of: prefix + "score_all") {
            #expect(map.shape.array == Array(extents.dropFirst()))
            let expected = try file.tensor(prefix + "score_all").array
            #expect(worst(map.array, expected) < 2e-3)
            #expect(medianError(map.array, expected) < 1e-5)
        }
        for (name, evaluated) in [("anomaly_labels01", [0, 1]), ("anomaly_all", Array(sets.indices))] {
            let expected = try file.tensor(prefix + name)
            let found = ScoreMaps.anomaly(
                map, evaluated: evaluated, height: expected.shape[0], width: expected.shape[1])
            #expect(worst(found.array, expected.array) < 2e-3)
            #expect(medianError(found.array, expected.array) < 1e-5)
        }
    }

    @Test(arguments: [1, 7])
    func `leaving out classes that the decision does not need changes nothing but rounding`(factor: Int) throws {
        let classifier = try PatchClassifier(weights)
        let (all, two) = (
            ScoreMaps(try decision(), classifier: classifier, etalons: sets, columns: columns, side: 200),
            ScoreMaps(
                try decision(), classifier: classifier, etalons: sets, columns: columns, side: 200, evaluated: [0, 1])
        )
        let whole = all.scores(try features(), factor: factor, context: context)
        let part = two.scores(try features(), factor: factor, context: context)
        #expect(part.shape == [height * factor, width * factor, 2])
        let expected = (0..<part.count).map { whole[$0 / 2 * sets.count + $0 % 2] }
        #expect(worst(part.array, expected) < 1e-3)
        #expect(medianError(part.array, expected) < 1e-6)
    }

    @Test func `patch labels are the majority and impure patches are ignored`() throws {
        let labels = try file.integers("vote.label_map").map { UInt8(truncatingIfNeeded: $0) }
        let shape = try #require(file.extents(of: "vote.label_map"))
        let votes = PatchVotes(labels: labels, width: shape[2], height: shape[1], patch: 14)
        #expect(votes.labels.map(Int64.init) == (try file.integers("vote.patch_label_raw")))
        #expect(worst(votes.shares, try file.tensor("vote.patch_weight").array) < 1e-6)
        #expect(votes.pure(0.9).map(Int64.init) == (try file.integers("vote.patch_label_thr0.9")))
    }
}
