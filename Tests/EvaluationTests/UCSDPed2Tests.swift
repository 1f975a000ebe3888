import Evaluation
import FoundationEssentials
import TestSupport
import Testing

@Suite struct UCSDPed2Tests {
    @Test(.enabled(if: SharedData.hasData("ucsd_ped2"), "the UCSD Ped2 recordings are absent"))
    func theDataSetIsReadWithItsLabels() throws {
        let data = try UCSDPed2(SharedData.data + "/ucsd_ped2")
        #expect(data.training.count == 16)
        #expect(data.training.allSatisfy { !$0.frames.isEmpty && $0.masks.isEmpty })
        #expect(data.test.map(\.name) == ["01", "02", "03", "04"])
        // Published, counted from frame 1: bicycle, bicycle, two bicycles, cart.
        let anomalous = [61...180, 95...180, 1...146, 31...180]
        for (clip, range) in zip(data.test, anomalous) {
            #expect(clip.frames.count == clip.masks.count)
            let expected = clip.frames.indices.map { range.contains($0 + 1) }
            #expect(try clip.labels() == expected)
        }
        let mask = try #require(try data.test[0].mask(100))
        #expect(mask.width == 360 && mask.height == 240)
        let share = Double(mask.isSet.count { $0 }) / Double(mask.isSet.count)
        #expect(share > 0.002 && share < 0.1)
        #expect(try data.training[0].mask(0) == nil)
        #expect(try data.training[0].labels().allSatisfy { !$0 })
    }

    @Test func aFolderThatIsMissingIsNamed() {
        let error = #expect(throws: EvaluationError.self) { try UCSDPed2("/nonexistent") }
        #expect(error?.message == "the folder /nonexistent/train cannot be read")
    }

    @Test func whatIsNoMaskIsRefused() throws {
        let path = FileManager.default.temporaryDirectory.path + "/mask-" + UUID().uuidString
        try Data("no picture".utf8).write(to: URL(filePath: path))
        defer { try? FileManager.default.removeItem(atPath: path) }
        let error = #expect(throws: EvaluationError.self) { try PixelMask(png: path) }
        #expect(error?.code == .malformed)
        #expect(throws: EvaluationError.self) { try PixelMask(png: "/nonexistent") }
    }
}
