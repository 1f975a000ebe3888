import ArgumentParser
import Basics
import ModelFiles
import Networks
import Tensors

/// Our side of the comparison with other runtimes.
struct ContenderCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "contender", abstract: "Run one network on one input whenever the comparison's driver asks.",
        discussion: """
            Prints "ready MILLISECONDS" when the network is loaded, then reads commands from standard input: "run" \
            computes once and prints the milliseconds that passed and those of processor time, "check FILE" computes once and writes the outputs, planes of \
            single-precision numbers, "memory" prints the highest resident memory so far in KiB, "quit" ends it.
            """)

    @Option(help: "Kind of network.") var network: ComparedNetwork.Kind
    @Option(help: "Safetensors file with the weights under their official names.") var weights: String
    @Option(help: "File of single-precision numbers: planes of the input, or rows for box-head.") var input: String
    @Option(help: "Input width in pixels, or values per row for box-head.") var width: Int
    @Option(help: "Input height in pixels, or rows for box-head.") var height: Int
    @Option(help: "Threads to compute with.") var threads = 1
    @Option(help: "Precision of the transformer's products: fp32 or int8.", transform: Self.precision(named:))
    var precision = ModelCard.Precision.fp32
    @Flag(help: "Print the time of every layer instead of obeying commands.") var profile = false

    func validate() throws {
        guard (1...16384).contains(width), (1...16384).contains(height) else {
            throw ValidationError("--width and --height must be 1 to 16384")
        }
        guard threads >= 1 else { throw ValidationError("--threads must be at least 1") }
    }

    func run() throws {
        guard precision == .fp32 || network == .vit else {
            throw ContenderError("\(network.rawValue) has no precision \(precision.rawValue)")
        }
        let clocks = SystemClocks()
        let start = clocks.monotonic()
        let compared = try ComparedNetwork(
            network, try SafetensorsFile(path: weights), planned: PlannedInput(height: height, width: width),
            precision: precision)
        let context = ComputeContext(pool: ComputePool(width: threads))
        let loading = clocks.monotonic() - start
        let values = try readInput()
        guard !profile else {
            let steps = try LayerSteps(
                network, try SafetensorsFile(path: weights), width: width, height: height, context: context)
            let profile = LayerProfile(steps, threads: threads, clocks: clocks) {
                for output in compared(values, context: context) { context.workspace.giveBack(output.values) }
            }
            print(profile.table.text)
            return
        }
        try LineServer.serve(ready: "ready \(milliseconds(loading))") { command in
            switch command.split(separator: " ", maxSplits: 1).map(String.init) {
            case ["run"]:
                let (start, before) = (clocks.monotonic(), processorTime())
                let outputs = compared(values, context: context)
                let (passed, used) = (clocks.monotonic() - start, processorTime() - before)
                for output in outputs { context.workspace.giveBack(output.values) }
                return "\(milliseconds(passed)) \(milliseconds(used))"
            case let words where words.count == 2 && words[0] == "check":
                let outputs = compared(values, context: context)
                try RawFloats.write(outputs.map(\.planes), to: words[1])
                for output in outputs { context.workspace.giveBack(output.values) }
                return "wrote " + outputs.map { "\($0.values.count)" }.joined(separator: " ")
            case ["memory"]: return "\(ProcessMemory.now().peak / 1024)"
            default: return nil
            }
        }
    }

    private static func precision(named name: String) throws -> ModelCard.Precision {
        guard let precision = ModelCard.Precision(rawValue: name) else { throw ValidationError("no precision \(name)") }
        return precision
    }

    private func readInput() throws -> Tensor {
        guard network != .boxHead else { return try RawFloats.read(input, shape: [height, width]) }
        let planes = try RawFloats.read(input, shape: [3, height, width])
        let image = RawFloats.transposed(planes, rows: 3, columns: height * width)
        image.reshape([height, width, 3])
        return image
    }

    private func milliseconds(_ duration: Duration) -> String { number(Double(duration.nanoseconds) / 1e6, 4) }
}

extension ComparedNetwork.Output {
    /// Maps as planes, as the other runtimes have them; anything else as it is.
    fileprivate var planes: Tensor {
        let shape = values.shape
        guard isMap, shape.rank > 1 else { return values }
        let channels = shape[shape.rank - 1]
        return RawFloats.transposed(values, rows: values.count / channels, columns: channels)
    }
}
