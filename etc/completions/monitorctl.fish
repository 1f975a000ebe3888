function __monitorctl_should_offer_completions_for_flags_or_options -a expected_commands
    set -l non_repeating_flags_or_options $argv[2..]
    set -l non_repeating_flags_or_options_absent 0
    set -l positional_index 0
    set -l commands
    __monitorctl_parse_tokens
    test "$commands" = "$expected_commands"; and return $non_repeating_flags_or_options_absent
end

function __monitorctl_should_offer_completions_for_positional -a expected_commands positional_index_comparison expected_positional_index
    set -l non_repeating_flags_or_options
    set -l non_repeating_flags_or_options_absent 0
    set -l positional_index 0
    set -l commands
    __monitorctl_parse_tokens
    test "$commands" = "$expected_commands" -a \( "$positional_index" "$positional_index_comparison" "$expected_positional_index" \)
end

function __monitorctl_parse_tokens -S
    set -l unparsed_tokens (__monitorctl_tokens -pc)
    switch $unparsed_tokens[1]
    case 'monitorctl'
        __monitorctl_parse_subcommand 0 'version' 'h/help'
        switch $unparsed_tokens[1]
        case 'events'
            __monitorctl_parse_subcommand 0 'c/config=' 'database=' 'color=' 'camera=+' 'kind=+' 'state=+' 'label=+' 'zone=+' 'since=' 'until=' 'min-surprise=' 'max-surprise=' 'sort=' 'reverse' 'l/limit=' 'after=' 'f/follow' 'o/output=' 'columns=' 'no-header' 'exit-code' 'version' 'h/help'
        case 'show'
            __monitorctl_parse_subcommand 1 'c/config=' 'database=' 'color=' 'save-snapshot=' 'picture=' 'json' 'version' 'h/help'
        case 'tail'
            __monitorctl_parse_subcommand 0 'c/config=' 'database=' 'color=' 'f/follow' 'n/lines=' 'camera=+' 'json' 'version' 'h/help'
        case 'stats'
            __monitorctl_parse_subcommand 0 'c/config=' 'database=' 'color=' 'camera=+' 'since=' 'until=' 'by=' 'o/output=' 'no-header' 'version' 'h/help'
        case 'ack'
            __monitorctl_parse_subcommand -r 1 'false' 'confirm' 'undo' 'note=' 'c/config=' 'database=' 'color=' 'socket=' 'version' 'h/help'
        case 'export'
            __monitorctl_parse_subcommand 0 'camera=+' 'kind=+' 'state=+' 'label=+' 'zone=+' 'since=' 'until=' 'min-surprise=' 'max-surprise=' 'o/output=' 'force' 'c/config=' 'database=' 'color=' 'version' 'h/help'
        case 'status'
            __monitorctl_parse_subcommand 0 'c/config=' 'socket=' 'o/output=' 'json' 'watch' 'color=' 'version' 'h/help'
        case 'rethreshold'
            __monitorctl_parse_subcommand 0 'dry-run' 'camera=' 'budget=' 'since=' 'o/output=' 'c/config=' 'database=' 'color=' 'version' 'h/help'
        case 'notify'
            __monitorctl_parse_subcommand 0 'version' 'h/help'
            switch $unparsed_tokens[1]
            case 'list'
                __monitorctl_parse_subcommand 0 'c/config=' 'database=' 'color=' 'json' 'version' 'h/help'
            case 'test'
                __monitorctl_parse_subcommand 0 'target=' 'wait=' 'c/config=' 'database=' 'color=' 'socket=' 'version' 'h/help'
            end
        case 'fsck'
            __monitorctl_parse_subcommand 0 'c/config=' 'database=' 'color=' 'repair' 'pictures' 'version' 'h/help'
        case 'retention'
            __monitorctl_parse_subcommand 0 'c/config=' 'database=' 'dry-run' 'o/output=' 'no-header' 'version' 'h/help'
        case 'learn'
            __monitorctl_parse_subcommand 0 'c/config=' 'camera=' 'source=+' 'duration=' 'fps=' 'frames=' 'seed=' 'restart' 'version' 'h/help'
        case 'profile'
            __monitorctl_parse_subcommand 0 'version' 'h/help'
            switch $unparsed_tokens[1]
            case 'list'
                __monitorctl_parse_subcommand 0 'c/config=' 'profiles=' 'version' 'h/help'
            case 'show'
                __monitorctl_parse_subcommand 1 'version=' 'png=' 'json' 'c/config=' 'profiles=' 'database=' 'version' 'h/help'
            case 'verify'
                __monitorctl_parse_subcommand 1 'all' 'c/config=' 'profiles=' 'version' 'h/help'
            case 'rollback'
                __monitorctl_parse_subcommand 1 'to=' 'c/config=' 'profiles=' 'socket=' 'version' 'h/help'
            end
        case 'model'
            __monitorctl_parse_subcommand 0 'version' 'h/help'
            switch $unparsed_tokens[1]
            case 'import'
                __monitorctl_parse_subcommand -r 1 'name=' 'c/config=' 'models=' 'precision=' 'licence=' 'long-side=' 'short-side=' 'pixel-long-side=' 'unmeasured' 'replace' 'version' 'h/help'
            case 'list'
                __monitorctl_parse_subcommand 0 'c/config=' 'models=' 'json' 'version' 'h/help'
            case 'show'
                __monitorctl_parse_subcommand 1 'c/config=' 'models=' 'json' 'version' 'h/help'
            case 'verify'
                __monitorctl_parse_subcommand 1 'c/config=' 'models=' 'version' 'h/help'
            end
        case 'evaluate'
            __monitorctl_parse_subcommand 0 'version' 'h/help'
            switch $unparsed_tokens[1]
            case 'events'
                __monitorctl_parse_subcommand 0 'c/config=' 'database=' 'color=' 'camera=' 'truth=' 'version' 'h/help'
            case 'frames'
                __monitorctl_parse_subcommand 0 'ped2=' 'verdicts=' 'version' 'h/help'
            end
        case 'scene'
            __monitorctl_parse_subcommand 0 'version' 'h/help'
            switch $unparsed_tokens[1]
            case 'clip'
                __monitorctl_parse_subcommand 1 'spectrum=' 'seconds=' 'start=' 'seed=' 'fps=' 'width=' 'height=' 'anomalies' 'rain=' 'crossing=' 'truth=' 'version' 'h/help'
            case 'week'
                __monitorctl_parse_subcommand 1 'seconds-per-day=' 'seed=' 'fps=' 'truth=' 'version' 'h/help'
            case 'dataset'
                __monitorctl_parse_subcommand 1 'count=' 'seed=' 'version' 'h/help'
            end
        case 'zones'
            __monitorctl_parse_subcommand 0 'version' 'h/help'
            switch $unparsed_tokens[1]
            case 'check'
                __monitorctl_parse_subcommand 0 'c/config=' 'database=' 'color=' 'camera=' 'picture=' 'live' 'o/output=' 'version' 'h/help'
            end
        case 'help'
            __monitorctl_parse_subcommand -r 1 'version'
        end
    end
end

function __monitorctl_tokens
    if test (string split -m 1 -f 1 -- . "$FISH_VERSION") -gt 3
        commandline --tokens-raw $argv
    else
        commandline -o $argv
    end
end

function __monitorctl_parse_subcommand -S -a positional_count
    argparse -s r -- $argv
    set -l option_specs $argv[2..]
    set -l is_repeating_positional $_flag_r
    set -el _flag_r
    set -a commands $unparsed_tokens[1]
    set positional_index 0
    while true
        set -e unparsed_tokens[1]
        argparse -sn "$commands" $option_specs -- $unparsed_tokens 2> /dev/null
        set unparsed_tokens $argv
        set positional_index (math $positional_index + 1)
        for non_repeating_flag_or_option in $non_repeating_flags_or_options
            if set -ql "_flag_$(string replace -a - _ -- $non_repeating_flag_or_option)"
                set non_repeating_flags_or_options_absent 1
                break
            end
        end
        test (count $unparsed_tokens) -eq 0 -o \( -z "$is_repeating_positional" -a "$positional_index" -gt "$positional_count" \) && break
    end
end

function __monitorctl_complete_directories
    set -l token (commandline -t)
    string match -- '*/' $token
    set -l subdirs $token*/
    printf %s\n $subdirs
end

function __monitorctl_custom_completion
    set -x SAP_SHELL fish
    set -x SAP_SHELL_VERSION $FISH_VERSION
    set -l tokens (__monitorctl_tokens -p)
    if test -z "$(__monitorctl_tokens -t)"
        set -l index (count (__monitorctl_tokens -pc))
        set tokens $tokens[..$index] \'\' $tokens[(math $index + 1)..]
    end
    command $tokens[1] $argv $tokens
end

