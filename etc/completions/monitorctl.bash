#!/bin/bash

__monitorctl_cursor_index_in_current_word() {
    local remaining="${COMP_LINE}"

    local word
    for word in "${COMP_WORDS[@]::COMP_CWORD}"; do
        remaining="${remaining##*([[:space:]])"${word}"*([[:space:]])}"
    done

    local -ir index="$((COMP_POINT - ${#COMP_LINE} + ${#remaining}))"
    if [[ "${index}" -le 0 ]]; then
        printf 0
    else
        printf %s "${index}"
    fi
}

# positional arguments:
#
# - 1: the current (sub)command's count of positional arguments
#
# required variables:
#
# - repeating_flags: the repeating flags that the current (sub)command can accept
# - non_repeating_flags: the non-repeating flags that the current (sub)command can accept
# - repeating_options: the repeating options that the current (sub)command can accept
# - non_repeating_options: the non-repeating options that the current (sub)command can accept
# - positional_number: value ignored
# - unparsed_words: unparsed words from the current command line
#
# modified variables:
#
# - non_repeating_flags: remove flags for this (sub)command that are already on the command line
# - non_repeating_options: remove options for this (sub)command that are already on the command line
# - positional_number: set to the current positional number
# - unparsed_words: remove all flags, options, and option values for this (sub)command
__monitorctl_offer_flags_options() {
    local -ir positional_count="${1}"
    positional_number=0

    local was_flag_option_terminator_seen=false
    local is_parsing_option_value=false

    local -ar unparsed_word_indices=("${!unparsed_words[@]}")
    local -i word_index
    for word_index in "${unparsed_word_indices[@]}"; do
        if "${is_parsing_option_value}"; then
            # This word is an option value:
            # Reset marker for next word iff not currently the last word
            [[ "${word_index}" -ne "${unparsed_word_indices[${#unparsed_word_indices[@]} - 1]}" ]] && is_parsing_option_value=false
            unset "unparsed_words[${word_index}]"
            # Do not process this word as a flag or an option
            continue
        fi

        local word="${unparsed_words["${word_index}"]}"
        if ! "${was_flag_option_terminator_seen}"; then
            case "${word}" in
            --)
                unset "unparsed_words[${word_index}]"
                # by itself -- is a flag/option terminator, but if it is the last word, it is the start of a completion
                if [[ "${word_index}" -ne "${unparsed_word_indices[${#unparsed_word_indices[@]} - 1]}" ]]; then
                    was_flag_option_terminator_seen=true
                fi
                continue
                ;;
            -*)
                # ${word} is a flag or an option
                # If ${word} is an option, mark that the next word to be parsed is an option value
                local option
                for option in "${repeating_options[@]}" "${non_repeating_options[@]}"; do
                    [[ "${word}" = "${option}" ]] && is_parsing_option_value=true && break
                done

                # Remove ${word} from ${non_repeating_flags} or ${non_repeating_options} so it isn't offered again
                local not_found=true
                local -i index
                for index in "${!non_repeating_flags[@]}"; do
                    if [[ "${non_repeating_flags[${index}]}" = "${word}" ]]; then
                        unset "non_repeating_flags[${index}]"
                        non_repeating_flags=("${non_repeating_flags[@]}")
                        not_found=false
                        break
                    fi
                done
                if "${not_found}"; then
                    for index in "${!non_repeating_flags[@]}"; do
                        if [[ "${non_repeating_flags[${index}]}" = "${word}" ]]; then
                            unset "non_repeating_flags[${index}]"
                            non_repeating_flags=("${non_repeating_flags[@]}")
                            break
                        fi
                    done
                fi
                unset "unparsed_words[${word_index}]"
                continue
                ;;
            esac
        fi

        # ${word} is neither a flag, nor an option, nor an option value
        if [[ "${positional_number}" -lt "${positional_count}" || "${positional_count}" -lt 0 ]]; then
            # ${word} is a positional
            ((positional_number++))
            unset "unparsed_words[${word_index}]"
        else
            if [[ -z "${word}" ]]; then
                # Could be completing a flag, option, or subcommand
                positional_number=-1
            else
                # ${word} is a subcommand or invalid, so stop processing this (sub)command
                positional_number=-2
            fi
            break
        fi
    done

    unparsed_words=("${unparsed_words[@]}")

    if\
        ! "${was_flag_option_terminator_seen}"\
        && ! "${is_parsing_option_value}"\
        && [[ ("${cur}" = -* && "${positional_number}" -ge 0) || "${positional_number}" -eq -1 ]]
    then
        COMPREPLY+=($(compgen -W "${repeating_flags[*]} ${non_repeating_flags[*]} ${repeating_options[*]} ${non_repeating_options[*]}" -- "${cur}"))
    fi
}

