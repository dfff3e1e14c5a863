#!/bin/sh
# Does the main job twice, on a world of its own that is thrown away afterwards.
set -eu

date=$1
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

for task in \
    "What's the weather in Shanghai tomorrow? And book me the earliest train to Beijing." \
    "明天上海天气怎么样，帮我订一张去北京最早的高铁票"; do
    printf '\n\033[1m» %s\033[0m\n' "$task"
    target/release/handyman run "$task" --approve auto --date "$date" \
        --journal "$folder/journal.db" --world "$folder/world.db"
done

printf '\n\033[1m» What is in the database now\033[0m\n'
target/release/handyman tools call list_bookings '{}' --date "$date" --world "$folder/world.db"
