import Glibc
import Imaging
import ModelFiles
import Networks
import ObjectAnomaly
import Tensors
import TestSupport
import Testing

@Suite(.enabled(if: SharedData.hasGolden("oln_ssos"), "the reference vectors of oln_ssos are not here"))
struct DetectionGoldenTests {
    static let images = ["img0", "img1"]

    /// One picture's reference vectors and the official model.
    struct Reference {
        let weights: SafetensorsFile
        let outputs: SafetensorsFile
        let context = ComputeContext(pool: ComputePool(width: 2))
        let fit: InputFit

        init(_ image: String) throws {
            weights = try SharedData.golden("oln_ssos", "weights_ssos.safetensors")
            outputs = try SharedData.golden("oln_ssos", "\(image)_outputs.safetensors")
            let size = try outputs.integers("img_shape").map { Int($0) }
            let original = try outputs.integers("ori_shape").map { Int($0) }
            fit = InputFit(
                originalWidth: original[1], originalHeight: original[0], width: size[1], height: size[0])
        }

        func pyramid() throws -> [FeatureMap] {
            let backbone = try ResNet(weights)
            let neck = try FeaturePyramid(weights)
            return neck(backbone(channelsLast(try outputs.tensor("input")), context: context), context: context)
        }

        /// Levels without contents, for stages that need only their sizes.
        func sizes() throws -> [FeatureMap] {
            try (2...6).map { level in
                let shape = try outputs.tensor("rpn_obj_logit\(level)").shape
                return FeatureMap(tensor: Tensor([shape[2], shape[3], 1]), stride: 1 << level)
            }
        }

        /// The stored proposals, with the logit of their probability.
        func proposals() throws -> Proposals {
            let stored = try outputs.tensor("proposals")
            let boxes = Tensor([stored.shape[0], 4])
            let objectness = Tensor([stored.shape[0]])
            for index in 0..<stored.shape[0] {
                let row = stored.row(index)
                for edge in 0..<4 { boxes.row(index)[edge] = row[edge] }
                objectness.pointer[index] = logit(row[4])
            }
            return Proposals(
                boxes: boxes, objectness: objectness,
                countPerLevel: try outputs.integers("proposals_per_level").map { Int($0) })
        }

        func logit(_ probability: Float) -> Float { Float(-log(1 / Double(probability) - 1)) }
    }

    @Test(arguments: images)
    func `Objectness and distances of every cell equal the official head's`(_ image: String) throws {
        let reference = try Reference(image)
        let head = try ProposalHead(reference.weights)
        for (map, level) in zip(try reference.pyramid(), 2...) {
            let (objectness, distances) = head.outputs(of: map, context: reference.context)
            expectClose(
                objectness.array, try reference.outputs.tensor("rpn_obj_logit\(level)").array, within: 1e-4,
                "objectness of P\(level)")
            expectClose(
                distances.array, channelsLast(try reference.outputs.tensor("rpn_reg\(level)")).array, within: 2e-5,
                "distances of P\(level)")
        }
    }

    @Test(arguments: images)
    func `Anchors sit on cell corners with sides of eight strides`(_ image: String) throws {
        let reference = try Reference(image)
        let anchors = try reference.outputs.tensor("anchors_first3_last3_per_level")
        for (level, map) in try reference.sizes().enumerated() {
            let cells = map.tensor.count
            // Distances of half a side to every edge give the anchor itself; a large clip leaves the far edges alone.
            let distances = Tensor([cells, 4], repeating: 0.5)
            let quality = Tensor([cells], repeating: 0)
            let boxes = Tensor([cells, 4])
            let objectness = Tensor([cells])
            ProposalHead.select(
                cells, quality, distances, map: map, width: 100_000, height: 100_000, boxes: boxes.pointer,
                objectness: objectness.pointer, workspace: Workspace())
            let chosen =
                cells < 6 ? [0, 0, 0, cells - 1, cells - 1, cells - 1] : [0, 1, 2, cells - 3, cells - 2, cells - 1]
            let expected = anchors.array[level * 24..<level * 24 + 24].map { max(0, $0) }
            expectClose(
                chosen.flatMap { cell in (0..<4).map { boxes.row(cell)[$0] } }, expected, within: 0, "level \(level)")
        }
    }