__monitorctl_add_completions() {
    local completion
    while IFS='' read -r completion; do
        COMPREPLY+=("${completion}")
    done < <(IFS=$'\n' compgen "${@}" -- "${cur}")
}

__monitorctl_custom_complete() {
    if [[ -n "${cur}" || -z ${COMP_WORDS[${COMP_CWORD}]} || "${COMP_LINE:${COMP_POINT}:1}" != ' ' ]]; then
        local -ar words=("${COMP_WORDS[@]}")
    else
        local -ar words=("${COMP_WORDS[@]::${COMP_CWORD}}" '' "${COMP_WORDS[@]:${COMP_CWORD}}")
    fi

    "${COMP_WORDS[0]}" "${@}" "${words[@]}"
}

_monitorctl() {
    local state
    state="$(shopt -p;shopt -po)"
    trap "${state//$'\n'/;}" RETURN
    shopt -s extglob
    set +o history +o posix

    local -xr SAP_SHELL=bash
    local -x SAP_SHELL_VERSION
    SAP_SHELL_VERSION="$(IFS='.';printf %s "${BASH_VERSINFO[*]}")"
    local -r SAP_SHELL_VERSION

    local -r cur="${2}"
    local -r prev="${3}"

    local -i positional_number
    local -a unparsed_words=("${COMP_WORDS[@]:1:${COMP_CWORD}}")

    local -a repeating_flags=()
    local -a non_repeating_flags=(--version -h --help)
    local -a repeating_options=()
    local -a non_repeating_options=()
    __monitorctl_offer_flags_options 0

    # Offer subcommand / subcommand argument completions
    local -r subcommand="${unparsed_words[0]}"
    unset 'unparsed_words[0]'
    unparsed_words=("${unparsed_words[@]}")
    case "${subcommand}" in
    events|show|tail|stats|ack|export|status|rethreshold|notify|fsck|retention|learn|profile|model|evaluate|scene|zones|help)
        # Offer subcommand argument completions
        "_monitorctl_${subcommand}"
        ;;
    *)
        # Offer subcommand completions
        COMPREPLY+=($(compgen -W 'events show tail stats ack export status rethreshold notify fsck retention learn profile model evaluate scene zones help' -- "${cur}"))
        ;;
    esac
}

_monitorctl_events() {
    repeating_flags=()
    non_repeating_flags=(--reverse --follow -f --no-header --exit-code --version -h --help)
    repeating_options=(--camera --kind --state --label --zone)
    non_repeating_options=(--config -c --database --color --since --until --min-surprise --max-surprise --sort --limit -l --after --output -o --columns)
    __monitorctl_offer_flags_options 0

    # Offer option value completions
    case "${prev}" in
    '--config'|'-c')
        __monitorctl_add_completions -o plusdirs -fX '!*.@(yaml)'
        return
        ;;
    '--database')
        __monitorctl_add_completions -f
        return
        ;;
    '--color')
        __monitorctl_add_completions -W 'auto'$'\n''always'$'\n''never'
        return
        ;;
    '--camera')
        __monitorctl_add_completions -W "$(__monitorctl_custom_complete ---completion events -- --camera "${COMP_CWORD}" "$(__monitorctl_cursor_index_in_current_word)")"
        return
        ;;
    '--kind')
        return
        ;;
    '--state')
        __monitorctl_add_completions -W 'open'$'\n''closed'$'\n''interrupted'
        return
        ;;
    '--label')
        __monitorctl_add_completions -W 'false'$'\n''confirm'$'\n''none'
        return
        ;;
    '--zone')
        return
        ;;
    '--since')
        return
        ;;
    '--until')
        return
        ;;
    '--min-surprise')
        return
        ;;
    '--max-surprise')
        return
        ;;
    '--sort')
        __monitorctl_add_completions -W 'time'$'\n''surprise'
        return
        ;;
    '--limit'|'-l')
        return
        ;;
    '--after')
        return
        ;;
    '--output'|'-o')
        __monitorctl_add_completions -W 'table'$'\n''tsv'$'\n''csv'$'\n''json'$'\n''ids'
        return
        ;;
    '--columns')
        return
        ;;
    esac
}

