import Forgeries
import ModelFiles
import ObjectAnomaly
import Tensors
import TestSupport
import Testing

@Suite struct DetectorLayoutTests {
    /// Names and shapes without contents.
    struct Names: TensorSource {
        let tensors: [String: [Int]]
        let origin = "names"

        init(_ tensors: OfficialNames.Tensors) {
            self.tensors = Dictionary(tensors.map { ($0.name, $0.extents) }, uniquingKeysWith: { $1 })
        }

        var names: [String] { tensors.keys.sorted() }
        func extents(of name: String) -> [Int]? { tensors[name] }
        func tensor(_ name: String) throws(ModelFileError) -> Tensor {
            throw ModelFileError(.missingTensor, "\(name) has no contents")
        }
        func integers(_ name: String) throws(ModelFileError) -> [Int64] { try tensor(name).array.map { Int64($0) } }
    }

    @Test(arguments: [18, 34, 50, 101])
    func `Official detectors of every depth are recognised`(_ depth: Int) throws {
        let plain = Names(OfficialNames.oln(depth: depth))
        let layout = try DetectorLayout(plain)
        try layout.plan.check(plain)
        #expect(layout.description == "OLN on ResNet-\(depth)")
        #expect(layout.published == .publishedRecall)
        let trained = Names(OfficialNames.oln(depth: depth) + OfficialNames.ssos(classes: 100))
        #expect(try DetectorLayout(trained).description == "OLN-SSOS on ResNet-\(depth)")
        #expect(try DetectorLayout(trained).published == .publishedAnomaly)
        let flow = Names(
            OfficialNames.oln(depth: depth) + OfficialNames.ssos(classes: 5)
                + [
                    ("roi_head.flow_model.module_list.1.perm", [1024]), ("roi_head.weight_energy.weight", [1, 5]),
                    ("backbone.bn1.num_batches_tracked", []),
                ])
        let fromFlow = try DetectorLayout(flow)
        try fromFlow.plan.check(flow)
        #expect(fromFlow.description == "OLN-FFS on ResNet-\(depth)")
    }

    @Test func `An official ResNet-50 detector has the published number of parameters`() throws {
        let layout = try DetectorLayout(Names(OfficialNames.oln(depth: 50)))
        // 41.35 million (specification 7) counts the dead classification layers and not the running statistics.
        #expect((41_300_000...41_450_000).contains(layout.plan.parameters))
    }

    @Test(.enabled(if: SharedData.hasGolden("oln_ssos"), "the reference vectors of oln_ssos are not here"))
    func `The authors' small models are recognised, with and without masks`() throws {
        for (file, name) in [("weights_ssos", "OLN-SSOS"), ("weights_mask", "OLN-SSOS with masks")] {
            let source = try SharedData.golden("oln_ssos", "\(file).safetensors")
            let layout = try DetectorLayout(source)
            try layout.plan.check(source)
            #expect(layout.description == "\(name) on ResNet-50, base width 8")
            #expect(layout.published.maximumDetections == (layout.hasMask ? 100 : 500))
        }
    }

    @Test func `A detector that is not whole, or another, is refused with the key`() throws {
        let whole = OfficialNames.oln(depth: 18, width: 8, channels: 16, features: 32)
        func refusal(_ tensors: OfficialNames.Tensors, _ code: ModelFileError.Code, _ word: String) throws {
            let source = Names(tensors)
            let error = try #require(throws: ModelFileError.self) { try DetectorLayout(source).plan.check(source) }
            #expect(error.code == code && error.message.contains(word), "\(error)")
        }
        for name in [
            "rpn_head.rpn_obj.weight", "backbone.layer3.1.bn2.running_var", "neck.fpn_convs.3.conv.bias",
            "backbone.layer2.0.downsample.0.weight", "roi_head.bbox_head.fc_bbox_score.weight", "backbone.conv1.weight",
        ] {
            try refusal(whole.filter { $0.name != name }, .missingTensor, name)
        }
        try refusal(whole + [("roi_head.bbox_head.fc_extra.weight", [1])], .unexpectedTensor, "fc_extra")
        try refusal(
            whole + [("neck.lateral_convs.4.conv.weight", [16, 64, 1, 1])], .unexpectedTensor, "lateral_convs.4")
        try refusal(
            whole.map { $0.name == "rpn_head.rpn_reg.weight" ? ($0.name, [8, 16, 1, 1]) : $0 }, .wrongShape,
            "rpn_head.rpn_reg.weight")
        try refusal(
            whole.map { $0.name == "roi_head.bbox_head.shared_fcs.0.weight" ? ($0.name, [1 << 40, 1]) : $0 },
            .wrongShape, "shared_fcs.0.weight")
        try refusal(whole + [("roi_head.mask_head.convs.0.conv.weight", [8, 16, 3, 3])], .missingTensor, "mask_head")
    }
}
