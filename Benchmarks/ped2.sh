#!/usr/bin/env bash
# Frame-level AUROC on UCSD Ped2: learn on the training clips, let the daemon watch the test clips, compare with the masks.
# usage: Benchmarks/ped2.sh FOLDER_OF_UCSD_PED2 [WORK_FOLDER]
set -euo pipefail

data=${1:?usage: Benchmarks/ped2.sh FOLDER_OF_UCSD_PED2 [WORK_FOLDER]}
work=${2:-$(mktemp -d)}
root=$(cd "$(dirname "$0")/.." && pwd)
bin=${MONITOR_BIN:-$root/.build/release}
data=$(cd "$data" && pwd)
mkdir -p "$work"

{
  echo "model: $root/Models/default"
  echo "database: events.sqlite"
  echo "profiles: profiles"
  echo "control_socket: control.sock"
  echo "cameras:"
  for clip in "$data"/test/*/; do
    name=$(basename "$clip")
    printf '  - {name: "%s", source: "%s", profile: ped2, pace: maximum, frame_rate: 10, analysis_fps: 0, verdict_log: "%s.ndjson"}\n' \
      "$name" "$clip" "$name"
  done
} > "$work/monitord.yaml"

first=$(basename "$(ls -d "$data"/test/*/ | head -n 1)")
sources=()
for clip in "$data"/train/*/; do sources+=(--source "$clip"); done

rm -f "$work"/*.ndjson "$work"/events.sqlite*
"$bin/monitorctl" learn --config "$work/monitord.yaml" --camera "$first" "${sources[@]}" --fps 5
"$bin/monitord" --config "$work/monitord.yaml" --until-end
"$bin/monitorctl" evaluate frames --ped2 "$data" --verdicts "$work"
