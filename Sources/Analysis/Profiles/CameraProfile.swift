internal import ModelFiles
internal import ObjectAnomaly
internal import PixelAnomaly

/// What the pixels of one camera normally look like.
struct PixelNormality: Sendable {
    let background: Background
    let detector: PixelDetector
}

/// What the objects of one camera normally look like.
struct ObjectNormality: Sendable {
    let model: NormalityModel
    let calibration: ObjectCalibration
}

/// What is normal for one camera in one regime.
struct RegimeNormality: Sendable {
    /// See `RegimeRecord.learnedInVersion`.
    let learnedInVersion: Int
    let thresholds: Thresholds
    /// Nil when the model has no pixel features.
    let pixels: PixelNormality?
    /// Nil when the model has no detector or too few objects were seen while learning; objects are then not judged.
    let objects: ObjectNormality?
}

/// What was learned about one camera, loaded and ready to judge frames.
public struct CameraProfile: Sendable {
    public let record: ProfileRecord
    /// One for each regime of the record.
    let regimes: [Regime: RegimeNormality]
    /// What the operator should know about this profile; nil when nothing.
    public let warning: String?

    /// Name and version, as events remember it: `yard v3`.
    public var identity: String { record.identity }

    /// Whether frames of this regime can be judged.
    public func knows(_ regime: Regime) -> Bool { regimes[regime] != nil }

    /// Loads the version in force.
    /// - Throws: `AnalysisError` (`missingProfile`, `badProfile`, `profileOfOtherModel`).
    public static func load(
        _ profile: String, from store: ProfileStore, for model: AnomalyModel
    ) throws(AnalysisError) -> CameraProfile {
        let (record, folder) = try store.current(profile)
        return try load(record, folder: folder, profile: profile, for: model)
    }

    /// Loads a version folder whose files were verified.
    static func load(
        _ record: ProfileRecord, folder: String, profile: String, for model: AnomalyModel
    ) throws(AnalysisError) -> CameraProfile {
        guard record.model == model.identity else {
            throw AnalysisError(
                .profileOfOtherModel,
                "\(folder): learned with model \(record.model), the configuration names \(model.identity); learn the "
                    + "camera again: monitorctl learn --camera \(profile)")
        }
        var regimes: [Regime: RegimeNormality] = [:]
        for part in record.regimes {
            regimes[part.regime] = try RegimeNormality.load(
                part, folder: "\(folder)/\(part.regime.rawValue)", for: model)
        }
        let blind = record.regimes.filter { regimes[$0.regime]?.objects == nil }.map(\.regime.words)
        let warning =
            blind.isEmpty || model.detector == nil
            ? nil
            : """
            profile \(record.identity): too few objects were seen while learning (\(blind.joined(separator: ", "))), so \
            only pixels are judged; learn again with people or vehicles in view
            """
        return CameraProfile(record: record, regimes: regimes, warning: warning)
    }
}

extension RegimeNormality {
    /// Reads the folder of one regime.
    /// - Throws: `AnalysisError.Code.badProfile`.
    static func load(
        _ part: RegimeRecord, folder: String, for model: AnomalyModel
    ) throws(AnalysisError) -> RegimeNormality {
        do {
            return RegimeNormality(
                learnedInVersion: part.learnedInVersion,
                thresholds: part.thresholds,
                pixels: model.patches != nil && part.patchClasses > 0 ? try pixels(folder, for: model) : nil,
                objects: part.objectClasses > 0 ? try objects(folder, for: model) : nil)
        } catch let error as AnalysisError {
            throw error
        } catch {
            throw AnalysisError(.badProfile, "\(error); learn the camera again", cause: error)
        }
    }

    private static func pixels(_ folder: String, for model: AnomalyModel) throws -> PixelNormality {
        let profile = try PixelProfile(SafetensorsFile(path: "\(folder)/\(ProfileStore.pixelsName)"))
        let background = try Background(SafetensorsFile(path: "\(folder)/\(ProfileStore.backgroundName)"))
        guard background.width == model.patchWidth,
            profile.featureWidth == Background.describedWidth(model.patchWidth)
        else {
            throw AnalysisError(
                .badProfile,
                "\(folder): made for patch features of \(background.width) values, the model has \(model.patchWidth)")
        }
        return PixelNormality(background: background, detector: PixelDetector(profile))
    }

    private static func objects(_ folder: String, for model: AnomalyModel) throws -> ObjectNormality {
        let file = try SafetensorsFile(path: "\(folder)/\(ProfileStore.objectsName)")
        let normality = try NormalityModel(file)
        let width = model.detector?.width(of: normality.features) ?? 0
        guard normality.featureWidth == width else {
            throw AnalysisError(
                .badProfile,
                "\(folder): object features of \(normality.featureWidth) values, the model has \(width)")
        }
        return ObjectNormality(model: normality, calibration: try ObjectCalibration(file))
    }
}