    @Test(arguments: images)
    func `Proposals of stored head outputs come in the official order`(_ image: String) throws {
        let reference = try Reference(image)
        let expected = try reference.outputs.tensor("proposals")
        var first = 0
        for (map, level) in zip(try reference.sizes(), 2...) {
            let objectness = try reference.outputs.tensor("rpn_obj_logit\(level)")
            let distances = channelsLast(try reference.outputs.tensor("rpn_reg\(level)"))
            let count = Int(try reference.outputs.integers("proposals_per_level")[level - 2])
            #expect(count == min(2000, map.tensor.count))
            let boxes = Tensor([count, 4])
            let chosen = Tensor([count])
            ProposalHead.select(
                count, objectness, distances, map: map, width: reference.fit.width, height: reference.fit.height,
                boxes: boxes.pointer, objectness: chosen.pointer, workspace: reference.context.workspace)
            var wrongBoxes = 0
            for index in 0..<count {
                let row = expected.row(first + index)
                #expect(abs(reference.logit(row[4]) - chosen.pointer[index]) < 1e-4)
                if (0..<4).contains(where: { abs(row[$0] - boxes.row(index)[$0]) > 1e-3 }) { wrongBoxes += 1 }
            }
            // Equal probabilities may swap neighbours.
            #expect(wrongBoxes <= 2, "\(wrongBoxes) of \(count) on P\(level)")
            first += count
        }
        #expect(first == expected.shape[0])
    }

    @Test(arguments: images)
    func `Every proposal is read from the official level`(_ image: String) throws {
        let reference = try Reference(image)
        let proposals = try reference.outputs.tensor("proposals")
        let levels = try reference.outputs.integers("roi_level")
        for (index, level) in levels.enumerated() {
            let row = proposals.row(index)
            #expect(RegionPooling.level(x1: row[0], y1: row[1], x2: row[2], y2: row[3]) == Int(level))
        }
    }

    @Test(arguments: images, [1, 2])
    func `Pooled regions equal the official ones`(_ image: String, _ cores: Int) throws {
        let reference = try Reference(image)
        let context = ComputeContext(pool: ComputePool(width: cores))
        let pyramid = try reference.pyramid()
        let selected = try reference.outputs.integers("roi_sel_index").map { Int($0) }
        let proposals = try reference.proposals()
        let boxes = Tensor(
            [selected.count, 4], selected.flatMap { row in (0..<4).map { proposals.boxes.row(row)[$0] } })
        let expected = try reference.outputs.tensor("roi_align7")
        let found = Tensor([selected.count, 49 * expected.shape[1]])
        RegionPooling(bins: 7)(pyramid, boxes: boxes, rows: 0..<selected.count, into: found, context: context)
        expectClose(found.array, channelsLast(expected).array, within: 1e-5, "7 x 7")

        let truth = try reference.outputs.tensor("gt_boxes")
        let coarse = try reference.outputs.tensor("pseudo_roi3")
        let channels = coarse.shape[1] / 9
        let pooled = Tensor([truth.shape[0], coarse.shape[1]])
        RegionPooling(bins: 3)(pyramid, boxes: truth, rows: 0..<truth.shape[0], into: pooled, context: context)
        let planes = Tensor([truth.shape[0], channels, 3, 3], coarse.array)
        expectClose(pooled.array, channelsLast(planes).array, within: 1e-5, "3 x 3")
    }

    @Test(arguments: images)
    func `Linear features are the official ones' first layer, of the detections' own boxes`(_ image: String) throws {
        let reference = try Reference(image)
        let context = reference.context
        let (pyramid, proposals) = (try reference.pyramid(), try reference.proposals())
        let head = try BoxHead(reference.weights)
        let rows = 0..<min(300, proposals.count)
        let published = head.features(pyramid, boxes: proposals.boxes, rows: rows, context: context)
        let some = Tensor([rows.count, 4], Array(proposals.boxes.array.prefix(4 * rows.count)))
        let linear = Tensor([rows.count, head.width(of: .linear)])
        head.linearFeatures(pyramid, boxes: some, into: linear, context: context)
        #expect(linear.array.contains { $0 < 0 })
        let rectified = Tensor(linear.shape, linear.array.map { max(0, $0) })
        let second = try Linear(reference.weights, "roi_head.bbox_head.shared_fcs.1")
        let found = Tensor(published.shape)
        second(rectified, into: found, activation: .relu, context: context)
        expectClose(found.array, published.array, within: 1e-5, "v")

        let detector = try ObjectDetector(reference.weights)
        let result = detector(
            pyramid, fit: reference.fit, keepsFeatures: true, features: .linear, context: context)
        let kept = try #require(result.features)
        #expect(kept.shape == [result.detections.count, detector.width(of: .linear)])
        let boxes = result.detections.map { $0.box.scaled(x: reference.fit.scaleX, y: reference.fit.scaleY) }
        let own = Tensor([boxes.count, 4], boxes.flatMap { [$0.x1, $0.y1, $0.x2, $0.y2] })
        let expected = Tensor(kept.shape)
        head.linearFeatures(pyramid, boxes: own, into: expected, context: context)
        #expect(kept.array == expected.array)
    }

