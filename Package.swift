// swift-tools-version: 6.2
import PackageDescription

/// Set by continuous integration; a newer compiler's new warning must not stop a user's build.
let warningsAreErrors = Context.environment["MONITOR_STRICT"] != nil

let strict: [SwiftSetting] =
    [
        .enableUpcomingFeature("ExistentialAny"),
        .enableUpcomingFeature("InternalImportsByDefault"),
        .enableUpcomingFeature("MemberImportVisibility"),
        .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
    ] + (warningsAreErrors ? [.treatAllWarnings(as: .error)] : [])

/// -O3 comes after SwiftPM's own level, so that debug builds keep fast kernels.
let fastC: [CSetting] =
    [.unsafeFlags(["-O3", "-fno-math-errno"])] + (warningsAreErrors ? [.treatAllWarnings(as: .error)] : [])

func room(_ name: String, _ dependencies: [Target.Dependency] = []) -> Target {
    .target(name: name, dependencies: dependencies, swiftSettings: strict)
}

func tests(_ name: String, _ dependencies: [Target.Dependency], exclude: [String] = []) -> Target {
    .testTarget(name: name, dependencies: dependencies + ["TestSupport"], exclude: exclude, swiftSettings: strict)
}

let argumentParser = Target.Dependency.product(name: "ArgumentParser", package: "swift-argument-parser")
let logging = Target.Dependency.product(name: "Logging", package: "swift-log")
let grdb = Target.Dependency.product(name: "GRDB", package: "GRDB.swift")
let yams = Target.Dependency.product(name: "Yams", package: "Yams")

