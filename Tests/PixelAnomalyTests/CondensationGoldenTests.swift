import Foundation
import ModelFiles
import PixelAnomaly
import Tensors
import Testing
import TestSupport

@Suite("Condensation against reference vectors", .enabled(if: SharedData.hasGolden("pixood"), "no reference vectors"))
struct CondensationGoldenTests {
    let file: SafetensorsFile
    let classes: Int
    let etalons: Int
    let dimension: Int

    init() throws {
        file = try SharedData.golden("pixood", "condensation.safetensors")
        let shape = try #require(file.extents(of: "cond.mu_init_whitened"))
        (classes, etalons, dimension) = (shape[0], shape[1], shape[2])
    }

    private func flat(_ name: String) throws -> [Float] { try file.tensor("cond." + name).array }

    private func labels(_ name: String) throws -> [Int32] { try file.integers("cond." + name).map(Int32.init) }

    /// The state before the first step.
    ///
    /// Every stored `mu_*`, `p_*`, `support*` and `batchsize*` snapshot holds the values after the last step and reset,
    /// because the recording shared their memory. The first etalons are patches of the initial data, so the distances
    /// recorded in step 0 tell which ones.
    private func initial() throws -> Condensation {
        var settings = CondensationSettings()
        settings.etalonsPerClass = etalons
        let data = try file.tensor("cond.init_data")
        let whitening = Whitening(
            rows: data.pointer, count: data.shape[0], dimension: dimension, stride: dimension)
        let rows = whitened(data, whitening)
        let batch = whitened(try file.tensor("cond.step0.data"), whitening)
        let distances = try flat("step0.distance_d")
        let centres = Tensor([classes * etalons, dimension])
        for index in 0..<classes * etalons {
            let match = rows.first { row in
                batch.indices.prefix(8).allSatisfy { place in
                    let distance = zip(batch[place], row).map { ($0 - $1) * ($0 - $1) }.reduce(0, +).squareRoot()
                    let expected = distances[place * classes * etalons + index]
                    return abs(distance * 100 / Float(dimension).squareRoot() - expected) < 1e-2
                }
            }
            let row = try #require(match)
            for column in 0..<dimension { centres.row(index)[column] = row[column] }
        }
        return Condensation(
            settings: settings, whitening: whitening, classCount: classes, centres: centres,
            scales: Tensor([classes * etalons], repeating: -4.394449))
    }

    private func whitened(_ data: Tensor, _ whitening: Whitening) -> [[Float]] {
        (0..<data.shape[0]).map { row in
            (0..<dimension).map { (data.row(row)[$0] - whitening.median[$0]) / whitening.deviation[$0] }
        }
    }

    @Test func `whitening takes the lower median and the unbiased deviation`() throws {
        let state = try initial()
        #expect(worst(state.whitening.median, try flat("med")) == 0)
        #expect(worst(state.whitening.deviation, try flat("std")) < 1e-6)
    }

    @Test func `first etalons are whitened patches of their class`() throws {
        let data = try file.tensor("cond.init_data")
        var settings = CondensationSettings()
        settings.etalonsPerClass = etalons
        let owners = try labels("init_labels")
        let state = Condensation(initial: data, labels: owners, classCount: classes, settings: settings, seed: 7)
        let rows = whitened(data, state.whitening)
        for index in 0..<classes * etalons {
            let centre = Array(state.centreValues[index * dimension..<(index + 1) * dimension])
            let match = try #require(rows.firstIndex { worst($0, centre) < 1e-5 })
            #expect(owners[match] == Int32(index / etalons))
        }
        #expect(worst(state.betaValues, try flat("beta_init")) < 1e-4)
    }

    @Test func `three steps give the reference's losses and gradients`() throws {
        let state = try initial()
        let temperature = Double(try flat("temperature")[0])
        #expect(abs(state.settings.temperature(epoch: 30) - temperature) < 1e-6)
        for step in 0..<3 {
            let name = "step\(step)."
            let data = try file.tensor("cond.\(name)data")
            let loss = state.step(data, labels: try labels(name + "labels"), temperature: temperature, rate: 0.1)
            #expect(abs(loss - Double(try flat(name + "loss")[0])) < 1e-5 * loss, "step \(step)")
            #expect(relativeWorst(state.centreGradients, try flat(name + "grad_mu")) < 2e-5, "step \(step)")
            #expect(relativeWorst(state.scaleGradients, try flat(name + "grad_p")) < 2e-5, "step \(step)")
        }
    }

    @Test func `three steps leave the reference's parameters and support`() throws {
        let state = try stepped()
        let kept = try file.integers("cond.to_reset_mask").map { $0 == 0 }
        #expect(worst(state.scaleValues, try flat("step2.p_after")) < 1e-4)
        #expect(worst(state.betaValues, try flat("final_beta")) < 1e-4)
        let expected = try flat("step2.mu_after")
        let support = try flat("step2.support_s_after")
        for index in 0..<classes * etalons where kept[index] {
            let range = index * dimension..<(index + 1) * dimension
            #expect(worst(Array(state.centreValues[range]), Array(expected[range])) < 2e-3)
            #expect(abs(state.supportValues[index] - support[index]) < 1e-5 * support[index])
        }
        #expect(relativeWorst(state.batchSizes, try flat("step2.batchsize_b_after")) < 1e-5)
        #expect(state.batchCounts == (try file.integers("cond.step2.class_t_after")))
    }