_monitorctl_show() {
    repeating_flags=()
    non_repeating_flags=(--json --version -h --help)
    repeating_options=()
    non_repeating_options=(--config -c --database --color --save-snapshot --picture)
    __monitorctl_offer_flags_options 1

    # Offer option value completions
    case "${prev}" in
    '--config'|'-c')
        __monitorctl_add_completions -o plusdirs -fX '!*.@(yaml)'
        return
        ;;
    '--database')
        __monitorctl_add_completions -f
        return
        ;;
    '--color')
        __monitorctl_add_completions -W 'auto'$'\n''always'$'\n''never'
        return
        ;;
    '--save-snapshot')
        __monitorctl_add_completions -d
        return
        ;;
    '--picture')
        __monitorctl_add_completions -W 'auto'$'\n''never'$'\n''kitty'$'\n''iterm'$'\n''blocks'
        return
        ;;
    esac

    # Offer positional completions
    case "${positional_number}" in
    1)
        __monitorctl_add_completions -W "$(__monitorctl_custom_complete ---completion show -- positional@0 "${COMP_CWORD}" "$(__monitorctl_cursor_index_in_current_word)")"
        return
        ;;
    esac
}

_monitorctl_tail() {
    repeating_flags=()
    non_repeating_flags=(--follow -f --json --version -h --help)
    repeating_options=(--camera)
    non_repeating_options=(--config -c --database --color -n --lines)
    __monitorctl_offer_flags_options 0

    # Offer option value completions
    case "${prev}" in
    '--config'|'-c')
        __monitorctl_add_completions -o plusdirs -fX '!*.@(yaml)'
        return
        ;;
    '--database')
        __monitorctl_add_completions -f
        return
        ;;
    '--color')
        __monitorctl_add_completions -W 'auto'$'\n''always'$'\n''never'
        return
        ;;
    '-n'|'--lines')
        return
        ;;
    '--camera')
        __monitorctl_add_completions -W "$(__monitorctl_custom_complete ---completion tail -- --camera "${COMP_CWORD}" "$(__monitorctl_cursor_index_in_current_word)")"
        return
        ;;
    esac
}

_monitorctl_stats() {
    repeating_flags=()
    non_repeating_flags=(--no-header --version -h --help)
    repeating_options=(--camera)
    non_repeating_options=(--config -c --database --color --since --until --by --output -o)
    __monitorctl_offer_flags_options 0

    # Offer option value completions
    case "${prev}" in
    '--config'|'-c')
        __monitorctl_add_completions -o plusdirs -fX '!*.@(yaml)'
        return
        ;;
    '--database')
        __monitorctl_add_completions -f
        return
        ;;
    '--color')
        __monitorctl_add_completions -W 'auto'$'\n''always'$'\n''never'
        return
        ;;
    '--camera')
        __monitorctl_add_completions -W "$(__monitorctl_custom_complete ---completion stats -- --camera "${COMP_CWORD}" "$(__monitorctl_cursor_index_in_current_word)")"
        return
        ;;
    '--since')
        return
        ;;
    '--until')
        return
        ;;
    '--by')
        __monitorctl_add_completions -W 'hour'$'\n''day'
        return
        ;;
    '--output'|'-o')
        __monitorctl_add_completions -W 'table'$'\n''tsv'$'\n''csv'$'\n''json'$'\n''ids'
        return
        ;;
    esac
}

