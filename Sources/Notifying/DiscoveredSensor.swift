internal import Basics

/// What Home Assistant is told of a camera, so that it appears there by itself: a sensor that is on while an event is
/// open.
struct DiscoveredSensor: Encodable {
    struct Device: Encodable {
        let identifiers: [String]
        let name: String
        let manufacturer = "monitord"
        let model = "anomaly monitor"
        let softwareVersion = Product.version

        private enum CodingKeys: String, CodingKey {
            case identifiers, name, manufacturer, model
            case softwareVersion = "sw_version"
        }
    }

    let name = "Anomaly"
    let uniqueID: String
    let deviceClass = "problem"
    let stateTopic: String
    let attributesTopic: String
    let valueTemplate = "{{ 'ON' if value_json.active else 'OFF' }}"
    let availabilityTopic: String
    let device: Device

    init(camera: String, prefix: String, clientID: String) {
        uniqueID = "\(clientID)_\(camera)"
        stateTopic = "\(prefix)/\(camera)/state"
        attributesTopic = stateTopic
        availabilityTopic = "\(prefix)/availability"
        device = Device(identifiers: [uniqueID], name: "Camera \(camera)")
    }

    private enum CodingKeys: String, CodingKey {
        case name
        case uniqueID = "unique_id"
        case deviceClass = "device_class"
        case stateTopic = "state_topic"
        case attributesTopic = "json_attributes_topic"
        case valueTemplate = "value_template"
        case availabilityTopic = "availability_topic"
        case device
    }
}