    @Test(arguments: images)
    func `Features, refinements, energies and anomaly logits equal the official ones`(_ image: String) throws {
        let reference = try Reference(image)
        let context = reference.context
        let proposals = try reference.proposals()
        let head = try BoxHead(reference.weights)
        let model = try NormalityModel(reference.weights)
        let features = head.features(
            try reference.pyramid(), boxes: proposals.boxes, rows: 0..<proposals.count, context: context)
        let selected = try reference.outputs.integers("roi_sel_index").map { Int($0) }
        let chosen = Tensor(
            [selected.count, head.featureWidth], selected.flatMap { row in (0..<64).map { features.row(row)[$0] } })
        expectClose(chosen.array, try reference.outputs.tensor("v").array, within: 1e-4, "v")
        let logits = model.pseudoClasses.logits(chosen, context: context)
        expectClose(logits.array, try reference.outputs.tensor("pseudo_logits_sel").array, within: 1e-4, "logits")

        let refinements = head.refinements(features, context: context)
        let deltas = (0..<proposals.count).flatMap { row in (0..<4).map { refinements.row(row)[$0] } }
        expectClose(deltas, try reference.outputs.tensor("fc_reg").array, within: 1e-4, "deltas")
        expectClose(
            (0..<proposals.count).map { refinements.row($0)[4] }, try reference.outputs.tensor("fc_bbox_score").array,
            within: 2e-4, "quality")
        let energies = model.pseudoClasses.energies(features, context: context)
        expectClose(energies.array, try reference.outputs.tensor("energy").array, within: 2e-4, "energy")
        let normal = model.normalLogits(features, context: context)
        expectClose(normal.array, try reference.outputs.tensor("phi_logit").array, within: 2e-4, "phi")
    }

    @Test(arguments: images)
    func `Boxes and scores before suppression equal the official ones`(_ image: String) throws {
        let reference = try Reference(image)
        let proposals = try reference.proposals()
        let deltas = try reference.outputs.tensor("fc_reg")
        let quality = try reference.outputs.tensor("fc_bbox_score")
        let refinements = Tensor([proposals.count, 5])
        for index in 0..<proposals.count {
            for edge in 0..<4 { refinements.row(index)[edge] = deltas.row(index)[edge] }
            refinements.row(index)[4] = quality.pointer[index]
        }
        let scale = try reference.outputs.tensor("scale_factor")
        #expect(scale.pointer[0] == reference.fit.scaleX && scale.pointer[1] == reference.fit.scaleY)
        let (boxes, scores) = (Tensor([proposals.count, 4]), Tensor([proposals.count]))
        BoxHead.decode(
            proposals, rows: 0..<proposals.count, refinements, fit: reference.fit, boxes: boxes, scores: scores)
        expectClose(boxes.array, try reference.outputs.tensor("boxes_before_nms").array, within: 1e-3, "boxes")
        expectClose(scores.array, try reference.outputs.tensor("scores_before_nms").array, within: 1e-6, "scores")
    }

    /// Rows that the reference keeps, for a set of settings.
    private func suppressed(
        _ reference: Reference, _ configuration: DetectorConfiguration, separating: Bool = false
    ) throws -> [[Float]] {
        let boxes = try reference.outputs.tensor("boxes_before_nms")
        let scores = try reference.outputs.tensor("scores_before_nms")
        let normal = try reference.outputs.tensor("phi_logit").array.map { 1 / (1 + exp(-$0)) }
        let suppression = Suppression(
            scoreThreshold: configuration.scoreThreshold, overlapThreshold: configuration.overlapThreshold,
            limit: configuration.maximumDetections)
        let kept: [Int]
        if separating {
            let threshold = try reference.outputs.tensor("anomaly_thr").array[0]
            kept = suppression.separating(
                normal.map { $0 < threshold }, boxes: boxes, scores: scores, workspace: Workspace())
        } else {
            kept = suppression(boxes: boxes, scores: scores, workspace: Workspace())
        }
        return kept.map { index in (0..<4).map { boxes.row(index)[$0] } + [scores.pointer[index], normal[index]] }
    }

