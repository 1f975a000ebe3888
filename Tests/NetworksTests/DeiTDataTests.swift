import Basics
import ModelFiles
import Networks
import Tensors
import TestSupport
import Testing

@Suite(
    .enabled(
        if: SharedData.hasData("teachers/deit_tiny_patch16_224.fp16.safetensors"),
        "the weights of DeiT-Tiny are not here"))
struct DeiTDataTests {
    @Test func `A real transformer without layer scale loads and gives sane tokens`() throws {
        let file = try SafetensorsFile(path: SharedData.data + "/teachers/deit_tiny_patch16_224.fp16.safetensors")
        let transformer = try VisionTransformer(file)
        #expect(transformer.patchSize == 16)
        #expect(transformer.width == 192)
        #expect(transformer.heads == 3)
        #expect(transformer.depth == 12)
        #expect(transformer.leadingTokens == 1)

        let context = ComputeContext()
        let image = Tensor([224, 224, 3])
        var generator = SeededGenerator(seed: 1)
        for y in 0..<224 {
            for x in 0..<224 {
                for channel in 0..<3 {
                    let disc: Float = (y - 100) * (y - 100) + (x - 140) * (x - 140) < 2500 ? 1.5 : -0.5
                    image[(y * 224 + x) * 3 + channel] =
                        disc + 0.1 * Float(channel) + Float(generator.uniform(in: -0.1..<0.1))
                }
            }
        }
        let layers = [2, 5, 11]
        let outputs = transformer(image, layers: layers, context: context)
        #expect(outputs.count == layers.count)
        for output in outputs {
            #expect(output.shape == [196, 192])
            let values = output.array
            let strange = values.filter { !$0.isFinite }
            #expect(strange.isEmpty)
            let mean = values.reduce(0, +) / Float(values.count)
            let deviation = (values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Float(values.count)).squareRoot()
            #expect(abs(mean) < 1)
            #expect(deviation > 0.2 && deviation < 5)
        }
        // Patches of the disc resemble each other more than they resemble the background.
        let last = outputs[2]
        let inside = [(5, 8), (6, 9), (6, 8)].map { $0.0 * 14 + $0.1 }
        let outside = [(1, 1), (12, 2), (12, 12)].map { $0.0 * 14 + $0.1 }
        #expect(similarity(last, inside[0], inside[1]) > similarity(last, inside[0], outside[0]))
        #expect(similarity(last, inside[1], inside[2]) > similarity(last, inside[2], outside[1]))
    }

    private func similarity(_ tokens: Tensor, _ first: Int, _ second: Int) -> Float {
        let width = tokens.shape[1]
        var (dot, left, right): (Float, Float, Float) = (0, 0, 0)
        for index in 0..<width {
            let (a, b) = (tokens[first * width + index], tokens[second * width + index])
            dot += a * b
            left += a * a
            right += b * b
        }
        return dot / (left * right).squareRoot()
    }
}