_monitorctl_ack() {
    repeating_flags=()
    non_repeating_flags=(--false --confirm --undo --version -h --help)
    repeating_options=()
    non_repeating_options=(--note --config -c --database --color --socket)
    __monitorctl_offer_flags_options -1

    # Offer option value completions
    case "${prev}" in
    '--note')
        return
        ;;
    '--config'|'-c')
        __monitorctl_add_completions -o plusdirs -fX '!*.@(yaml)'
        return
        ;;
    '--database')
        __monitorctl_add_completions -f
        return
        ;;
    '--color')
        __monitorctl_add_completions -W 'auto'$'\n''always'$'\n''never'
        return
        ;;
    '--socket')
        return
        ;;
    esac

    # Offer positional completions
    case "${positional_number}" in
    *)
        __monitorctl_add_completions -W "$(__monitorctl_custom_complete ---completion ack -- positional@0 "${COMP_CWORD}" "$(__monitorctl_cursor_index_in_current_word)")"
        return
        ;;
    esac
}

_monitorctl_export() {
    repeating_flags=()
    non_repeating_flags=(--force --version -h --help)
    repeating_options=(--camera --kind --state --label --zone)
    non_repeating_options=(--since --until --min-surprise --max-surprise --output -o --config -c --database --color)
    __monitorctl_offer_flags_options 0

    # Offer option value completions
    case "${prev}" in
    '--camera')
        __monitorctl_add_completions -W "$(__monitorctl_custom_complete ---completion export -- --camera "${COMP_CWORD}" "$(__monitorctl_cursor_index_in_current_word)")"
        return
        ;;
    '--kind')
        return
        ;;
    '--state')
        __monitorctl_add_completions -W 'open'$'\n''closed'$'\n''interrupted'
        return
        ;;
    '--label')
        __monitorctl_add_completions -W 'false'$'\n''confirm'$'\n''none'
        return
        ;;
    '--zone')
        return
        ;;
    '--since')
        return
        ;;
    '--until')
        return
        ;;
    '--min-surprise')
        return
        ;;
    '--max-surprise')
        return
        ;;
    '--output'|'-o')
        return
        ;;
    '--config'|'-c')
        __monitorctl_add_completions -o plusdirs -fX '!*.@(yaml)'
        return
        ;;
    '--database')
        __monitorctl_add_completions -f
        return
        ;;
    '--color')
        __monitorctl_add_completions -W 'auto'$'\n''always'$'\n''never'
        return
        ;;
    esac
}

_monitorctl_status() {
    repeating_flags=()
    non_repeating_flags=(--json --watch --version -h --help)
    repeating_options=()
    non_repeating_options=(--config -c --socket --output -o --color)
    __monitorctl_offer_flags_options 0

    # Offer option value completions
    case "${prev}" in
    '--config'|'-c')
        __monitorctl_add_completions -o plusdirs -fX '!*.@(yaml)'
        return
        ;;
    '--socket')
        __monitorctl_add_completions -f
        return
        ;;
    '--output'|'-o')
        __monitorctl_add_completions -W 'table'$'\n''json'
        return
        ;;
    '--color')
        __monitorctl_add_completions -W 'auto'$'\n''always'$'\n''never'
        return
        ;;
    esac
}

_monitorctl_rethreshold() {
    repeating_flags=()
    non_repeating_flags=(--dry-run --version -h --help)
    repeating_options=()
    non_repeating_options=(--camera --budget --since --output -o --config -c --database --color)
    __monitorctl_offer_flags_options 0

    # Offer option value completions
    case "${prev}" in
    '--camera')
        __monitorctl_add_completions -W "$(__monitorctl_custom_complete ---completion rethreshold -- --camera "${COMP_CWORD}" "$(__monitorctl_cursor_index_in_current_word)")"
        return
        ;;
    '--budget')
        return
        ;;
    '--since')
        return
        ;;
    '--output'|'-o')
        __monitorctl_add_completions -W 'table'$'\n''json'
        return
        ;;
    '--config'|'-c')
        __monitorctl_add_completions -o plusdirs -fX '!*.@(yaml)'
        return
        ;;
    '--database')
        __monitorctl_add_completions -f
        return
        ;;
    '--color')
        __monitorctl_add_completions -W 'auto'$'\n''always'$'\n''never'
        return
        ;;
    esac
}

