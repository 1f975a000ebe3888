/// What no option tells: the daemon's promises, and what events are.
enum DaemonPages {
    static func daemon(_ command: CommandTree.Command) -> ManPage {
        var page = CommandPages.page(["monitord"], command, section: 8)
        page.heading("durability")
        page.prose(
            """
            A power cut or a crash of the machine loses at most:

            the opening or closing of an event: nothing that was announced. It is committed, with the disk's own \
            confirmation, before it is logged or sent anywhere (recovery point 0);

            scores, places and tracks of open events: the last second (recovery point 1 s);

            an event's picture: it is there completely or not at all.

            When the daemon dies, events that were open become interrupted at its next start. They keep the time at which \
            they were really seen last; no end is invented.
            """)
        page.heading("signals")
        page.term(
            ManPage.bold("SIGTERM") + ", " + ManPage.bold("SIGINT"),
            "End: open events are marked interrupted, everything is committed. A second one ends at once; committed events "
                + "are safe.")
        page.heading("files")
        page.term(ManPage.bold("/etc/monitord/monitord.yaml"), "The configuration; see monitord.yaml(5).")
        page.term(
            ManPage.bold("/var/lib/monitord/events.sqlite"),
            "The history, with its write-ahead log (-wal, -shm) and the lock that keeps a second daemon out (.lock).")
        page.term(ManPage.bold("/var/lib/monitord/profiles"), "What was learned about each camera.")
        page.term(ManPage.bold("/run/monitord/control.sock"), "Where monitorctl asks; mode 0660, no network port.")
        page.heading("environment")
        page.term(ManPage.bold("CREDENTIALS_DIRECTORY"), "Passwords of cameras, as systemd passes them.")
        page.term(
            ManPage.bold("NOTIFY_SOCKET") + ", " + ManPage.bold("JOURNAL_STREAM"),
            "Set by systemd: the start is reported, and lines have the journal's priorities.")
        page.heading("see also")
        page.raw(".BR monitorctl (1),\n.BR monitord.yaml (5),\n.BR monitord\\-events (7)")
        return page
    }

    static func events() -> ManPage {
        var page = ManPage("monitord-events", 7, "what the events of monitord mean")
        page.heading("description")
        page.prose(
            """
            An event is one incident: something anomalous at one place, from its first to its last sight, or something \
            wrong with a camera itself. Its id is a UUID of version 7, which sorts by the time it was made.
            """)
        page.heading("kinds")
        for (kind, meaning) in [
            ("object", "An object that is unlike what the camera usually shows."),
            ("pixel", "A region of the picture that is."), ("both", "Both at the same place."),
            ("lost", "The camera cannot be reached, stopped sending, or closed the connection."),
            ("refused", "It refuses the user name or the password."),
            ("no-video", "It answers, but has no video at the address."),
            ("damaged", "What it sends is damaged beyond recovery."),
            ("frozen", "Its picture stands still."), ("dark", "Its picture is black."),
            ("obstructed", "Something covers the view."), ("sprayed", "Something was sprayed on the lens."),
            ("defocused", "The picture lost its sharpness."),
            ("scene-changed", "The camera shows another view than before."),
            ("disk-full", "Of the box itself, whose camera is (box): there is no room for pictures, or for events."),
            ("clock-stepped", "Of the box: its clock was set."),
            ("history-damaged", "Of the box: the database was damaged and set aside, and a new one began."),
        ] {
            page.term(ManPage.bold(kind), meaning)
        }
        page.heading("states")
        for (state, meaning) in [
            ("open", "It lasts."),
            (
                "closed",
                "It is over; reason says why: quiet (nothing anomalous for the quiet time), "
                    + "stream-stopped, camera-lost, end-of-stream, restored, accepted, replaced, or rollover (it reached the "
                    + "maximum duration; what goes on at its place is another event, which names this one in continues)."
            ),
            (
                "interrupted",
                "The daemon stopped (shutdown) or died (crash) while it was open: nobody saw its end, and none "
                    + "is told. last_seen is when it was really seen last."
            ),
        ] {
            page.term(ManPage.bold(state), meaning)
        }
        page.heading("surprise")
        page.prose(
            """
            How unusual something is, as -log10 of how often what is normal for this camera in this light looks at least \
            as unusual: 4 means once in ten thousand. The thresholds at which events open and end follow from the number \
            of false alarms a day that the operator allows; monitorctl-rethreshold(1) tells what another number would \
            have done.
            """)
        page.heading("json")
        page.prose(
            """
            Programs get one object per event, with times in RFC 3339 and UTC. Its form is described by the JSON schema \
            docs/schema/event.json of the sources; schema is its version, and keys are only ever added to it.
            """)
        page.heading("see also")
        page.raw(".BR monitorctl\\-events (1),\n.BR monitorctl\\-show (1),\n.BR monitord (8)")
        return page
    }
}