    @Test(arguments: images)
    func `Suppression of stored boxes keeps exactly the official detections in their order`(_ image: String) throws {
        let reference = try Reference(image)
        var few = DetectorConfiguration.publishedAnomaly
        few.maximumDetections = 20
        let cases: [(String, DetectorConfiguration, Bool)] = [
            ("det_ssos", .publishedAnomaly, false), ("det_ssos_max20", few, false),
            ("det_ssos_anomaly_thr", .publishedAnomaly, true), ("det_ssos_anomaly_thr_max20", few, true),
            ("det_oln", .publishedRecall, false),
        ]
        for (name, configuration, separating) in cases {
            let expected = try reference.outputs.tensor(name)
            let found = try suppressed(reference, configuration, separating: separating)
            #expect(found.count == expected.shape[0], "\(name)")
            let columns = expected.shape[1]
            for (row, values) in found.enumerated() where row < expected.shape[0] {
                expectClose(
                    values.prefix(columns), (0..<columns).map { expected.row(row)[$0] }, within: 2e-6,
                    "\(name) row \(row)")
            }
        }
    }

    /// Share of the expected rows that have a found one at the same place with the same scores.
    private func matched(_ found: [Detection], _ expected: Tensor) -> Double {
        var free = found
        var hits = 0
        for row in 0..<expected.shape[0] {
            let values = expected.row(row)
            let index = free.firstIndex { detection in
                abs(detection.box.x1 - values[0]) < 0.02 && abs(detection.box.y1 - values[1]) < 0.02
                    && abs(detection.box.x2 - values[2]) < 0.02 && abs(detection.box.y2 - values[3]) < 0.02
                    && abs(detection.score - values[4]) < 1e-4
                    && (expected.shape[1] < 6 || abs((detection.normalProbability ?? -1) - values[5]) < 1e-4)
            }
            if let index {
                free.remove(at: index)
                hits += 1
            }
        }
        return Double(hits) / Double(max(found.count, expected.shape[0]))
    }

    @Test(arguments: images)
    func `The detector finds the official detections from the input on`(_ image: String) throws {
        let reference = try Reference(image)
        let model = try NormalityModel(reference.weights)
        let pyramid = try reference.pyramid()
        var separating = DetectorConfiguration.publishedAnomaly
        separating.anomalyThreshold = try reference.outputs.tensor("anomaly_thr").array[0]
        let cases: [(String, DetectorConfiguration, NormalityModel?)] = [
            ("det_ssos", .publishedAnomaly, model), ("det_ssos_anomaly_thr", separating, model),
            ("det_oln", .publishedRecall, nil),
        ]
        for (name, configuration, normality) in cases {
            let detector = try ObjectDetector(reference.weights, configuration: configuration)
            let found = detector(
                pyramid, fit: reference.fit, normality: normality, keepsFeatures: true, context: reference.context)
            let share = matched(found.detections, try reference.outputs.tensor(name))
            #expect(share >= 0.995, "\(name) of \(found.detections.count) detections")
            #expect(found.features?.shape == [found.detections.count, detector.featureWidth])
            #expect(found.detections.allSatisfy { ($0.normalLogit == nil) == (normality == nil) })
        }
    }

    @Test(arguments: images)
    func `Finding objects again allocates no tensors`(_ image: String) throws {
        let reference = try Reference(image)
        let model = try NormalityModel(reference.weights)
        let pyramid = try reference.pyramid()
        let detector = try ObjectDetector(reference.weights)
        let first = detector(pyramid, fit: reference.fit, normality: model, context: reference.context)
        let allocations = reference.context.workspace.allocations
        let second = detector(pyramid, fit: reference.fit, normality: model, context: reference.context)
        #expect(first.detections == second.detections)
        #expect(reference.context.workspace.allocations == allocations)
        #expect(second.features == nil)
    }

    @Test(arguments: [("img0", "img0_320x240.png", 400, 256), ("img1", "img1_250x333.png", 260, 200)])
    func `The picture file becomes the official input`(
        _ image: String, _ file: String, _ longSide: Int, _ shortSide: Int
    ) throws {
        let reference = try Reference(image)
        let picture = try PNGReader.read("\(SharedData.golden)/oln_ssos/\(file)")
        let fit = InputFit(
            originalWidth: picture.width, originalHeight: picture.height, longSide: longSide, shortSide: shortSide)
        #expect(fit == reference.fit)
        let padded = try reference.outputs.integers("pad_shape").map { Int($0) }
        #expect([fit.paddedHeight, fit.paddedWidth] == padded)
        let resized = PixelBuffer(width: fit.width, height: fit.height, format: .rgb24)
        picture.resizeBilinear(into: resized)
        let input = Tensor([fit.paddedHeight, fit.paddedWidth, 3])
        InputNormalisation.imageNet.write(
            resized, paddedWidth: fit.paddedWidth, paddedHeight: fit.paddedHeight, to: input.pointer)
        let expected = channelsLast(try reference.outputs.tensor("input"))
        expectClose(input.array, expected.array, within: 2e-6, "every grey level")
    }
}