_monitorctl_notify() {
    repeating_flags=()
    non_repeating_flags=(--version -h --help)
    repeating_options=()
    non_repeating_options=()
    __monitorctl_offer_flags_options 0

    # Offer subcommand / subcommand argument completions
    local -r subcommand="${unparsed_words[0]}"
    unset 'unparsed_words[0]'
    unparsed_words=("${unparsed_words[@]}")
    case "${subcommand}" in
    list|test)
        # Offer subcommand argument completions
        "_monitorctl_notify_${subcommand}"
        ;;
    *)
        # Offer subcommand completions
        COMPREPLY+=($(compgen -W 'list test' -- "${cur}"))
        ;;
    esac
}

_monitorctl_notify_list() {
    repeating_flags=()
    non_repeating_flags=(--json --version -h --help)
    repeating_options=()
    non_repeating_options=(--config -c --database --color)
    __monitorctl_offer_flags_options 0

    # Offer option value completions
    case "${prev}" in
    '--config'|'-c')
        __monitorctl_add_completions -o plusdirs -fX '!*.@(yaml)'
        return
        ;;
    '--database')
        __monitorctl_add_completions -f
        return
        ;;
    '--color')
        __monitorctl_add_completions -W 'auto'$'\n''always'$'\n''never'
        return
        ;;
    esac
}

_monitorctl_notify_test() {
    repeating_flags=()
    non_repeating_flags=(--version -h --help)
    repeating_options=()
    non_repeating_options=(--target --wait --config -c --database --color --socket)
    __monitorctl_offer_flags_options 0

    # Offer option value completions
    case "${prev}" in
    '--target')
        return
        ;;
    '--wait')
        return
        ;;
    '--config'|'-c')
        __monitorctl_add_completions -o plusdirs -fX '!*.@(yaml)'
        return
        ;;
    '--database')
        __monitorctl_add_completions -f
        return
        ;;
    '--color')
        __monitorctl_add_completions -W 'auto'$'\n''always'$'\n''never'
        return
        ;;
    '--socket')
        return
        ;;
    esac
}

_monitorctl_fsck() {
    repeating_flags=()
    non_repeating_flags=(--repair --pictures --version -h --help)
    repeating_options=()
    non_repeating_options=(--config -c --database --color)
    __monitorctl_offer_flags_options 0

    # Offer option value completions
    case "${prev}" in
    '--config'|'-c')
        __monitorctl_add_completions -o plusdirs -fX '!*.@(yaml)'
        return
        ;;
    '--database')
        __monitorctl_add_completions -f
        return
        ;;
    '--color')
        __monitorctl_add_completions -W 'auto'$'\n''always'$'\n''never'
        return
        ;;
    esac
}

_monitorctl_retention() {
    repeating_flags=()
    non_repeating_flags=(--dry-run --no-header --version -h --help)
    repeating_options=()
    non_repeating_options=(--config -c --database --output -o)
    __monitorctl_offer_flags_options 0

    # Offer option value completions
    case "${prev}" in
    '--config'|'-c')
        __monitorctl_add_completions -o plusdirs -fX '!*.@(yaml)'
        return
        ;;
    '--database')
        return
        ;;
    '--output'|'-o')
        __monitorctl_add_completions -W 'table'$'\n''tsv'$'\n''csv'$'\n''json'$'\n''ids'
        return
        ;;
    esac
}

_monitorctl_learn() {
    repeating_flags=()
    non_repeating_flags=(--restart --version -h --help)
    repeating_options=(--source)
    non_repeating_options=(--config -c --camera --duration --fps --frames --seed)
    __monitorctl_offer_flags_options 0

    # Offer option value completions
    case "${prev}" in
    '--config'|'-c')
        __monitorctl_add_completions -o plusdirs -fX '!*.@(yaml)'
        return
        ;;
    '--camera')
        return
        ;;
    '--source')
        return
        ;;
    '--duration')
        return
        ;;
    '--fps')
        return
        ;;
    '--frames')
        return
        ;;
    '--seed')
        return
        ;;
    esac
}

