import Alerting
import Analysis
import Basics
import Service
import TestSupport
import Testing

/// What a camera saw survives a restart, beside what another camera with the same profile saw.
@Suite struct CameraCalibrationTests {
    private let folder = TemporaryFolder()
    private var store: ProfileStore { ProfileStore(root: folder.path) }

    private let record: ProfileRecord = {
        let day = RegimeRecord(
            .day, version: 1, firstWallMs: 0, lastWallMs: 1000, framesLearned: 100, framesHeldOut: 30, patchRows: 100,
            objectRows: 0)
        return ProfileRecord(
            camera: "yard", version: 1, model: "m1", createdWallMs: 0, seed: 1, sources: [], regimes: [day])
    }()

    /// A run of the daemon that watches for some seconds.
    private func watch(_ camera: String, seconds: Int) throws {
        var settings = CameraSettings(name: camera, source: SourceAddress("rtsp://\(camera)/"))
        settings.profile = "yard"
        var calibration = CameraCalibration(settings, record, store: store)
        for index in 0...seconds {
            calibration.take(
                Verdict(
                    camera: camera, sequence: UInt64(index), presentationTime: .seconds(index),
                    arrival: MonotonicTime(nanoseconds: Int64(index) * 1_000_000_000), wallTimeMs: Int64(index) * 1000,
                    width: 64, height: 36, light: .steady(.day), objects: [], regions: [], map: .none,
                    timings: StageTimings()))
        }
        try calibration.save()
    }

    private var watched: Int64? { CameraCalibration.evidence("yard", record, store: store).watchedMs[.day] }

    @Test func `cameras that share a profile keep their own evidence, and it is added up for those who look`() throws {
        #expect(watched == nil)
        try watch("north", seconds: 30)
        try watch("south", seconds: 50)
        #expect(watched == 80_000)
        // Another run goes on from the camera's own time.
        try watch("north", seconds: 7)
        #expect(watched == 87_000)
        #expect(store.liveCameras("yard") == ["north", "south"])
    }
}