complete -c 'monitorctl' -f
complete -c 'monitorctl' -n '__monitorctl_should_offer_completions_for_flags_or_options "monitorctl" version' -l 'version' -d 'Show the version.'
complete -c 'monitorctl' -n '__monitorctl_should_offer_completions_for_flags_or_options "monitorctl" h help' -s 'h' -l 'help' -d 'Show help information.'
complete -c 'monitorctl' -n '__monitorctl_should_offer_completions_for_positional "monitorctl" -eq 1' -fa 'events' -d 'List events, newest first, or follow them.'
complete -c 'monitorctl' -n '__monitorctl_should_offer_completions_for_positional "monitorctl" -eq 1' -fa 'show' -d 'Everything about one event, and its pictures.'
complete -c 'monitorctl' -n '__monitorctl_should_offer_completions_for_positional "monitorctl" -eq 1' -fa 'tail' -d 'The latest events; with -f, also every change as it happens.'
complete -c 'monitorctl' -n '__monitorctl_should_offer_completions_for_positional "monitorctl" -eq 1' -fa 'stats' -d 'How many events each camera had, by hour or day.'
complete -c 'monitorctl' -n '__monitorctl_should_offer_completions_for_positional "monitorctl" -eq 1' -fa 'ack' -d 'Say what an event was, so that the monitor learns from it.'
complete -c 'monitorctl' -n '__monitorctl_should_offer_completions_for_positional "monitorctl" -eq 1' -fa 'export' -d 'Copy events with their pictures into a folder or a zip file.'
complete -c 'monitorctl' -n '__monitorctl_should_offer_completions_for_positional "monitorctl" -eq 1' -fa 'status' -d 'What the running daemon sees: cameras, rates, latencies, losses, disk.'
complete -c 'monitorctl' -n '__monitorctl_should_offer_completions_for_positional "monitorctl" -eq 1' -fa 'rethreshold' -d 'What the past would have looked like with another number of false alarms.'
complete -c 'monitorctl' -n '__monitorctl_should_offer_completions_for_positional "monitorctl" -eq 1' -fa 'notify' -d 'Who is told of events, and whether it arrives.'
complete -c 'monitorctl' -n '__monitorctl_should_offer_completions_for_positional "monitorctl" -eq 1' -fa 'fsck' -d 'Check the event database, and repair it.'
complete -c 'monitorctl' -n '__monitorctl_should_offer_completions_for_positional "monitorctl" -eq 1' -fa 'retention' -d 'Show what retention would remove now.'
complete -c 'monitorctl' -n '__monitorctl_should_offer_completions_for_positional "monitorctl" -eq 1' -fa 'learn' -d 'Learn what is normal for a camera, from clips or from the live stream.'
complete -c 'monitorctl' -n '__monitorctl_should_offer_completions_for_positional "monitorctl" -eq 1' -fa 'profile' -d 'What was learned about the cameras: look at it, check it, go back.'
complete -c 'monitorctl' -n '__monitorctl_should_offer_completions_for_positional "monitorctl" -eq 1' -fa 'model' -d 'Import, list and check the networks.'
complete -c 'monitorctl' -n '__monitorctl_should_offer_completions_for_positional "monitorctl" -eq 1' -fa 'evaluate' -d 'Compare what the monitor found with what was there.'
complete -c 'monitorctl' -n '__monitorctl_should_offer_completions_for_positional "monitorctl" -eq 1' -fa 'scene' -d 'Render procedural surveillance scenes, to try the monitor and to train with.'
complete -c 'monitorctl' -n '__monitorctl_should_offer_completions_for_positional "monitorctl" -eq 1' -fa 'zones' -d 'Where in a camera\'s picture things count: look at the zones, check them.'
complete -c 'monitorctl' -n '__monitorctl_should_offer_completions_for_positional "monitorctl" -eq 1' -fa 'help' -d 'Show subcommand help information.'
complete -c 'monitorctl' -n '__monitorctl_should_offer_completions_for_flags_or_options "monitorctl events" c config' -l 'config' -s 'c' -d 'Configuration file of the daemon.' -rfa '(for p in (string match -e -- \'*/\' (commandline -t);or printf \n)*.\'yaml\';printf %s\n $p;end;__fish_complete_directories (commandline -t) \'\')'
complete -c 'monitorctl' -n '__monitorctl_should_offer_completions_for_flags_or_options "monitorctl events" database' -l 'database' -d 'Event database; default: the configuration\'s.' -rF
complete -c 'monitorctl' -n '__monitorctl_should_offer_completions_for_flags_or_options "monitorctl events" color' -l 'color' -d 'Colours: auto (on a terminal, without NO_COLOR and not when TERM is dumb), always or never.' -rfka 'auto always never'
complete -c 'monitorctl' -n '__monitorctl_should_offer_completions_for_flags_or_options "monitorctl events"' -l 'camera' -d 'Only this camera; may be repeated.' -rfka '(__monitorctl_custom_completion ---completion events -- --camera (count (__monitorctl_tokens -pc)) (__monitorctl_tokens -tC))'
complete -c 'monitorctl' -n '__monitorctl_should_offer_completions_for_flags_or_options "monitorctl events"' -l 'kind' -d 'Only this kind, such as object or lost; may be repeated.' -rfka ''
complete -c 'monitorctl' -n '__monitorctl_should_offer_completions_for_flags_or_options "monitorctl events"' -l 'state' -d 'Only this state: open, closed, interrupted; may be repeated.' -rfka 'open closed interrupted'
complete -c 'monitorctl' -n '__monitorctl_should_offer_completions_for_flags_or_options "monitorctl events"' -l 'label' -d 'Only with this label: false, confirm, none; may be repeated.' -rfka 'false confirm none'
complete -c 'monitorctl' -n '__monitorctl_should_offer_completions_for_flags_or_options "monitorctl events"' -l 'zone' -d 'Only events that touched this zone; may be repeated.' -rfka ''
complete -c 'monitorctl' -n '__monitorctl_should_offer_completions_for_flags_or_options "monitorctl events" since' -l 'since' -d 'Only events that started at or after this: 2h, 3d, today, yesterday, monday, 14:00, 2026-11-21, \'2026-11-21 14:00\' (local time), 2026-11-21T09:30:00Z.' -rfka ''
complete -c 'monitorctl' -n '__monitorctl_should_offer_completions_for_flags_or_options "monitorctl events" until' -l 'until' -d 'Only events that started before this.' -rfka ''
complete -c 'monitorctl' -n '__monitorctl_should_offer_completions_for_flags_or_options "monitorctl events" min-surprise' -l 'min-surprise' -d 'Only events whose peak surprise is at least this.' -rfka ''
complete -c 'monitorctl' -n '__monitorctl_should_offer_completions_for_flags_or_options "monitorctl events" max-surprise' -l 'max-surprise' -d 'Only events whose peak surprise is at most this.' -rfka ''
complete -c 'monitorctl' -n '__monitorctl_should_offer_completions_for_flags_or_options "monitorctl events" sort' -l 'sort' -d 'Order: time, newest first, or surprise, highest first.' -rfka 'time surprise'
complete -c 'monitorctl' -n '__monitorctl_should_offer_completions_for_flags_or_options "monitorctl events" reverse' -l 'reverse' -d 'Oldest, or least surprising, first.'
complete -c 'monitorctl' -n '__monitorctl_should_offer_completions_for_flags_or_options "monitorctl events" l limit' -l 'limit' -s 'l' -d 'At most this many; default: 50, with --follow 10 before following.' -rfka ''
complete -c 'monitorctl' -n '__monitorctl_should_offer_completions_for_flags_or_options "monitorctl events" after' -l 'after' -d 'Only what comes after this: a cursor, or an event\'s id.' -rfka ''
complete -c 'monitorctl' -n '__monitorctl_should_offer_completions_for_flags_or_options "monitorctl events" f follow' -l 'follow' -s 'f' -d 'Go on with everything that happens, until interrupted.'
complete -c 'monitorctl' -n '__monitorctl_should_offer_completions_for_flags_or_options "monitorctl events" o output' -l 'output' -s 'o' -d 'table, tsv, csv, json (one object per line) or ids; default: table on a terminal, json in a pipe.' -rfka 'table tsv csv json ids'
complete -c 'monitorctl' -n '__monitorctl_should_offer_completions_for_flags_or_options "monitorctl events" columns' -l 'columns' -d 'Columns of table, tsv and csv, separated by commas.' -rfka ''
complete -c 'monitorctl' -n '__monitorctl_should_offer_completions_for_flags_or_options "monitorctl events" no-header' -l 'no-header' -d 'Leave out the column names.'
complete -c 'monitorctl' -n '__monitorctl_should_offer_completions_for_flags_or_options "monitorctl events" exit-code' -l 'exit-code' -d 'Exit with 1 when nothing was found.'
complete -c 'monitorctl' -n '__monitorctl_should_offer_completions_for_flags_or_options "monitorctl events" version' -l 'version' -d 'Show the version.'
complete -c 'monitorctl' -n '__monitorctl_should_offer_completions_for_flags_or_options "monitorctl events" h help' -s 'h' -l 'help' -d 'Show help information.'
complete -c 'monitorctl' -n '__monitorctl_should_offer_completions_for_positional "monitorctl show" -eq 1' -fka '(__monitorctl_custom_completion ---completion show -- positional@0 (count (__monitorctl_tokens -pc)) (__monitorctl_tokens -tC))'
complete -c 'monitorctl' -n '__monitorctl_should_offer_completions_for_flags_or_options "monitorctl show" c config' -l 'config' -s 'c' -d 'Configuration file of the daemon.' -rfa '(for p in (string match -e -- \'*/\' (commandline -t);or printf \n)*.\'yaml\';printf %s\n $p;end;__fish_complete_directories (commandline -t) \'\')'
complete -c 'monitorctl' -n '__monitorctl_should_offer_completions_for_flags_or_options "monitorctl show" database' -l 'database' -d 'Event database; default: the configuration\'s.' -rF
complete -c 'monitorctl' -n '__monitorctl_should_offer_completions_for_flags_or_options "monitorctl show" color' -l 'color' -d 'Colours: auto (on a terminal, without NO_COLOR and not when TERM is dumb), always or never.' -rfka 'auto always never'
complete -c 'monitorctl' -n '__monitorctl_should_offer_completions_for_flags_or_options "monitorctl show" save-snapshot' -l 'save-snapshot' -d 'Write the pictures <id>-annotated.jpg and <id>-clean.jpg into this folder; a camera\'s own events have at most a clean one.' -rfa '(__monitorctl_complete_directories)'
complete -c 'monitorctl' -n '__monitorctl_should_offer_completions_for_flags_or_options "monitorctl show" picture' -l 'picture' -d 'Show the picture in the terminal: auto, never, kitty, iterm or blocks.' -rfka 'auto never kitty iterm blocks'
complete -c 'monitorctl' -n '__monitorctl_should_offer_completions_for_flags_or_options "monitorctl show" json' -l 'json' -d 'Print JSON, with the whole track.'
complete -c 'monitorctl' -n '__monitorctl_should_offer_completions_for_flags_or_options "monitorctl show" version' -l 'version' -d 'Show the version.'
complete -c 'monitorctl' -n '__monitorctl_should_offer_completions_for_flags_or_options "monitorctl show" h help' -s 'h' -l 'help' -d 'Show help information.'
complete -c 'monitorctl' -n '__monitorctl_should_offer_completions_for_flags_or_options "monitorctl tail" c config' -l 'config' -s 'c' -d 'Configuration file of the daemon.' -rfa '(for p in (string match -e -- \'*/\' (commandline -t);or printf \n)*.\'yaml\';printf %s\n $p;end;__fish_complete_directories (commandline -t) \'\')'
complete -c 'monitorctl' -n '__monitorctl_should_offer_completions_for_flags_or_options "monitorctl tail" database' -l 'database' -d 'Event database; default: the configuration\'s.' -rF
complete -c 'monitorctl' -n '__monitorctl_should_offer_completions_for_flags_or_options "monitorctl tail" color' -l 'color' -d 'Colours: auto (on a terminal, without NO_COLOR and not when TERM is dumb), always or never.' -rfka 'auto always never'
complete -c 'monitorctl' -n '__monitorctl_should_offer_completions_for_flags_or_options "monitorctl tail" f follow' -l 'follow' -s 'f' -d 'Go on with every event that opens or closes, until interrupted.'
complete -c 'monitorctl' -n '__monitorctl_should_offer_completions_for_flags_or_options "monitorctl tail" lines n' -s 'n' -l 'lines' -d 'Begin with this many of the latest events.' -rfka ''
complete -c 'monitorctl' -n '__monitorctl_should_offer_completions_for_flags_or_options "monitorctl tail"' -l 'camera' -d 'Only this camera; may be repeated.' -rfka '(__monitorctl_custom_completion ---completion tail -- --camera (count (__monitorctl_tokens -pc)) (__monitorctl_tokens -tC))'
complete -c 'monitorctl' -n '__monitorctl_should_offer_completions_for_flags_or_options "monitorctl tail" json' -l 'json' -d 'Print JSON, one object per line.'
complete -c 'monitorctl' -n '__monitorctl_should_offer_completions_for_flags_or_options "monitorctl tail" version' -l 'version' -d 'Show the version.'
complete -c 'monitorctl' -n '__monitorctl_should_offer_completions_for_flags_or_options "monitorctl tail" h help' -s 'h' -l 'help' -d 'Show help information.'
complete -c 'monitorctl' -n '__monitorctl_should_offer_completions_for_flags_or_options "monitorctl stats" c config' -l 'config' -s 'c' -d 'Configuration file of the daemon.' -rfa '(for p in (string match -e -- \'*/\' (commandline -t);or printf \n)*.\'yaml\';printf %s\n $p;end;__fish_complete_directories (commandline -t) \'\')'
complete -c 'monitorctl' -n '__monitorctl_should_offer_completions_for_flags_or_options "monitorctl stats" database' -l 'database' -d 'Event database; default: the configuration\'s.' -rF
complete -c 'monitorctl' -n '__monitorctl_should_offer_completions_for_flags_or_options "monitorctl stats" color' -l 'color' -d 'Colours: auto (on a terminal, without NO_COLOR and not when TERM is dumb), always or never.' -rfka 'auto always never'
complete -c 'monitorctl' -n '__monitorctl_should_offer_completions_for_flags_or_options "monitorctl stats"' -l 'camera' -d 'Only this camera; may be repeated.' -rfka '(__monitorctl_custom_completion ---completion stats -- --camera (count (__monitorctl_tokens -pc)) (__monitorctl_tokens -tC))'
complete -c 'monitorctl' -n '__monitorctl_should_offer_completions_for_flags_or_options "monitorctl stats" since' -l 'since' -d 'From this time on, such as 2h, yesterday or 2026-11-21; default: 24h, by day 30d.' -rfka ''
complete -c 'monitorctl' -n '__monitorctl_should_offer_completions_for_flags_or_options "monitorctl stats" until' -l 'until' -d 'Up to this time; default: now.' -rfka ''
complete -c 'monitorctl' -n '__monitorctl_should_offer_completions_for_flags_or_options "monitorctl stats" by' -l 'by' -d 'hour or day; default: hour up to two days, then day.' -rfka 'hour day'
complete -c 'monitorctl' -n '__monitorctl_should_offer_completions_for_flags_or_options "monitorctl stats" o output' -l 'output' -s 'o' -d 'table, tsv, csv or json (one object per line); default: table on a terminal, json in a pipe.' -rfka 'table tsv csv json ids'
complete -c 'monitorctl' -n '__monitorctl_should_offer_completions_for_flags_or_options "monitorctl stats" no-header' -l 'no-header' -d 'Leave out the column names.'
complete -c 'monitorctl' -n '__monitorctl_should_offer_completions_for_flags_or_options "monitorctl stats" version' -l 'version' -d 'Show the version.'
complete -c 'monitorctl' -n '__monitorctl_should_offer_completions_for_flags_or_options "monitorctl stats" h help' -s 'h' -l 'help' -d 'Show help information.'
complete -c 'monitorctl' -n '__monitorctl_should_offer_completions_for_positional "monitorctl ack" -ge 1' -fka '(__monitorctl_custom_completion ---completion ack -- positional@0 (count (__monitorctl_tokens -pc)) (__monitorctl_tokens -tC))'
complete -c 'monitorctl' -n '__monitorctl_should_offer_completions_for_flags_or_options "monitorctl ack" false' -l 'false' -d 'A false alarm: what it shows is normal here.'
complete -c 'monitorctl' -n '__monitorctl_should_offer_completions_for_flags_or_options "monitorctl ack" confirm' -l 'confirm' -d 'Rightly reported.'
complete -c 'monitorctl' -n '__monitorctl_should_offer_completions_for_flags_or_options "monitorctl ack" undo' -l 'undo' -d 'Take back what was said.'
complete -c 'monitorctl' -n '__monitorctl_should_offer_completions_for_flags_or_options "monitorctl ack" note' -l 'note' -d 'A remark to keep with it.' -rfka ''
complete -c 'monitorctl' -n '__monitorctl_should_offer_completions_for_flags_or_options "monitorctl ack" c config' -l 'config' -s 'c' -d 'Configuration file of the daemon.' -rfa '(for p in (string match -e -- \'*/\' (commandline -t);or printf \n)*.\'yaml\';printf %s\n $p;end;__fish_complete_directories (commandline -t) \'\')'
complete -c 'monitorctl' -n '__monitorctl_should_offer_completions_for_flags_or_options "monitorctl ack" database' -l 'database' -d 'Event database; default: the configuration\'s.' -rF
complete -c 'monitorctl' -n '__monitorctl_should_offer_completions_for_flags_or_options "monitorctl ack" color' -l 'color' -d 'Colours: auto (on a terminal, without NO_COLOR and not when TERM is dumb), always or never.' -rfka 'auto always never'
complete -c 'monitorctl' -n '__monitorctl_should_offer_completions_for_flags_or_options "monitorctl ack" socket' -l 'socket' -d 'The daemon\'s socket; default: the configuration\'s, or none where --database is given.' -rfka ''
complete -c 'monitorctl' -n '__monitorctl_should_offer_completions_for_flags_or_options "monitorctl ack" version' -l 'version' -d 'Show the version.'
complete -c 'monitorctl' -n '__monitorctl_should_offer_completions_for_flags_or_options "monitorctl ack" h help' -s 'h' -l 'help' -d 'Show help information.'
complete -c 'monitorctl' -n '__monitorctl_should_offer_completions_for_flags_or_options "monitorctl export"' -l 'camera' -d 'Only this camera; may be repeated.' -rfka '(__monitorctl_custom_completion ---completion export -- --camera (count (__monitorctl_tokens -pc)) (__monitorctl_tokens -tC))'
complete -c 'monitorctl' -n '__monitorctl_should_offer_completions_for_flags_or_options "monitorctl export"' -l 'kind' -d 'Only this kind, such as object or lost; may be repeated.' -rfka ''
complete -c 'monitorctl' -n '__monitorctl_should_offer_completions_for_flags_or_options "monitorctl export"' -l 'state' -d 'Only this state: open, closed, interrupted; may be repeated.' -rfka 'open closed interrupted'
complete -c 'monitorctl' -n '__monitorctl_should_offer_completions_for_flags_or_options "monitorctl export"' -l 'label' -d 'Only with this label: false, confirm, none; may be repeated.' -rfka 'false confirm none'
complete -c 'monitorctl' -n '__monitorctl_should_offer_completions_for_flags_or_options "monitorctl export"' -l 'zone' -d 'Only events that touched this zone; may be repeated.' -rfka ''
complete -c 'monitorctl' -n '__monitorctl_should_offer_completions_for_flags_or_options "monitorctl export" since' -l 'since' -d 'Only events that started at or after this: 2h, 3d, today, yesterday, monday, 14:00, 2026-11-21, \'2026-11-21 14:00\' (local time), 2026-11-21T09:30:00Z.' -rfka ''
complete -c 'monitorctl' -n '__monitorctl_should_offer_completions_for_flags_or_options "monitorctl export" until' -l 'until' -d 'Only events that started before this.' -rfka ''
complete -c 'monitorctl' -n '__monitorctl_should_offer_completions_for_flags_or_options "monitorctl export" min-surprise' -l 'min-surprise' -d 'Only events whose peak surprise is at least this.' -rfka ''
complete -c 'monitorctl' -n '__monitorctl_should_offer_completions_for_flags_or_options "monitorctl export" max-surprise' -l 'max-surprise' -d 'Only events whose peak surprise is at most this.' -rfka ''
complete -c 'monitorctl' -n '__monitorctl_should_offer_completions_for_flags_or_options "monitorctl export" o output' -l 'output' -s 'o' -d 'A folder that does not exist yet, or a file whose name ends in .zip.' -rfka ''
complete -c 'monitorctl' -n '__monitorctl_should_offer_completions_for_flags_or_options "monitorctl export" force' -l 'force' -d 'Replace an earlier export of that name.'
complete -c 'monitorctl' -n '__monitorctl_should_offer_completions_for_flags_or_options "monitorctl export" c config' -l 'config' -s 'c' -d 'Configuration file of the daemon.' -rfa '(for p in (string match -e -- \'*/\' (commandline -t);or printf \n)*.\'yaml\';printf %s\n $p;end;__fish_complete_directories (commandline -t) \'\')'
complete -c 'monitorctl' -n '__monitorctl_should_offer_completions_for_flags_or_options "monitorctl export" database' -l 'database' -d 'Event database; default: the configuration\'s.' -rF
complete -c 'monitorctl' -n '__monitorctl_should_offer_completions_for_flags_or_options "monitorctl export" color' -l 'color' -d 'Colours: auto (on a terminal, without NO_COLOR and not when TERM is dumb), always or never.' -rfka 'auto always never'
complete -c 'monitorctl' -n '__monitorctl_should_offer_completions_for_flags_or_options "monitorctl export" version' -l 'version' -d 'Show the version.'
complete -c 'monitorctl' -n '__monitorctl_should_offer_completions_for_flags_or_options "monitorctl export" h help' -s 'h' -l 'help' -d 'Show help information.'
complete -c 'monitorctl' -n '__monitorctl_should_offer_completions_for_flags_or_options "monitorctl status" c config' -l 'config' -s 'c' -d 'Configuration file of the daemon.' -rfa '(for p in (string match -e -- \'*/\' (commandline -t);or printf \n)*.\'yaml\';printf %s\n $p;end;__fish_complete_directories (commandline -t) \'\')'
complete -c 'monitorctl' -n '__monitorctl_should_offer_completions_for_flags_or_options "monitorctl status" socket' -l 'socket' -d 'The daemon\'s socket; default: the configuration\'s.' -rF
complete -c 'monitorctl' -n '__monitorctl_should_offer_completions_for_flags_or_options "monitorctl status" o output' -l 'output' -s 'o' -d 'table or json.' -rfka 'table json'
complete -c 'monitorctl' -n '__monitorctl_should_offer_completions_for_flags_or_options "monitorctl status" json' -l 'json' -d 'The same as --output json.'
complete -c 'monitorctl' -n '__monitorctl_should_offer_completions_for_flags_or_options "monitorctl status" watch' -l 'watch' -d 'Ask again every two seconds, until interrupted.'
complete -c 'monitorctl' -n '__monitorctl_should_offer_completions_for_flags_or_options "monitorctl status" color' -l 'color' -d 'Colours: auto (on a terminal, without NO_COLOR and not when TERM is dumb), always or never.' -rfka 'auto always never'
complete -c 'monitorctl' -n '__monitorctl_should_offer_completions_for_flags_or_options "monitorctl status" version' -l 'version' -d 'Show the version.'
complete -c 'monitorctl' -n '__monitorctl_should_offer_completions_for_flags_or_options "monitorctl status" h help' -s 'h' -l 'help' -d 'Show help information.'
complete -c 'monitorctl' -n '__monitorctl_should_offer_completions_for_flags_or_options "monitorctl rethreshold" dry-run' -l 'dry-run' -d 'Only tell; required, as the number is set in the configuration.'
complete -c 'monitorctl' -n '__monitorctl_should_offer_completions_for_flags_or_options "monitorctl rethreshold" camera' -l 'camera' -d 'The camera.' -rfka '(__monitorctl_custom_completion ---completion rethreshold -- --camera (count (__monitorctl_tokens -pc)) (__monitorctl_tokens -tC))'
complete -c 'monitorctl' -n '__monitorctl_should_offer_completions_for_flags_or_options "monitorctl rethreshold" budget' -l 'budget' -d 'False alarms a day in question, such as 0.5.' -rfka ''
complete -c 'monitorctl' -n '__monitorctl_should_offer_completions_for_flags_or_options "monitorctl rethreshold" since' -l 'since' -d 'Events that started at or after this, such as 2h, 3d or 2026-11-21; seven days unless given.' -rfka ''
complete -c 'monitorctl' -n '__monitorctl_should_offer_completions_for_flags_or_options "monitorctl rethreshold" o output' -l 'output' -s 'o' -d 'table or json.' -rfka 'table json'
complete -c 'monitorctl' -n '__monitorctl_should_offer_completions_for_flags_or_options "monitorctl rethreshold" c config' -l 'config' -s 'c' -d 'Configuration file of the daemon.' -rfa '(for p in (string match -e -- \'*/\' (commandline -t);or printf \n)*.\'yaml\';printf %s\n $p;end;__fish_complete_directories (commandline -t) \'\')'
complete -c 'monitorctl' -n '__monitorctl_should_offer_completions_for_flags_or_options "monitorctl rethreshold" database' -l 'database' -d 'Event database; default: the configuration\'s.' -rF
complete -c 'monitorctl' -n '__monitorctl_should_offer_completions_for_flags_or_options "monitorctl rethreshold" color' -l 'color' -d 'Colours: auto (on a terminal, without NO_COLOR and not when TERM is dumb), always or never.' -rfka 'auto always never'
complete -c 'monitorctl' -n '__monitorctl_should_offer_completions_for_flags_or_options "monitorctl rethreshold" version' -l 'version' -d 'Show the version.'
complete -c 'monitorctl' -n '__monitorctl_should_offer_completions_for_flags_or_options "monitorctl rethreshold" h help' -s 'h' -l 'help' -d 'Show help information.'
complete -c 'monitorctl' -n '__monitorctl_should_offer_completions_for_flags_or_options "monitorctl notify" version' -l 'version' -d 'Show the version.'
complete -c 'monitorctl' -n '__monitorctl_should_offer_completions_for_flags_or_options "monitorctl notify" h help' -s 'h' -l 'help' -d 'Show help information.'
complete -c 'monitorctl' -n '__monitorctl_should_offer_completions_for_positional "monitorctl notify" -eq 1' -fa 'list' -d 'Targets of notifications: what waits, what arrived last, what went wrong.'
complete -c 'monitorctl' -n '__monitorctl_should_offer_completions_for_positional "monitorctl notify" -eq 1' -fa 'test' -d 'Send a message, marked as a test, to a target, the way all messages go.'
complete -c 'monitorctl' -n '__monitorctl_should_offer_completions_for_flags_or_options "monitorctl notify list" c config' -l 'config' -s 'c' -d 'Configuration file of the daemon.' -rfa '(for p in (string match -e -- \'*/\' (commandline -t);or printf \n)*.\'yaml\';printf %s\n $p;end;__fish_complete_directories (commandline -t) \'\')'
complete -c 'monitorctl' -n '__monitorctl_should_offer_completions_for_flags_or_options "monitorctl notify list" database' -l 'database' -d 'Event database; default: the configuration\'s.' -rF
complete -c 'monitorctl' -n '__monitorctl_should_offer_completions_for_flags_or_options "monitorctl notify list" color' -l 'color' -d 'Colours: auto (on a terminal, without NO_COLOR and not when TERM is dumb), always or never.' -rfka 'auto always never'
complete -c 'monitorctl' -n '__monitorctl_should_offer_completions_for_flags_or_options "monitorctl notify list" json' -l 'json' -d 'Print JSON, one object per target.'
complete -c 'monitorctl' -n '__monitorctl_should_offer_completions_for_flags_or_options "monitorctl notify list" version' -l 'version' -d 'Show the version.'
complete -c 'monitorctl' -n '__monitorctl_should_offer_completions_for_flags_or_options "monitorctl notify list" h help' -s 'h' -l 'help' -d 'Show help information.'
complete -c 'monitorctl' -n '__monitorctl_should_offer_completions_for_flags_or_options "monitorctl notify test" target' -l 'target' -d 'The target\'s name.' -rfka ''
complete -c 'monitorctl' -n '__monitorctl_should_offer_completions_for_flags_or_options "monitorctl notify test" wait' -l 'wait' -d 'Seconds to wait for its delivery.' -rfka ''
complete -c 'monitorctl' -n '__monitorctl_should_offer_completions_for_flags_or_options "monitorctl notify test" c config' -l 'config' -s 'c' -d 'Configuration file of the daemon.' -rfa '(for p in (string match -e -- \'*/\' (commandline -t);or printf \n)*.\'yaml\';printf %s\n $p;end;__fish_complete_directories (commandline -t) \'\')'
complete -c 'monitorctl' -n '__monitorctl_should_offer_completions_for_flags_or_options "monitorctl notify test" database' -l 'database' -d 'Event database; default: the configuration\'s.' -rF
complete -c 'monitorctl' -n '__monitorctl_should_offer_completions_for_flags_or_options "monitorctl notify test" color' -l 'color' -d 'Colours: auto (on a terminal, without NO_COLOR and not when TERM is dumb), always or never.' -rfka 'auto always never'
complete -c 'monitorctl' -n '__monitorctl_should_offer_completions_for_flags_or_options "monitorctl notify test" socket' -l 'socket' -d 'The daemon\'s socket; default: the configuration\'s.' -rfka ''
complete -c 'monitorctl' -n '__monitorctl_should_offer_completions_for_flags_or_options "monitorctl notify test" version' -l 'version' -d 'Show the version.'
complete -c 'monitorctl' -n '__monitorctl_should_offer_completions_for_flags_or_options "monitorctl notify test" h help' -s 'h' -l 'help' -d 'Show help information.'
complete -c 'monitorctl' -n '__monitorctl_should_offer_completions_for_flags_or_options "monitorctl fsck" c config' -l 'config' -s 'c' -d 'Configuration file of the daemon.' -rfa '(for p in (string match -e -- \'*/\' (commandline -t);or printf \n)*.\'yaml\';printf %s\n $p;end;__fish_complete_directories (commandline -t) \'\')'
complete -c 'monitorctl' -n '__monitorctl_should_offer_completions_for_flags_or_options "monitorctl fsck" database' -l 'database' -d 'Event database; default: the configuration\'s.' -rF
complete -c 'monitorctl' -n '__monitorctl_should_offer_completions_for_flags_or_options "monitorctl fsck" color' -l 'color' -d 'Colours: auto (on a terminal, without NO_COLOR and not when TERM is dumb), always or never.' -rfka 'auto always never'
complete -c 'monitorctl' -n '__monitorctl_should_offer_completions_for_flags_or_options "monitorctl fsck" repair' -l 'repair' -d 'Put right what can be; the daemon must be stopped.'
complete -c 'monitorctl' -n '__monitorctl_should_offer_completions_for_flags_or_options "monitorctl fsck" pictures' -l 'pictures' -d 'Decode every picture, which takes long.'
complete -c 'monitorctl' -n '__monitorctl_should_offer_completions_for_flags_or_options "monitorctl fsck" version' -l 'version' -d 'Show the version.'
complete -c 'monitorctl' -n '__monitorctl_should_offer_completions_for_flags_or_options "monitorctl fsck" h help' -s 'h' -l 'help' -d 'Show help information.'
complete -c 'monitorctl' -n '__monitorctl_should_offer_completions_for_flags_or_options "monitorctl retention" c config' -l 'config' -s 'c' -d 'Configuration file of the daemon.' -rfa '(for p in (string match -e -- \'*/\' (commandline -t);or printf \n)*.\'yaml\';printf %s\n $p;end;__fish_complete_directories (commandline -t) \'\')'
complete -c 'monitorctl' -n '__monitorctl_should_offer_completions_for_flags_or_options "monitorctl retention" database' -l 'database' -d 'Event database; default: the configuration\'s.' -rfka ''
complete -c 'monitorctl' -n '__monitorctl_should_offer_completions_for_flags_or_options "monitorctl retention" dry-run' -l 'dry-run' -d 'Only show it, which is all that this command does.'
complete -c 'monitorctl' -n '__monitorctl_should_offer_completions_for_flags_or_options "monitorctl retention" o output' -l 'output' -s 'o' -d 'table or tsv.' -rfka 'table tsv csv json ids'
complete -c 'monitorctl' -n '__monitorctl_should_offer_completions_for_flags_or_options "monitorctl retention" no-header' -l 'no-header' -d 'Leave out the column names.'
complete -c 'monitorctl' -n '__monitorctl_should_offer_completions_for_flags_or_options "monitorctl retention" version' -l 'version' -d 'Show the version.'
complete -c 'monitorctl' -n '__monitorctl_should_offer_completions_for_flags_or_options "monitorctl retention" h help' -s 'h' -l 'help' -d 'Show help information.'
complete -c 'monitorctl' -n '__monitorctl_should_offer_completions_for_flags_or_options "monitorctl learn" c config' -l 'config' -s 'c' -d 'Configuration file of the daemon.' -rfa '(for p in (string match -e -- \'*/\' (commandline -t);or printf \n)*.\'yaml\';printf %s\n $p;end;__fish_complete_directories (commandline -t) \'\')'
complete -c 'monitorctl' -n '__monitorctl_should_offer_completions_for_flags_or_options "monitorctl learn" camera' -l 'camera' -d 'The camera\'s name in the configuration.' -rfka ''
complete -c 'monitorctl' -n '__monitorctl_should_offer_completions_for_flags_or_options "monitorctl learn"' -l 'source' -d 'Learn from this clip, folder of pictures or stream instead of the camera; may be repeated with its like.' -rfka ''
complete -c 'monitorctl' -n '__monitorctl_should_offer_completions_for_flags_or_options "monitorctl learn" duration' -l 'duration' -d 'How long to watch a live stream, a quarter of it to prove what was learned: 90s, 30m, 2h.' -rfka ''
complete -c 'monitorctl' -n '__monitorctl_should_offer_completions_for_flags_or_options "monitorctl learn" fps' -l 'fps' -d 'Pictures per second to learn from; default: the camera\'s analysis_fps. 0 takes all.' -rfka ''
complete -c 'monitorctl' -n '__monitorctl_should_offer_completions_for_flags_or_options "monitorctl learn" frames' -l 'frames' -d 'Learn from at most this many pictures.' -rfka ''
complete -c 'monitorctl' -n '__monitorctl_should_offer_completions_for_flags_or_options "monitorctl learn" seed' -l 'seed' -d 'Chooses the random samples; the same seed and clips give the same profile.' -rfka ''
complete -c 'monitorctl' -n '__monitorctl_should_offer_completions_for_flags_or_options "monitorctl learn" restart' -l 'restart' -d 'Drop what an interrupted run gathered.'
complete -c 'monitorctl' -n '__monitorctl_should_offer_completions_for_flags_or_options "monitorctl learn" version' -l 'version' -d 'Show the version.'
complete -c 'monitorctl' -n '__monitorctl_should_offer_completions_for_flags_or_options "monitorctl learn" h help' -s 'h' -l 'help' -d 'Show help information.'
complete -c 'monitorctl' -n '__monitorctl_should_offer_completions_for_flags_or_options "monitorctl profile" version' -l 'version' -d 'Show the version.'
complete -c 'monitorctl' -n '__monitorctl_should_offer_completions_for_flags_or_options "monitorctl profile" h help' -s 'h' -l 'help' -d 'Show help information.'
complete -c 'monitorctl' -n '__monitorctl_should_offer_completions_for_positional "monitorctl profile" -eq 1' -fa 'list' -d 'All profiles: the version in force, and what is wrong with it.'
complete -c 'monitorctl' -n '__monitorctl_should_offer_completions_for_positional "monitorctl profile" -eq 1' -fa 'show' -d 'What was learned about a camera: from when, how much, and how alarms turned out.'
complete -c 'monitorctl' -n '__monitorctl_should_offer_completions_for_positional "monitorctl profile" -eq 1' -fa 'verify' -d 'Check that profiles are whole.'
complete -c 'monitorctl' -n '__monitorctl_should_offer_completions_for_positional "monitorctl profile" -eq 1' -fa 'rollback' -d 'Put the version before the present one in force again.'
complete -c 'monitorctl' -n '__monitorctl_should_offer_completions_for_flags_or_options "monitorctl profile list" c config' -l 'config' -s 'c' -d 'Configuration file of the daemon.' -rfa '(for p in (string match -e -- \'*/\' (commandline -t);or printf \n)*.\'yaml\';printf %s\n $p;end;__fish_complete_directories (commandline -t) \'\')'
complete -c 'monitorctl' -n '__monitorctl_should_offer_completions_for_flags_or_options "monitorctl profile list" profiles' -l 'profiles' -d 'Folder of the profiles; default: the configuration\'s.' -rfka ''
complete -c 'monitorctl' -n '__monitorctl_should_offer_completions_for_flags_or_options "monitorctl profile list" version' -l 'version' -d 'Show the version.'
complete -c 'monitorctl' -n '__monitorctl_should_offer_completions_for_flags_or_options "monitorctl profile list" h help' -s 'h' -l 'help' -d 'Show help information.'
complete -c 'monitorctl' -n '__monitorctl_should_offer_completions_for_flags_or_options "monitorctl profile show" version' -l 'version' -d 'This version; default: the one in force.' -rfka ''
complete -c 'monitorctl' -n '__monitorctl_should_offer_completions_for_flags_or_options "monitorctl profile show" png' -l 'png' -d 'Write the plots into this PNG file.' -rfka ''
complete -c 'monitorctl' -n '__monitorctl_should_offer_completions_for_flags_or_options "monitorctl profile show" json' -l 'json' -d 'Print one JSON object.'
complete -c 'monitorctl' -n '__monitorctl_should_offer_completions_for_flags_or_options "monitorctl profile show" c config' -l 'config' -s 'c' -d 'Configuration file of the daemon.' -rfa '(for p in (string match -e -- \'*/\' (commandline -t);or printf \n)*.\'yaml\';printf %s\n $p;end;__fish_complete_directories (commandline -t) \'\')'
complete -c 'monitorctl' -n '__monitorctl_should_offer_completions_for_flags_or_options "monitorctl profile show" profiles' -l 'profiles' -d 'Folder of the profiles; default: the configuration\'s.' -rfka ''
complete -c 'monitorctl' -n '__monitorctl_should_offer_completions_for_flags_or_options "monitorctl profile show" database' -l 'database' -d 'Event database; default: the configuration\'s.' -rfka ''
complete -c 'monitorctl' -n '__monitorctl_should_offer_completions_for_flags_or_options "monitorctl profile show" version' -l 'version' -d 'Show the version.'
complete -c 'monitorctl' -n '__monitorctl_should_offer_completions_for_flags_or_options "monitorctl profile show" h help' -s 'h' -l 'help' -d 'Show help information.'
complete -c 'monitorctl' -n '__monitorctl_should_offer_completions_for_flags_or_options "monitorctl profile verify" all' -l 'all' -d 'All profiles.'
complete -c 'monitorctl' -n '__monitorctl_should_offer_completions_for_flags_or_options "monitorctl profile verify" c config' -l 'config' -s 'c' -d 'Configuration file of the daemon.' -rfa '(for p in (string match -e -- \'*/\' (commandline -t);or printf \n)*.\'yaml\';printf %s\n $p;end;__fish_complete_directories (commandline -t) \'\')'
complete -c 'monitorctl' -n '__monitorctl_should_offer_completions_for_flags_or_options "monitorctl profile verify" profiles' -l 'profiles' -d 'Folder of the profiles; default: the configuration\'s.' -rfka ''
complete -c 'monitorctl' -n '__monitorctl_should_offer_completions_for_flags_or_options "monitorctl profile verify" version' -l 'version' -d 'Show the version.'
complete -c 'monitorctl' -n '__monitorctl_should_offer_completions_for_flags_or_options "monitorctl profile verify" h help' -s 'h' -l 'help' -d 'Show help information.'
complete -c 'monitorctl' -n '__monitorctl_should_offer_completions_for_flags_or_options "monitorctl profile rollback" to' -l 'to' -d 'Put this version in force.' -rfka ''
complete -c 'monitorctl' -n '__monitorctl_should_offer_completions_for_flags_or_options "monitorctl profile rollback" c config' -l 'config' -s 'c' -d 'Configuration file of the daemon.' -rfa '(for p in (string match -e -- \'*/\' (commandline -t);or printf \n)*.\'yaml\';printf %s\n $p;end;__fish_complete_directories (commandline -t) \'\')'
complete -c 'monitorctl' -n '__monitorctl_should_offer_completions_for_flags_or_options "monitorctl profile rollback" profiles' -l 'profiles' -d 'Folder of the profiles; default: the configuration\'s.' -rfka ''
complete -c 'monitorctl' -n '__monitorctl_should_offer_completions_for_flags_or_options "monitorctl profile rollback" socket' -l 'socket' -d 'The daemon\'s socket; default: the configuration\'s.' -rfka ''
complete -c 'monitorctl' -n '__monitorctl_should_offer_completions_for_flags_or_options "monitorctl profile rollback" version' -l 'version' -d 'Show the version.'
complete -c 'monitorctl' -n '__monitorctl_should_offer_completions_for_flags_or_options "monitorctl profile rollback" h help' -s 'h' -l 'help' -d 'Show help information.'
complete -c 'monitorctl' -n '__monitorctl_should_offer_completions_for_flags_or_options "monitorctl model" version' -l 'version' -d 'Show the version.'
complete -c 'monitorctl' -n '__monitorctl_should_offer_completions_for_flags_or_options "monitorctl model" h help' -s 'h' -l 'help' -d 'Show help information.'
complete -c 'monitorctl' -n '__monitorctl_should_offer_completions_for_positional "monitorctl model" -eq 1' -fa 'import' -d 'Make a model of your own weights.'
complete -c 'monitorctl' -n '__monitorctl_should_offer_completions_for_positional "monitorctl model" -eq 1' -fa 'list' -d 'The models that are there.'
complete -c 'monitorctl' -n '__monitorctl_should_offer_completions_for_positional "monitorctl model" -eq 1' -fa 'show' -d 'What a model is and what it needs.'
complete -c 'monitorctl' -n '__monitorctl_should_offer_completions_for_positional "monitorctl model" -eq 1' -fa 'verify' -d 'Check that a model is whole and can be run.'
complete -c 'monitorctl' -n '__monitorctl_should_offer_completions_for_flags_or_options "monitorctl model import" name' -l 'name' -d 'The model\'s name: lower-case letters, digits, -, _ and .' -rfka ''
complete -c 'monitorctl' -n '__monitorctl_should_offer_completions_for_flags_or_options "monitorctl model import" c config' -l 'config' -s 'c' -d 'Configuration file of the daemon.' -rfa '(for p in (string match -e -- \'*/\' (commandline -t);or printf \n)*.\'yaml\';printf %s\n $p;end;__fish_complete_directories (commandline -t) \'\')'
complete -c 'monitorctl' -n '__monitorctl_should_offer_completions_for_flags_or_options "monitorctl model import" models' -l 'models' -d 'Folder of models; default: ./Models where there is one, else the one around the configuration\'s model.' -rfka ''
complete -c 'monitorctl' -n '__monitorctl_should_offer_completions_for_flags_or_options "monitorctl model import" precision' -l 'precision' -d 'fp32: as it comes; fp16: matrices are stored in half precision; int8: also, and the transformer\'s linear layers and attention compute in integers; what that changes is measured and written into the card.' -rfka 'fp32 fp16 int8'
complete -c 'monitorctl' -n '__monitorctl_should_offer_completions_for_flags_or_options "monitorctl model import" licence' -l 'licence' -d 'What the weights\' authors allow; printed with the model.' -rfka ''
complete -c 'monitorctl' -n '__monitorctl_should_offer_completions_for_flags_or_options "monitorctl model import" long-side' -l 'long-side' -d 'Pixels of the detector\'s longer input side; published: 1333, and 800 on the shorter.' -rfka ''
complete -c 'monitorctl' -n '__monitorctl_should_offer_completions_for_flags_or_options "monitorctl model import" short-side' -l 'short-side' -d 'Pixels of the detector\'s shorter input side, at most.' -rfka ''
complete -c 'monitorctl' -n '__monitorctl_should_offer_completions_for_flags_or_options "monitorctl model import" pixel-long-side' -l 'pixel-long-side' -d 'Pixels of the transformer\'s longer input side; published: 518.' -rfka ''
complete -c 'monitorctl' -n '__monitorctl_should_offer_completions_for_flags_or_options "monitorctl model import" unmeasured' -l 'unmeasured' -d 'With int8: do not measure on the procedural scene what 8 bits change in the scores, which takes minutes with a large transformer.'
complete -c 'monitorctl' -n '__monitorctl_should_offer_completions_for_flags_or_options "monitorctl model import" replace' -l 'replace' -d 'Take the place of a model of the same name, once the new one is complete.'
complete -c 'monitorctl' -n '__monitorctl_should_offer_completions_for_flags_or_options "monitorctl model import" version' -l 'version' -d 'Show the version.'
complete -c 'monitorctl' -n '__monitorctl_should_offer_completions_for_flags_or_options "monitorctl model import" h help' -s 'h' -l 'help' -d 'Show help information.'
complete -c 'monitorctl' -n '__monitorctl_should_offer_completions_for_flags_or_options "monitorctl model list" c config' -l 'config' -s 'c' -d 'Configuration file of the daemon.' -rfa '(for p in (string match -e -- \'*/\' (commandline -t);or printf \n)*.\'yaml\';printf %s\n $p;end;__fish_complete_directories (commandline -t) \'\')'
complete -c 'monitorctl' -n '__monitorctl_should_offer_completions_for_flags_or_options "monitorctl model list" models' -l 'models' -d 'Folder of models; default: ./Models where there is one, else the one around the configuration\'s model.' -rfka ''
complete -c 'monitorctl' -n '__monitorctl_should_offer_completions_for_flags_or_options "monitorctl model list" json' -l 'json' -d 'Print one JSON object per line.'
complete -c 'monitorctl' -n '__monitorctl_should_offer_completions_for_flags_or_options "monitorctl model list" version' -l 'version' -d 'Show the version.'
complete -c 'monitorctl' -n '__monitorctl_should_offer_completions_for_flags_or_options "monitorctl model list" h help' -s 'h' -l 'help' -d 'Show help information.'
complete -c 'monitorctl' -n '__monitorctl_should_offer_completions_for_flags_or_options "monitorctl model show" c config' -l 'config' -s 'c' -d 'Configuration file of the daemon.' -rfa '(for p in (string match -e -- \'*/\' (commandline -t);or printf \n)*.\'yaml\';printf %s\n $p;end;__fish_complete_directories (commandline -t) \'\')'
complete -c 'monitorctl' -n '__monitorctl_should_offer_completions_for_flags_or_options "monitorctl model show" models' -l 'models' -d 'Folder of models; default: ./Models where there is one, else the one around the configuration\'s model.' -rfka ''
complete -c 'monitorctl' -n '__monitorctl_should_offer_completions_for_flags_or_options "monitorctl model show" json' -l 'json' -d 'Print JSON.'
complete -c 'monitorctl' -n '__monitorctl_should_offer_completions_for_flags_or_options "monitorctl model show" version' -l 'version' -d 'Show the version.'
complete -c 'monitorctl' -n '__monitorctl_should_offer_completions_for_flags_or_options "monitorctl model show" h help' -s 'h' -l 'help' -d 'Show help information.'
complete -c 'monitorctl' -n '__monitorctl_should_offer_completions_for_flags_or_options "monitorctl model verify" c config' -l 'config' -s 'c' -d 'Configuration file of the daemon.' -rfa '(for p in (string match -e -- \'*/\' (commandline -t);or printf \n)*.\'yaml\';printf %s\n $p;end;__fish_complete_directories (commandline -t) \'\')'
complete -c 'monitorctl' -n '__monitorctl_should_offer_completions_for_flags_or_options "monitorctl model verify" models' -l 'models' -d 'Folder of models; default: ./Models where there is one, else the one around the configuration\'s model.' -rfka ''
complete -c 'monitorctl' -n '__monitorctl_should_offer_completions_for_flags_or_options "monitorctl model verify" version' -l 'version' -d 'Show the version.'
complete -c 'monitorctl' -n '__monitorctl_should_offer_completions_for_flags_or_options "monitorctl model verify" h help' -s 'h' -l 'help' -d 'Show help information.'
complete -c 'monitorctl' -n '__monitorctl_should_offer_completions_for_flags_or_options "monitorctl evaluate" version' -l 'version' -d 'Show the version.'
complete -c 'monitorctl' -n '__monitorctl_should_offer_completions_for_flags_or_options "monitorctl evaluate" h help' -s 'h' -l 'help' -d 'Show help information.'
complete -c 'monitorctl' -n '__monitorctl_should_offer_completions_for_positional "monitorctl evaluate" -eq 1' -fa 'events' -d 'Events of a camera against the script of a rendered scene.'
complete -c 'monitorctl' -n '__monitorctl_should_offer_completions_for_positional "monitorctl evaluate" -eq 1' -fa 'frames' -d 'Recorded verdicts against the masks of the UCSD Ped2 test clips: frame-level AUROC.'
complete -c 'monitorctl' -n '__monitorctl_should_offer_completions_for_flags_or_options "monitorctl evaluate events" c config' -l 'config' -s 'c' -d 'Configuration file of the daemon.' -rfa '(for p in (string match -e -- \'*/\' (commandline -t);or printf \n)*.\'yaml\';printf %s\n $p;end;__fish_complete_directories (commandline -t) \'\')'
complete -c 'monitorctl' -n '__monitorctl_should_offer_completions_for_flags_or_options "monitorctl evaluate events" database' -l 'database' -d 'Event database; default: the configuration\'s.' -rF
complete -c 'monitorctl' -n '__monitorctl_should_offer_completions_for_flags_or_options "monitorctl evaluate events" color' -l 'color' -d 'Colours: auto (on a terminal, without NO_COLOR and not when TERM is dumb), always or never.' -rfka 'auto always never'
complete -c 'monitorctl' -n '__monitorctl_should_offer_completions_for_flags_or_options "monitorctl evaluate events" camera' -l 'camera' -d 'The camera\'s name.' -rfka ''
complete -c 'monitorctl' -n '__monitorctl_should_offer_completions_for_flags_or_options "monitorctl evaluate events" truth' -l 'truth' -d 'The annotation that `monitorctl scene clip --truth` wrote.' -rfka ''
complete -c 'monitorctl' -n '__monitorctl_should_offer_completions_for_flags_or_options "monitorctl evaluate events" version' -l 'version' -d 'Show the version.'
complete -c 'monitorctl' -n '__monitorctl_should_offer_completions_for_flags_or_options "monitorctl evaluate events" h help' -s 'h' -l 'help' -d 'Show help information.'
complete -c 'monitorctl' -n '__monitorctl_should_offer_completions_for_flags_or_options "monitorctl evaluate frames" ped2' -l 'ped2' -d 'Folder of the data set, with test/ and test_masks/.' -rfka ''
complete -c 'monitorctl' -n '__monitorctl_should_offer_completions_for_flags_or_options "monitorctl evaluate frames" verdicts' -l 'verdicts' -d 'Folder with the recorded verdicts.' -rfka ''
complete -c 'monitorctl' -n '__monitorctl_should_offer_completions_for_flags_or_options "monitorctl evaluate frames" version' -l 'version' -d 'Show the version.'
complete -c 'monitorctl' -n '__monitorctl_should_offer_completions_for_flags_or_options "monitorctl evaluate frames" h help' -s 'h' -l 'help' -d 'Show help information.'
complete -c 'monitorctl' -n '__monitorctl_should_offer_completions_for_flags_or_options "monitorctl scene" version' -l 'version' -d 'Show the version.'
complete -c 'monitorctl' -n '__monitorctl_should_offer_completions_for_flags_or_options "monitorctl scene" h help' -s 'h' -l 'help' -d 'Show help information.'
complete -c 'monitorctl' -n '__monitorctl_should_offer_completions_for_positional "monitorctl scene" -eq 1' -fa 'clip' -d 'A video of a scene with people walking about; the same seed gives the same place.'
complete -c 'monitorctl' -n '__monitorctl_should_offer_completions_for_positional "monitorctl scene" -eq 1' -fa 'week' -d 'A video of seven compressed days with infrared nights, rain and a script of anomalies.'
complete -c 'monitorctl' -n '__monitorctl_should_offer_completions_for_positional "monitorctl scene" -eq 1' -fa 'dataset' -d 'Independent random pictures with boxes, for training a detector.'
complete -c 'monitorctl' -n '__monitorctl_should_offer_completions_for_flags_or_options "monitorctl scene clip" spectrum' -l 'spectrum' -d 'visible or thermal.' -rfka ''
complete -c 'monitorctl' -n '__monitorctl_should_offer_completions_for_flags_or_options "monitorctl scene clip" seconds' -l 'seconds' -d 'Length of the clip in seconds.' -rfka ''
complete -c 'monitorctl' -n '__monitorctl_should_offer_completions_for_flags_or_options "monitorctl scene clip" start' -l 'start' -d 'Where in the scene\'s time the clip begins, in seconds.' -rfka ''
complete -c 'monitorctl' -n '__monitorctl_should_offer_completions_for_flags_or_options "monitorctl scene clip" seed' -l 'seed' -d 'Chooses the place, the people and the noise.' -rfka ''
complete -c 'monitorctl' -n '__monitorctl_should_offer_completions_for_flags_or_options "monitorctl scene clip" fps' -l 'fps' -d 'Frames per second.' -rfka ''
complete -c 'monitorctl' -n '__monitorctl_should_offer_completions_for_flags_or_options "monitorctl scene clip" width' -l 'width' -d 'Width in pixels, even.' -rfka ''
complete -c 'monitorctl' -n '__monitorctl_should_offer_completions_for_flags_or_options "monitorctl scene clip" height' -l 'height' -d 'Height in pixels, even.' -rfka ''
complete -c 'monitorctl' -n '__monitorctl_should_offer_completions_for_flags_or_options "monitorctl scene clip" anomalies' -l 'anomalies' -d 'With the script of anomalies.'
complete -c 'monitorctl' -n '__monitorctl_should_offer_completions_for_flags_or_options "monitorctl scene clip" rain' -l 'rain' -d 'How hard it rains, 0 to 1; the ground is wet when the clip begins.' -rfka ''
complete -c 'monitorctl' -n '__monitorctl_should_offer_completions_for_flags_or_options "monitorctl scene clip" crossing' -l 'crossing' -d 'What crosses the view in the script; default: a van, or a car in thermal scenes.' -rfka 'person cyclist dog cart car van robot box bag suitcase barrel cone ball chair ladder blob spill graffiti hatch'
complete -c 'monitorctl' -n '__monitorctl_should_offer_completions_for_flags_or_options "monitorctl scene clip" truth' -l 'truth' -d 'Write what each frame shows, and when the anomalies are visible, to this JSON file.' -rfka ''
complete -c 'monitorctl' -n '__monitorctl_should_offer_completions_for_flags_or_options "monitorctl scene clip" version' -l 'version' -d 'Show the version.'
complete -c 'monitorctl' -n '__monitorctl_should_offer_completions_for_flags_or_options "monitorctl scene clip" h help' -s 'h' -l 'help' -d 'Show help information.'
complete -c 'monitorctl' -n '__monitorctl_should_offer_completions_for_flags_or_options "monitorctl scene week" seconds-per-day' -l 'seconds-per-day' -d 'Seconds of video per day.' -rfka ''
complete -c 'monitorctl' -n '__monitorctl_should_offer_completions_for_flags_or_options "monitorctl scene week" seed' -l 'seed' -d 'Chooses the place, the people and the noise.' -rfka ''
complete -c 'monitorctl' -n '__monitorctl_should_offer_completions_for_flags_or_options "monitorctl scene week" fps' -l 'fps' -d 'Frames per second.' -rfka ''
complete -c 'monitorctl' -n '__monitorctl_should_offer_completions_for_flags_or_options "monitorctl scene week" truth' -l 'truth' -d 'Write what each frame shows, and when the anomalies are visible, to this JSON file.' -rfka ''
complete -c 'monitorctl' -n '__monitorctl_should_offer_completions_for_flags_or_options "monitorctl scene week" version' -l 'version' -d 'Show the version.'
complete -c 'monitorctl' -n '__monitorctl_should_offer_completions_for_flags_or_options "monitorctl scene week" h help' -s 'h' -l 'help' -d 'Show help information.'
complete -c 'monitorctl' -n '__monitorctl_should_offer_completions_for_flags_or_options "monitorctl scene dataset" count' -l 'count' -d 'Number of pictures.' -rfka ''
complete -c 'monitorctl' -n '__monitorctl_should_offer_completions_for_flags_or_options "monitorctl scene dataset" seed' -l 'seed' -d 'Chooses everything.' -rfka ''
complete -c 'monitorctl' -n '__monitorctl_should_offer_completions_for_flags_or_options "monitorctl scene dataset" version' -l 'version' -d 'Show the version.'
complete -c 'monitorctl' -n '__monitorctl_should_offer_completions_for_flags_or_options "monitorctl scene dataset" h help' -s 'h' -l 'help' -d 'Show help information.'
complete -c 'monitorctl' -n '__monitorctl_should_offer_completions_for_flags_or_options "monitorctl zones" version' -l 'version' -d 'Show the version.'
complete -c 'monitorctl' -n '__monitorctl_should_offer_completions_for_flags_or_options "monitorctl zones" h help' -s 'h' -l 'help' -d 'Show help information.'
complete -c 'monitorctl' -n '__monitorctl_should_offer_completions_for_positional "monitorctl zones" -eq 1' -fa 'check' -d 'Draw a camera\'s zones over one of its pictures, and say what is odd about them.'
complete -c 'monitorctl' -n '__monitorctl_should_offer_completions_for_flags_or_options "monitorctl zones check" c config' -l 'config' -s 'c' -d 'Configuration file of the daemon.' -rfa '(for p in (string match -e -- \'*/\' (commandline -t);or printf \n)*.\'yaml\';printf %s\n $p;end;__fish_complete_directories (commandline -t) \'\')'
complete -c 'monitorctl' -n '__monitorctl_should_offer_completions_for_flags_or_options "monitorctl zones check" database' -l 'database' -d 'Event database; default: the configuration\'s.' -rF
complete -c 'monitorctl' -n '__monitorctl_should_offer_completions_for_flags_or_options "monitorctl zones check" color' -l 'color' -d 'Colours: auto (on a terminal, without NO_COLOR and not when TERM is dumb), always or never.' -rfka 'auto always never'
complete -c 'monitorctl' -n '__monitorctl_should_offer_completions_for_flags_or_options "monitorctl zones check" camera' -l 'camera' -d 'The camera\'s name in the configuration.' -rfka ''
complete -c 'monitorctl' -n '__monitorctl_should_offer_completions_for_flags_or_options "monitorctl zones check" picture' -l 'picture' -d 'Draw over this picture or recording.' -rfka ''
complete -c 'monitorctl' -n '__monitorctl_should_offer_completions_for_flags_or_options "monitorctl zones check" live' -l 'live' -d 'Draw over what the camera shows now; what is private is black there.'
complete -c 'monitorctl' -n '__monitorctl_should_offer_completions_for_flags_or_options "monitorctl zones check" o output' -l 'output' -s 'o' -d 'Write the picture to this file: .jpg or .png.' -rfka ''
complete -c 'monitorctl' -n '__monitorctl_should_offer_completions_for_flags_or_options "monitorctl zones check" version' -l 'version' -d 'Show the version.'
complete -c 'monitorctl' -n '__monitorctl_should_offer_completions_for_flags_or_options "monitorctl zones check" h help' -s 'h' -l 'help' -d 'Show help information.'
complete -c 'monitorctl' -n '__monitorctl_should_offer_completions_for_flags_or_options "monitorctl help" version' -l 'version' -d 'Show the version.'
