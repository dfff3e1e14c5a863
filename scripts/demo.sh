#!/bin/sh
# Does the main job twice, on a world of its own that is thrown away afterwards.
set -eu

date=$1
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 143' TERM
# Journal, world, computed tokens and the unpacked model are all in there.
export HANDYMAN_HOME="$folder" TMPDIR="$folder"
handyman=${CARGO_TARGET_DIR:-target}/release/handyman

for task in \
    "What's the weather in Shanghai tomorrow? And book me the earliest train to Beijing." \
    "明天上海天气怎么样，帮我订一张去北京最早的高铁票"; do
    printf '\n\033[1m» %s\033[0m\n' "$task"
    "$handyman" run "$task" --approve auto --date "$date"
done

printf '\n\033[1m» What is in the database now\033[0m\n'
"$handyman" tools call list_bookings '{}' --date "$date"