let package = Package(
    name: "monitor",
    products: [
        .executable(name: "monitord", targets: ["monitord"]),
        .executable(name: "monitorctl", targets: ["monitorctl"]),
        .executable(name: "monitor-decoder", targets: ["MonitorDecoder"]),
        .executable(name: "monitor-bench", targets: ["MonitorBench"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
    ],
    targets: [
        // System libraries and kernels in C.
        // Loads the libraries of FFmpeg when they are called.
        .target(name: "CLibAV"),
        // Gives up a process's rights.
        .target(
            name: "CConfine", cSettings: warningsAreErrors ? [.treatAllWarnings(as: .error)] : [],
            linkerSettings: [.linkedLibrary("seccomp")]),
        // Starts an operator's programs.
        .target(name: "CHook", cSettings: warningsAreErrors ? [.treatAllWarnings(as: .error)] : []),
        // Video4Linux, whose calls are macros.
        .target(name: "CVideoDevice", cSettings: warningsAreErrors ? [.treatAllWarnings(as: .error)] : []),
        .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
        .systemLibrary(name: "COpenBLAS", pkgConfig: "openblas", providers: [.apt(["libopenblas-dev"])]),
        .systemLibrary(name: "CTurboJPEG", pkgConfig: "libturbojpeg", providers: [.apt(["libturbojpeg0-dev"])]),
        .systemLibrary(name: "CMosquitto", pkgConfig: "libmosquitto", providers: [.apt(["libmosquitto-dev"])]),
        .target(name: "CKernels", cSettings: fastC, linkerSettings: [.linkedLibrary("m")]),
        // Replaces malloc and its kin by ones that count; only for the bench.
        .target(name: "CAllocationCount"),
        // What the processor can do at most; only for the bench.
        .target(name: "CPeak", cSettings: fastC),

        // Clocks, the lock, seeded random numbers: what every room above may need.
        room("Basics"),
        // Pixels, frames, boxes, JPEG, overlays.
        room("Imaging", ["Basics", "CKernels", "CTurboJPEG"]),
        // Tensors, workspace memory, matrix products, parallel loops.
        room("Tensors", ["Basics", "CKernels", "COpenBLAS"]),
        // Safetensors, PyTorch checkpoints, model cards, bundle folders, checksums.
        room("ModelFiles", ["Basics", "Tensors", "CKernels"]),
        // Layers and backbones.
        room("Networks", ["Basics", "Tensors", "ModelFiles", "CKernels"]),
        // OLN and SSOS: inference and learning.
        room("ObjectAnomaly", ["Basics", "Imaging", "Tensors", "ModelFiles", "Networks", "CKernels"]),
        // PixOOD: inference and learning.
        room("PixelAnomaly", ["Basics", "Imaging", "Tensors", "ModelFiles", "Networks", "CKernels"]),
        // Metrics and dataset readers.
        room("Evaluation", ["Basics", "Imaging", "CLibAV"]),
        // The procedural surveillance scene and its encoder.
        room("Scenes", ["Basics", "Imaging", "CLibAV"]),
        // Opens streams, files and devices and decodes them into pictures.
        room("Streams", ["Basics", "Imaging", "CLibAV", "CConfine", "CVideoDevice", "CZlib"]),
        // Sessions with a camera: reconnection, timestamps, frames for analysis.
        room("Capture", ["Basics", "Imaging", "Streams"]),
        // Running the two detectors on a frame; verdicts; profiles and learning.
        room("Analysis", ["Basics", "Imaging", "Tensors", "ModelFiles", "Networks", "ObjectAnomaly", "PixelAnomaly"]),
        // Event state machine, event store, snapshots.
        room("Alerting", ["Basics", "Imaging", "Analysis", grdb]),
        // Settings, logging, systemd notification.
        room(
            "Service", ["Basics", "Imaging", "ModelFiles", "Streams", "Capture", "Analysis", "Alerting", yams, logging]),

        // The ways to the targets of notifications: programs, web servers, brokers. Only the daemon's.
        room("Notifying", ["Basics", "ModelFiles", "Alerting", "Service", "CHook", "CMosquitto"]),

        // A confined process that decodes one camera's stream.
        .executableTarget(name: "MonitorDecoder", dependencies: ["Streams"], swiftSettings: strict),
        // The daemon and the operator's tool wire the rooms together.
        .executableTarget(
            name: "monitord",
            dependencies: [
                "Basics", "Imaging", "ModelFiles", "Streams", "Capture", "Analysis", "Alerting", "Service",
                "Notifying", argumentParser, logging,
            ],
            swiftSettings: strict),
        .executableTarget(
            name: "monitorctl",
            dependencies: [
                "Basics", "Imaging", "ModelFiles", "Streams", "Capture", "Analysis", "Alerting", "Service", "Scenes",
                "Evaluation", "CZlib", argumentParser, logging,
            ],
            swiftSettings: strict),
        .executableTarget(
            name: "MonitorBench",
            dependencies: [
                "Basics", "Imaging", "Tensors", "ModelFiles", "Networks", "ObjectAnomaly", "PixelAnomaly", "Evaluation",
                "Streams", "Capture", "Analysis", "Alerting", "Service", "Scenes", "CAllocationCount", "CPeak",
                "HistoryForgery", argumentParser, grdb,
            ],
            swiftSettings: strict),

        .target(
            name: "TestSupport", dependencies: ["Basics", "Imaging", "Tensors", "ModelFiles", "CLibAV"],
            path: "Tests/TestSupport", swiftSettings: strict),
        // Writes model files and recordings, sensible ones and hostile ones.
        .target(
            name: "Forgeries", dependencies: ["Basics", "ModelFiles"], path: "Tests/Forgeries", swiftSettings: strict),
        // Writes a large event database.
        .target(
            name: "HistoryForgery", dependencies: ["Alerting", grdb], path: "Tests/HistoryForgery",
            swiftSettings: strict),
        // Reads every hostile file and watches memory and time; run under the address sanitizer too.
        .executableTarget(
            name: "HostileFilesCheck", dependencies: ["Basics", "ModelFiles", "Forgeries"],
            path: "Tests/HostileFilesCheck", swiftSettings: strict),
        // Reads thousands of damaged streams and watches memory and time; run under the address sanitizer too.
        .executableTarget(
            name: "HostileStreamsCheck", dependencies: ["Basics", "Imaging", "Streams", "Forgeries", "TestSupport"],
            path: "Tests/HostileStreamsCheck", swiftSettings: strict),
        // The programs under test, cameras that they watch, and everything that can go wrong between both.
        .target(
            name: "FaultLab", dependencies: ["Basics", "TestSupport"], path: "Tests/FaultLab",
            exclude: ["rtsp_server.py", "web_server.py"], swiftSettings: strict),
        // A long run beside dead cameras; by hand.
        .executableTarget(
            name: "SoakCheck", dependencies: ["Basics", "FaultLab"], path: "Tests/Soak", swiftSettings: strict),
        // What the history must still hold after a kill or a power cut, and how to find out.
        .target(
            name: "DurabilityLab",
            dependencies: [
                "Basics", "Imaging", "Analysis", "Alerting", "Service", "FaultLab", "HistoryForgery", "TestSupport",
                grdb,
            ],
            path: "Tests/DurabilityLab", exclude: ["write_trace.c", "stepped_clock.c"], swiftSettings: strict),
        // Kills the daemon a thousand times, and other long checks of durability; by hand.
        .executableTarget(
            name: "KillCheck", dependencies: ["DurabilityLab", "FaultLab", argumentParser], path: "Tests/KillCheck",
            swiftSettings: strict),
        tests("BasicsTests", ["Basics"]),
        tests("ImagingTests", ["Basics", "Imaging"]),
        tests("TensorsTests", ["Basics", "Tensors", "CKernels"]),
        tests("ModelFilesTests", ["Basics", "ModelFiles", "Tensors", "Forgeries"]),
        tests("NetworksTests", ["Basics", "Networks", "Tensors", "ModelFiles", "Forgeries"]),
        tests(
            "ObjectAnomalyTests",
            ["Basics", "ObjectAnomaly", "Networks", "Tensors", "ModelFiles", "Imaging", "CKernels", "Forgeries"]),
        tests("PixelAnomalyTests", ["Basics", "PixelAnomaly", "Networks", "Tensors", "ModelFiles", "Imaging"]),
        tests("EvaluationTests", ["Basics", "Evaluation", "Imaging", "ModelFiles", "Tensors"]),
        tests("ScenesTests", ["Basics", "Scenes", "Imaging"]),
        tests(
            "StreamsTests", ["Basics", "Streams", "Capture", "Imaging", "Scenes", "Forgeries"],
            exclude: ["http_camera.py"]),
        tests("CaptureTests", ["Basics", "Streams", "Capture", "Scenes", "Imaging", "FaultLab"]),
        tests(
            "AnalysisTests",
            [
                "Basics", "Analysis", "Streams", "Capture", "Imaging", "Scenes", "Tensors", "ModelFiles", "Networks",
                "ObjectAnomaly", "PixelAnomaly", "Forgeries",
            ]),
        tests(
            "AlertingTests",
            [
                "Basics", "Alerting", "Analysis", "Imaging", "ObjectAnomaly", "Networks", "Tensors", "ModelFiles",
                "HistoryForgery", grdb,
            ]),
        tests("ServiceTests", ["Basics", "Imaging", "Streams", "Capture", "Analysis", "Alerting", "Service", logging]),
        tests("NotifyingTests", ["Basics", "Alerting", "Service", "Notifying", "FaultLab"]),
        tests(
            "EndToEndTests",
            ["Basics", "Imaging", "Alerting", "Analysis", "ModelFiles", "Tensors", "Forgeries", "FaultLab"]),
        tests("FaultTests", ["Basics", "FaultLab"]),
        // What both programs say: help, output, schemas, man pages, completions.
        tests(
            "CommandTests", ["Basics", "Imaging", "Analysis", "Alerting", "Capture", "Service", "FaultLab"],
            exclude: ["Golden"]),
        tests("DurabilityTests", ["Basics", "Alerting", "Analysis", "DurabilityLab", "FaultLab"]),
    ],
    swiftLanguageModes: [.v6]
)
