import Basics
import ModelFiles
import ObjectAnomaly
import Tensors
import TestSupport
import Testing

@Suite(.enabled(if: SharedData.hasGolden("ffs_flow"), "the reference vectors of ffs_flow are not here"))
struct FlowGoldenTests {
    private let weights: SafetensorsFile
    private let file: SafetensorsFile
    private let flow: CouplingFlow
    private let workspace = Workspace()

    init() throws {
        weights = try SharedData.golden("ffs_flow", "flow_weights.safetensors")
        file = try SharedData.golden("ffs_flow", "ffs.safetensors")
        flow = try CouplingFlow(weights)
    }

    /// The largest difference relative to the reference's largest magnitude.
    private func relative(_ found: Tensor, _ name: String) throws -> Float {
        let error = difference(found.array, try file.tensor(name).array)
        return error.largest / error.scale
    }

    @Test func `Features become noise as the reference's do, coupling by coupling`() throws {
        let features = try file.tensor("v")
        #expect(flow.featureWidth == features.shape[1])
        let coupling = try Coupling(weights, "roi_head.flow_model.module_list.0")
        let first = Tensor(features.shape, features.array)
        coupling.forward(first, logDeterminants: Tensor([first.shape[0]], repeating: 0), workspace: workspace)
            .giveBack(to: workspace)
        expectClose(first.array, try file.tensor("coupling0_out").array, within: 1e-4, "first coupling")
        let (values, logDeterminants) = flow.forward(features, workspace: workspace)
        expectClose(values.array, try file.tensor("z").array, within: 1e-4, "z")
        expectClose(logDeterminants.array, try file.tensor("log_jac").array, within: 1e-4, "log-determinant")
        let surprises = flow.surprises(values, logDeterminants: logDeterminants)
        expectClose(surprises.array, try file.tensor("nll_each").array, within: 1e-3, "likelihood")
    }

    @Test func `Noise becomes features, and the least likely is the reference's outlier`() throws {
        let noise = try file.tensor("z_in")
        let (values, logDeterminants) = flow.inverse(noise, workspace: workspace)
        expectClose(values.array, try file.tensor("inverse_x").array, within: 1e-4, "x")
        expectClose(logDeterminants.array, try file.tensor("inverse_log_jac").array, within: 1e-4, "log-determinant")
        let (rows, outlier, surprises) = flow.leastLikely(of: noise, pool: ComputePool(width: 2))
        let row = try #require(rows.first)
        #expect(try rows.map(Int64.init) == file.integers("inverse_top1_index"))
        expectClose(surprises.array, try file.tensor("inverse_nll").array, within: 1e-3, "likelihood")
        let expected = try file.tensor("inverse_x").array
        let width = flow.featureWidth
        expectClose(outlier.array, expected[row * width..<(row + 1) * width], within: 1e-4, "outlier")
    }

