#!/usr/bin/env bash
# The main job on a procedural scene: render two cameras, learn what is normal, watch, show what was found.
# Every command is printed before it runs; the same commands work on your own streams.
set -euo pipefail

bin=${1:-.build/release}
out=${2:-demo-output}
here=$(cd "$(dirname "$0")" && pwd)

say() { printf '\n\033[1m%s\033[0m\n' "$*"; }
run() { printf '\033[36m$ %s\033[0m\n' "$*"; "$@"; }

rm -rf "$out"
mkdir -p "$out/pictures"
sed "s|@MODEL@|$here/../../Models/default|g" "$here/monitord.yaml.in" > "$out/monitord.yaml"

say "1/4  Two cameras: one visible (H.264), one thermal (FFV1, 16 bit). Each has a quiet clip to learn from and a clip to watch."
run "$bin/monitorctl" scene clip "$out/yard-quiet.mp4" --spectrum visible --seconds 120 --seed 8
run "$bin/monitorctl" scene clip "$out/yard.mp4" --spectrum visible --seconds 60 --seed 8 --start 600 --anomalies --truth "$out/yard.truth.json"
run "$bin/monitorctl" scene clip "$out/fence-quiet.mkv" --spectrum thermal --seconds 120 --seed 6
run "$bin/monitorctl" scene clip "$out/fence.mkv" --spectrum thermal --seconds 60 --seed 6 --start 600 --anomalies --truth "$out/fence.truth.json"

say "2/4  Learning what is normal for each camera."
run "$bin/monitorctl" learn --config "$out/monitord.yaml" --camera yard --source "$out/yard-quiet.mp4"
run "$bin/monitorctl" learn --config "$out/monitord.yaml" --camera fence --source "$out/fence-quiet.mkv"

say "3/4  Watching. The daemon logs a line for every event; it ends here because the streams are files."
run "$bin/monitord" --config "$out/monitord.yaml" --until-end

say "4/4  The history."
run "$bin/monitorctl" events --config "$out/monitord.yaml" --output table
ids=$("$bin/monitorctl" events --config "$out/monitord.yaml" --output ids)
if [ -z "$ids" ]; then
  echo "error: the demo found no event" >&2
  exit 1
fi
for id in $ids; do
  "$bin/monitorctl" show "$id" --config "$out/monitord.yaml" --save-snapshot "$out/pictures" >/dev/null 2>&1
done
first=${ids%%$'\n'*}
run "$bin/monitorctl" show "$first" --config "$out/monitord.yaml"

say "Checked against the script of the scenes:"
run "$bin/monitorctl" evaluate events --config "$out/monitord.yaml" --camera yard --truth "$out/yard.truth.json"
run "$bin/monitorctl" evaluate events --config "$out/monitord.yaml" --camera fence --truth "$out/fence.truth.json"

say "The pictures are in $out/pictures:"
ls "$out/pictures"