_monitorctl_profile() {
    repeating_flags=()
    non_repeating_flags=(--version -h --help)
    repeating_options=()
    non_repeating_options=()
    __monitorctl_offer_flags_options 0

    # Offer subcommand / subcommand argument completions
    local -r subcommand="${unparsed_words[0]}"
    unset 'unparsed_words[0]'
    unparsed_words=("${unparsed_words[@]}")
    case "${subcommand}" in
    list|show|verify|rollback)
        # Offer subcommand argument completions
        "_monitorctl_profile_${subcommand}"
        ;;
    *)
        # Offer subcommand completions
        COMPREPLY+=($(compgen -W 'list show verify rollback' -- "${cur}"))
        ;;
    esac
}

_monitorctl_profile_list() {
    repeating_flags=()
    non_repeating_flags=(--version -h --help)
    repeating_options=()
    non_repeating_options=(--config -c --profiles)
    __monitorctl_offer_flags_options 0

    # Offer option value completions
    case "${prev}" in
    '--config'|'-c')
        __monitorctl_add_completions -o plusdirs -fX '!*.@(yaml)'
        return
        ;;
    '--profiles')
        return
        ;;
    esac
}

_monitorctl_profile_show() {
    repeating_flags=()
    non_repeating_flags=(--json --version -h --help)
    repeating_options=()
    non_repeating_options=(--version --png --config -c --profiles --database)
    __monitorctl_offer_flags_options 1

    # Offer option value completions
    case "${prev}" in
    '--version')
        return
        ;;
    '--png')
        return
        ;;
    '--config'|'-c')
        __monitorctl_add_completions -o plusdirs -fX '!*.@(yaml)'
        return
        ;;
    '--profiles')
        return
        ;;
    '--database')
        return
        ;;
    esac
}

_monitorctl_profile_verify() {
    repeating_flags=()
    non_repeating_flags=(--all --version -h --help)
    repeating_options=()
    non_repeating_options=(--config -c --profiles)
    __monitorctl_offer_flags_options 1

    # Offer option value completions
    case "${prev}" in
    '--config'|'-c')
        __monitorctl_add_completions -o plusdirs -fX '!*.@(yaml)'
        return
        ;;
    '--profiles')
        return
        ;;
    esac
}

_monitorctl_profile_rollback() {
    repeating_flags=()
    non_repeating_flags=(--version -h --help)
    repeating_options=()
    non_repeating_options=(--to --config -c --profiles --socket)
    __monitorctl_offer_flags_options 1

    # Offer option value completions
    case "${prev}" in
    '--to')
        return
        ;;
    '--config'|'-c')
        __monitorctl_add_completions -o plusdirs -fX '!*.@(yaml)'
        return
        ;;
    '--profiles')
        return
        ;;
    '--socket')
        return
        ;;
    esac
}

_monitorctl_model() {
    repeating_flags=()
    non_repeating_flags=(--version -h --help)
    repeating_options=()
    non_repeating_options=()
    __monitorctl_offer_flags_options 0

    # Offer subcommand / subcommand argument completions
    local -r subcommand="${unparsed_words[0]}"
    unset 'unparsed_words[0]'
    unparsed_words=("${unparsed_words[@]}")
    case "${subcommand}" in
    import|list|show|verify)
        # Offer subcommand argument completions
        "_monitorctl_model_${subcommand}"
        ;;
    *)
        # Offer subcommand completions
        COMPREPLY+=($(compgen -W 'import list show verify' -- "${cur}"))
        ;;
    esac
}