    @Test func `The likelihood's gradient equals the reference's, for features and every parameter`() throws {
        let features = try file.tensor("v")
        let gradient = flow.zeros()
        let rowGradient = Tensor(features.shape)
        let loss = flow.likelihoodLoss(features, gradient: gradient, rowGradient: rowGradient, workspace: workspace)
        #expect(try abs(Float(loss) - file.tensor("nll_mean").array[0]) < 1e-3)
        #expect(try relative(rowGradient, "grad_nll.v") < 1e-3)
        #expect(gradient.named.count == 16)
        for (name, tensor) in gradient.named { #expect(try relative(tensor, "grad_nll." + name) < 1e-3, "\(name)") }
    }

    @Test func `One training step goes down the reference's gradient and makes its features likelier`() throws {
        let features = try file.tensor("v")
        let before = try CouplingFlow(weights).named
        let gradient = flow.zeros()
        let loss = flow.likelihoodLoss(features, gradient: gradient, workspace: workspace)
        var settings = ObjectLearningSettings()
        settings.longestGradient = .infinity
        let rate: Float = 1e-4
        Descent(flow.parameters, gradients: gradient.parameters, learningRate: 1, settings: settings)
            .step(rate: Double(rate))
        for (name, tensor) in flow.named {
            let start = try #require(before[name]).array
            let slope = try file.tensor("grad_nll." + name).array
            let expected = zip(start, slope).map { $0 - rate * ($1 + Float(settings.weightDecay) * $0) }
            let scale = slope.map(abs).max() ?? 0
            expectClose(tensor.array, expected, within: 1e-3 * rate * scale + 1e-7, name)
        }
        let after = flow.likelihoodLoss(features, gradient: gradient, workspace: workspace)
        #expect(after < loss, "\(loss), then \(after)")
    }

    /// A head whose hidden layer hands five numbers through, since relu(f) - relu(-f) is f, and FFS's energy weights.
    private func identity() throws -> [String: Tensor] {
        let identity = (0..<5).map { row in (0..<5).map { Float($0 == row ? 1 : 0) } }
        let both = identity + identity.map { $0.map { -$0 } }
        return [
            "roi_head.pseudo_score.0.weight": Tensor([10, 5], both.flatMap { $0 }),
            "roi_head.pseudo_score.0.bias": Tensor([10], repeating: 0),
            "roi_head.pseudo_score.2.weight": Tensor([5, 10], identity.flatMap { $0 + $0.map { -$0 } }),
            "roi_head.pseudo_score.2.bias": Tensor([5], repeating: 0),
            NormalityWeights.energyName: try file.tensor("energy.weight_energy.weight"),
        ]
    }

    @Test func `Weighted energies, their loss and its gradients equal the reference's`() throws {
        func energy(_ name: String) throws -> Tensor { try file.tensor("energy." + name) }
        let (normal, outlier) = (try energy("logits_fg"), try energy("logits_outlier"))
        let logits = Tensor([21, 5], normal.array + outlier.array)
        let head = "roi_head.logistic_regression_layer"
        var tensors = try identity()
        let parts = ["0.weight", "0.bias", "2.weight", "2.bias"]
        for part in parts { tensors["\(head).\(part)"] = try energy("phi." + part) }
        let model = try NormalityModel(TensorTable(tensors))
        let context = ComputeContext(pool: ComputePool(width: 1))
        let values = try energy("value_fg").array + energy("value_outlier").array
        #expect(model.pseudoClasses.energy == .weighted)
        expectClose(model.pseudoClasses.energies(logits, context: context).array, values, within: 1e-5, "energies")
        expectClose(
            model.normalLogits(logits, context: context).array, try energy("phi_logit").array, within: 1e-5, "phi")

        let weights = try NormalityWeights(TensorTable(tensors))
        let gradient = NormalityWeights(like: weights)
        // What an earlier step left there must not count.
        gradient.named[NormalityWeights.energyName]?.fill(7)
        let logitGradient = Tensor([21, 5])
        let losses = AnomalyObjective(classWeight: 0, anomalyWeight: 1).headLosses(
            logits, labels: [Int32](repeating: 0, count: 20), weights: weights, gradient: gradient,
            logitGradient: logitGradient)
        #expect(try abs(Float(losses.anomaly) - energy("bce").array[0]) < 1e-5)
        func expectGradient(_ found: [Float], _ name: String) throws {
            let error = difference(found, try energy("grad_bce." + name).array)
            #expect(error.largest <= 1e-3 * error.scale, "\(name): \(error)")
        }
        try expectGradient(Array(logitGradient.array.prefix(100)), "logits_fg")
        try expectGradient(Array(logitGradient.array.suffix(5)), "logits_outlier")
        try expectGradient(gradient.named[NormalityWeights.energyName]?.array ?? [], "weight_energy.weight")
        for part in parts { try expectGradient(gradient.named["\(head).\(part)"]?.array ?? [], "phi." + part) }
    }

    @Test func `Asked for the plain energy, a detector takes that of the same logits, as the authors' does`() throws {
        let logits = try file.tensor("energy.logits_fg")
        let head = try PseudoClassHead(TensorTable(identity()), energy: .plain)
        #expect(head.energy == .plain)
        let energies = head.energies(logits, context: ComputeContext(pool: ComputePool(width: 1)))
        let expected = try file.tensor("energy.plain_logsumexp_fg(test time)")
        expectClose(energies.array, expected.array, within: 1e-5, "energies")
    }
}
