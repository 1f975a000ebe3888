import Basics
import FaultLab
import Foundation

/// What `monitorctl status --json` says of one camera.
struct CameraStatus: Decodable, Sendable {
    let name: String
    let state: String
    let detail: String?
    let arrived: Int
    let scored: Int
    let gated: Int
    let dropped: Int
    let reconnects: Int

    /// Frames that arrived and did not end anywhere yet.
    var underway: Int { arrived - scored - gated - dropped }
}

/// Runs a daemon and looks at it, twice a second, for everybody who wants to know.
///
/// `@unchecked Sendable`: `daemon` only reads files and sends signals, from any thread.
final class Watchman: @unchecked Sendable {
    private struct View {
        var cameras: [String: CameraStatus] = [:]
        var looks = 0
    }

    let site: Site
    let daemon: Running
    private let view = Locked(View())
    private let looking = Locked<Task<Void, Never>?>(nil)

    init(_ site: Site) throws {
        self.site = site
        daemon = try site.start(.monitord)
        let task = Task { [weak self] in
            while let self, !Task.isCancelled {
                await self.look()
                try? await Task.sleep(for: .milliseconds(400))
            }
        }
        looking.withLock { $0 = task }
    }

    private func look() async {
        struct Status: Decodable {
            let cameras: [CameraStatus]
        }
        guard let outcome = try? await site.run(.monitorctl, ["status", "--json"], limit: .seconds(20)),
            let status = try? JSONDecoder().decode(Status.self, from: Data(outcome.output.utf8))
        else { return }
        view.withLock { view in
            view.looks += 1
            for camera in status.cameras { view.cameras[camera.name] = camera }
        }
    }

    /// The last look at a camera; nil before the first.
    func status(_ camera: String) -> CameraStatus? { view.withLock { $0.cameras[camera] } }

    /// A look that began after this call.
    func freshStatus(_ camera: String) async throws -> CameraStatus? {
        let before = view.withLock { $0.looks }
        _ = try await wait(upTo: .seconds(20)) { self.view.withLock { $0.looks } >= before + 2 }
        return status(camera)
    }

    /// Whole log lines about a camera, in order.
    func log(_ camera: String) -> [String] {
        let lines = daemon.errors.split(separator: "\n", omittingEmptySubsequences: false).dropLast()
        return lines.filter { $0.hasSuffix(" camera=\(camera)") || $0.contains(" camera=\(camera) ") }.map(String.init)
    }

    /// Whether this monitor keeps events of cameras themselves.
    var knowsCameraEvents: Bool {
        get async {
            let outcome = try? await site.run(.monitorctl, ["events", "--kind", "lost", "-o", "ids"])
            return outcome?.status == 0
        }
    }

    /// Whether a camera has an event of its own of this kind, now or soon.
    func sees(_ kind: String, of camera: String, upTo limit: Duration) async throws -> Bool {
        let end = ContinuousClock.now + limit
        repeat {
            let outcome = try await site.run(.monitorctl, ["events", "--camera", camera, "--kind", kind, "-o", "ids"])
            if !outcome.output.isEmpty { return true }
            try await Task.sleep(for: .seconds(1))
        } while ContinuousClock.now < end
        return false
    }

    /// Waits until something holds; false when it did not in time or the daemon has ended.
    func wait(upTo limit: Duration, for condition: () throws -> Bool) async throws -> Bool {
        let end = ContinuousClock.now + limit
        while ContinuousClock.now < end, daemon.isRunning {
            if try condition() { return true }
            try await Task.sleep(for: .milliseconds(100))
        }
        return try condition()
    }

    /// Ends the daemon in order.
    func finish() async throws -> Program.Outcome {
        looking.withLock { $0?.cancel() }
        daemon.signal(SIGTERM)
        return try await daemon.finish(limit: .seconds(20))
    }

    deinit { looking.withLock { $0?.cancel() } }
}
