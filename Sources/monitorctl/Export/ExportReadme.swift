import Basics

/// What an export says about itself.
enum ExportReadme {
    static func text(now: Int64) -> String {
        """
        Events of an anomaly monitor, exported by monitorctl \(Product.version) at \(UTCTime.rfc3339(now)).

        index.html    for people: every event with its picture; opens without network
        events.json   for programs; see below
        pictures/     <id>-annotated.jpg with boxes and heat map, <id>-clean.jpg as the camera sent it
        SHA256SUMS    check with: sha256sum -c SHA256SUMS

        events.json is one object: schema (1; keys are only ever added), program, created, since and until as they were
        asked for, and events, newest first. The times in it are RFC 3339 in UTC. Each event has

        type          anomaly: something unusual in view; camera: something wrong with the camera itself
        id            UUIDv7: sorts by the time it was made
        camera        its name in the configuration
        kind          which detector saw an anomaly: object, pixel or both; or what was wrong with the camera
        state         open, closed or interrupted: nobody saw the end, as the monitor stopped or died
        reason        why it is no longer open
        start         the first frame that showed it
        last_seen     the last frame that showed it; never later than what was seen
        end           when it was closed; absent while open, and where nobody saw the end
        label, note   what an operator said: false (a false alarm) or confirm
        pictures      path in this export, kind, stream (detect or main), time, bytes and sha256 of each

        An anomaly also has

        surprise      of the most surprising frame: -log10 of how often something normal looks at least as unusual
        object        raw scores of the most surprising unknown object: objectness, anomaly, surprise, masked_pixels
        pixels        raw scores of the most surprising region: score, cells, surprise
        object_level  what objects and regions held for long enough to be confirmed: with an enter threshold above
        pixel_level   it, the event would not have opened
        box           at the peak: x, y, width and height in pixels of the frame
        frame_width, frame_height
        frames        analysed frames that showed it
        start_stream_ms, last_seen_stream_ms   first and last frame on the stream's own clock
        regime        the light: day, infraredNight or thermal
        model, profile   versions that judged
        zones         include zones of the configuration that it touched
        continues     the event that this one goes on from, where it lasted longer than events may
        track         time, box, surprise and number of the object (track) of about two frames per second

        A camera's own event also has detail, what was reported.

        """
    }
}
