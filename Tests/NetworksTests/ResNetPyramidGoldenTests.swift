import ModelFiles
import Networks
import Tensors
import TestSupport
import Testing

@Suite(.enabled(if: SharedData.hasGolden("oln_ssos"), "the reference vectors of oln_ssos are not here"))
struct ResNetPyramidGoldenTests {
    @Test(arguments: ["img0", "img1"], [1, 2])
    func `Backbone and pyramid levels equal the official model's`(_ image: String, _ cores: Int) throws {
        let weights = try SharedData.golden("oln_ssos", "weights_ssos.safetensors")
        let outputs = try SharedData.golden("oln_ssos", "\(image)_outputs.safetensors")
        let context = ComputeContext(pool: ComputePool(width: cores))
        let backbone = try ResNet(weights)
        let neck = try FeaturePyramid(weights)
        let input = channelsLast(try outputs.tensor("input"))
        let maps = backbone(input, context: context)
        let levels = neck(maps, context: context)
        let named =
            maps.enumerated().map { ("C\($0.offset + 2)", $0.element) }
            + levels.enumerated().map { ("P\($0.offset + 2)", $0.element) }
        var checked = 0
        for (name, map) in named {
            #expect(map.stride == 1 << (Int(name.dropFirst()) ?? 0))
            for (key, step) in [(name, 1), (name + ".every3", 3)] where outputs.contains(key) {
                let expected = channelsLast(try outputs.tensor(key))
                let error = difference(every(step, map.tensor), expected)
                #expect(error.largest < 2e-5 * error.scale, "\(key): \(error)")
                checked += 1
            }
        }
        let stored = outputs.names.filter { $0.hasPrefix("C") || $0.hasPrefix("P") }
        #expect(checked == stored.count)

        let allocations = context.workspace.allocations
        context.workspace.giveBack(maps)
        context.workspace.giveBack(levels)
        let again = backbone(input, context: context)
        context.workspace.giveBack(neck(again, context: context))
        context.workspace.giveBack(again)
        #expect(context.workspace.allocations == allocations)
    }

    private func every(_ step: Int, _ map: Tensor) -> [Float] {
        var values: [Float] = []
        let (height, width, channels) = (map.shape[0], map.shape[1], map.shape[2])
        for y in stride(from: 0, to: height, by: step) {
            for x in stride(from: 0, to: width, by: step) {
                let start = (y * width + x) * channels
                values.append(contentsOf: map.elements[start..<start + channels])
            }
        }
        return values
    }
}