    @Test func `distances carry the factor 100 over root D and weights are their softmax`() throws {
        let state = try initial()
        let data = try file.tensor("cond.step0.data")
        let (distances, weights) = inspect(
            state, data, rows: data.shape[0], temperature: Double(try flat("temperature")[0]),
            labels: try labels("step0.labels"))
        let owner = try labels("step0.labels")
        let expectedDistances = try flat("step0.distance_d")
        let expectedWeights = try flat("step0.weights_w")
        for row in 0..<data.shape[0] {
            for etalon in 0..<etalons {
                let index = (row * classes + Int(owner[row])) * etalons + etalon
                #expect(abs(distances[row][etalon] - expectedDistances[index]) < 2e-4 * max(1, expectedDistances[index]))
                #expect(abs(weights[row][etalon] - expectedWeights[index]) < 2e-5)
            }
        }
    }

    private func inspect(
        _ state: Condensation, _ data: Tensor, rows: Int, temperature: Double, labels: [Int32]
    ) -> (distances: [[Float]], weights: [[Float]]) {
        var distances = Array(repeating: [Float](), count: rows)
        var weights = distances
        _ = state.evaluate(data, labels: labels, temperature: temperature) { _, indices, found, shares in
            for (place, row) in indices.enumerated() {
                distances[Int(row)] = Array(UnsafeBufferPointer(start: found.row(place), count: etalons))
                weights[Int(row)] = Array(UnsafeBufferPointer(start: shares.row(place), count: etalons))
            }
        }
        return (distances, weights)
    }

    private func stepped() throws -> Condensation {
        let state = try initial()
        let temperature = Double(try flat("temperature")[0])
        for step in 0..<3 {
            state.step(
                try file.tensor("cond.step\(step).data"), labels: try labels("step\(step).labels"),
                temperature: temperature, rate: 0.1)
        }
        return state
    }

    @Test func `etalons with too little support are found and moved`() throws {
        let state = try stepped()
        let thresholds = (0..<classes).map { state.supportThreshold($0) }
        #expect(relativeWorst(thresholds, try flat("reset_threshold")) < 1e-5)
        var mask = [Int64](repeating: 0, count: classes * etalons)
        for (label, etalon) in state.unsupported() { mask[label * etalons + etalon] = 1 }
        #expect(mask == (try file.integers("cond.to_reset_mask")))
        let choices = try file.integers("cond.after_reset.class_etalon_batchrow")
        for start in stride(from: 0, to: choices.count, by: 3) {
            state.reset(label: Int(choices[start]), etalon: Int(choices[start + 1]), toRow: Int(choices[start + 2]))
        }
        #expect(worst(state.centreValues, try flat("after_reset.mu_whitened")) < 2e-3)
        #expect(medianError(state.centreValues, try flat("after_reset.mu_whitened")) < 2e-6)
        #expect(relativeWorst(state.supportValues, try flat("after_reset.support_s")) < 1e-5)
        #expect(state.unsupported().isEmpty)
    }

    @Test func `valid etalons leave the whitened space and invalid ones are never assigned`() throws {
        let state = try stepped()
        let expected = try flat("final_mu_unwhitened")
        let valid = try file.integers("cond.mu_valid")
        state.refreshValidity()
        #expect(state.validMask == valid)
        let beta = try flat("final_beta")
        for label in 0..<classes {
            let set = try #require(state.etalons(label))
            let kept = (label * etalons..<(label + 1) * etalons).filter { valid[$0] != 0 }
            #expect(set.count == kept.count)
            let rows = kept.flatMap { Array(expected[$0 * dimension..<($0 + 1) * dimension]) }
            #expect(worst(set.centres.array, rows) < 1e-4)
            #expect(relativeWorst(set.beta, kept.map { beta[$0] }) < 1e-5)
        }
        let count = try #require(file.extents(of: "cond.distance_with_invalid_first8"))[0]
        let data = try file.tensor("cond.step2.data")
        data.reshape([count, dimension])
        let expectedDistances = try flat("distance_with_invalid_first8")
        let expectedWeights = try flat("weights_with_invalid_first8")
        for label in 0..<classes {
            let (distances, weights) = inspect(
                state, data, rows: count, temperature: Double(try flat("temperature")[0]),
                labels: Array(repeating: Int32(label), count: count))
            for row in 0..<count {
                for etalon in 0..<etalons {
                    let index = (row * classes + label) * etalons + etalon
                    #expect(
                        abs(distances[row][etalon] - expectedDistances[index]) < 5e-4 * max(1, expectedDistances[index]))
                    #expect(abs(weights[row][etalon] - expectedWeights[index]) < 2e-4)
                }
            }
        }
    }
}