_monitorctl_model_import() {
    repeating_flags=()
    non_repeating_flags=(--unmeasured --replace --version -h --help)
    repeating_options=()
    non_repeating_options=(--name --config -c --models --precision --licence --long-side --short-side --pixel-long-side)
    __monitorctl_offer_flags_options -1

    # Offer option value completions
    case "${prev}" in
    '--name')
        return
        ;;
    '--config'|'-c')
        __monitorctl_add_completions -o plusdirs -fX '!*.@(yaml)'
        return
        ;;
    '--models')
        return
        ;;
    '--precision')
        __monitorctl_add_completions -W 'fp32'$'\n''fp16'$'\n''int8'
        return
        ;;
    '--licence')
        return
        ;;
    '--long-side')
        return
        ;;
    '--short-side')
        return
        ;;
    '--pixel-long-side')
        return
        ;;
    esac
}

_monitorctl_model_list() {
    repeating_flags=()
    non_repeating_flags=(--json --version -h --help)
    repeating_options=()
    non_repeating_options=(--config -c --models)
    __monitorctl_offer_flags_options 0

    # Offer option value completions
    case "${prev}" in
    '--config'|'-c')
        __monitorctl_add_completions -o plusdirs -fX '!*.@(yaml)'
        return
        ;;
    '--models')
        return
        ;;
    esac
}

_monitorctl_model_show() {
    repeating_flags=()
    non_repeating_flags=(--json --version -h --help)
    repeating_options=()
    non_repeating_options=(--config -c --models)
    __monitorctl_offer_flags_options 1

    # Offer option value completions
    case "${prev}" in
    '--config'|'-c')
        __monitorctl_add_completions -o plusdirs -fX '!*.@(yaml)'
        return
        ;;
    '--models')
        return
        ;;
    esac
}

_monitorctl_model_verify() {
    repeating_flags=()
    non_repeating_flags=(--version -h --help)
    repeating_options=()
    non_repeating_options=(--config -c --models)
    __monitorctl_offer_flags_options 1

    # Offer option value completions
    case "${prev}" in
    '--config'|'-c')
        __monitorctl_add_completions -o plusdirs -fX '!*.@(yaml)'
        return
        ;;
    '--models')
        return
        ;;
    esac
}

_monitorctl_evaluate() {
    repeating_flags=()
    non_repeating_flags=(--version -h --help)
    repeating_options=()
    non_repeating_options=()
    __monitorctl_offer_flags_options 0

    # Offer subcommand / subcommand argument completions
    local -r subcommand="${unparsed_words[0]}"
    unset 'unparsed_words[0]'
    unparsed_words=("${unparsed_words[@]}")
    case "${subcommand}" in
    events|frames)
        # Offer subcommand argument completions
        "_monitorctl_evaluate_${subcommand}"
        ;;
    *)
        # Offer subcommand completions
        COMPREPLY+=($(compgen -W 'events frames' -- "${cur}"))
        ;;
    esac
}

_monitorctl_evaluate_events() {
    repeating_flags=()
    non_repeating_flags=(--version -h --help)
    repeating_options=()
    non_repeating_options=(--config -c --database --color --camera --truth)
    __monitorctl_offer_flags_options 0

    # Offer option value completions
    case "${prev}" in
    '--config'|'-c')
        __monitorctl_add_completions -o plusdirs -fX '!*.@(yaml)'
        return
        ;;
    '--database')
        __monitorctl_add_completions -f
        return
        ;;
    '--color')
        __monitorctl_add_completions -W 'auto'$'\n''always'$'\n''never'
        return
        ;;
    '--camera')
        return
        ;;
    '--truth')
        return
        ;;
    esac
}

_monitorctl_evaluate_frames() {
    repeating_flags=()
    non_repeating_flags=(--version -h --help)
    repeating_options=()
    non_repeating_options=(--ped2 --verdicts)
    __monitorctl_offer_flags_options 0

    # Offer option value completions
    case "${prev}" in
    '--ped2')
        return
        ;;
    '--verdicts')
        return
        ;;
    esac
}

