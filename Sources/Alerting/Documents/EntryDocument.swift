internal import FoundationEssentials

/// The published form of an event of either sort; what `monitorctl show --json` prints and notifications carry.
public enum EntryDocument {
    /// One JSON object on one line; times in RFC 3339 and UTC, keys sorted, so that equal events give equal bytes.
    public static func json(
        _ entry: HistoryEntry, _ acknowledgement: Acknowledgement?, track: Bool = false
    ) throws -> String {
        let encoder = JSONEncoder()
        // A detector's nonsense must not keep an event from being told.
        encoder.nonConformingFloatEncodingStrategy = .convertToString(
            positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        let data =
            switch entry {
            case .anomaly(let event): try encoder.encode(EventDocument(event, acknowledgement, track: track))
            case .camera(let event): try encoder.encode(CameraEventDocument(event, acknowledgement))
            }
        return String(decoding: data, as: UTF8.self)
    }
}