_monitorctl_scene() {
    repeating_flags=()
    non_repeating_flags=(--version -h --help)
    repeating_options=()
    non_repeating_options=()
    __monitorctl_offer_flags_options 0

    # Offer subcommand / subcommand argument completions
    local -r subcommand="${unparsed_words[0]}"
    unset 'unparsed_words[0]'
    unparsed_words=("${unparsed_words[@]}")
    case "${subcommand}" in
    clip|week|dataset)
        # Offer subcommand argument completions
        "_monitorctl_scene_${subcommand}"
        ;;
    *)
        # Offer subcommand completions
        COMPREPLY+=($(compgen -W 'clip week dataset' -- "${cur}"))
        ;;
    esac
}

_monitorctl_scene_clip() {
    repeating_flags=()
    non_repeating_flags=(--anomalies --version -h --help)
    repeating_options=()
    non_repeating_options=(--spectrum --seconds --start --seed --fps --width --height --rain --crossing --truth)
    __monitorctl_offer_flags_options 1

    # Offer option value completions
    case "${prev}" in
    '--spectrum')
        return
        ;;
    '--seconds')
        return
        ;;
    '--start')
        return
        ;;
    '--seed')
        return
        ;;
    '--fps')
        return
        ;;
    '--width')
        return
        ;;
    '--height')
        return
        ;;
    '--rain')
        return
        ;;
    '--crossing')
        __monitorctl_add_completions -W 'person'$'\n''cyclist'$'\n''dog'$'\n''cart'$'\n''car'$'\n''van'$'\n''robot'$'\n''box'$'\n''bag'$'\n''suitcase'$'\n''barrel'$'\n''cone'$'\n''ball'$'\n''chair'$'\n''ladder'$'\n''blob'$'\n''spill'$'\n''graffiti'$'\n''hatch'
        return
        ;;
    '--truth')
        return
        ;;
    esac
}

_monitorctl_scene_week() {
    repeating_flags=()
    non_repeating_flags=(--version -h --help)
    repeating_options=()
    non_repeating_options=(--seconds-per-day --seed --fps --truth)
    __monitorctl_offer_flags_options 1

    # Offer option value completions
    case "${prev}" in
    '--seconds-per-day')
        return
        ;;
    '--seed')
        return
        ;;
    '--fps')
        return
        ;;
    '--truth')
        return
        ;;
    esac
}

_monitorctl_scene_dataset() {
    repeating_flags=()
    non_repeating_flags=(--version -h --help)
    repeating_options=()
    non_repeating_options=(--count --seed)
    __monitorctl_offer_flags_options 1

    # Offer option value completions
    case "${prev}" in
    '--count')
        return
        ;;
    '--seed')
        return
        ;;
    esac
}

_monitorctl_zones() {
    repeating_flags=()
    non_repeating_flags=(--version -h --help)
    repeating_options=()
    non_repeating_options=()
    __monitorctl_offer_flags_options 0

    # Offer subcommand / subcommand argument completions
    local -r subcommand="${unparsed_words[0]}"
    unset 'unparsed_words[0]'
    unparsed_words=("${unparsed_words[@]}")
    case "${subcommand}" in
    check)
        # Offer subcommand argument completions
        "_monitorctl_zones_${subcommand}"
        ;;
    *)
        # Offer subcommand completions
        COMPREPLY+=($(compgen -W 'check' -- "${cur}"))
        ;;
    esac
}

_monitorctl_zones_check() {
    repeating_flags=()
    non_repeating_flags=(--live --version -h --help)
    repeating_options=()
    non_repeating_options=(--config -c --database --color --camera --picture --output -o)
    __monitorctl_offer_flags_options 0

    # Offer option value completions
    case "${prev}" in
    '--config'|'-c')
        __monitorctl_add_completions -o plusdirs -fX '!*.@(yaml)'
        return
        ;;
    '--database')
        __monitorctl_add_completions -f
        return
        ;;
    '--color')
        __monitorctl_add_completions -W 'auto'$'\n''always'$'\n''never'
        return
        ;;
    '--camera')
        return
        ;;
    '--picture')
        return
        ;;
    '--output'|'-o')
        return
        ;;
    esac
}

_monitorctl_help() {
    repeating_flags=()
    non_repeating_flags=(--version)
    repeating_options=()
    non_repeating_options=()
    __monitorctl_offer_flags_options -1
}

complete -o filenames -F _monitorctl monitorctl
