#!/bin/sh
# From nothing to the shipped GGUF: data, training, export, evaluation. Goes on where it stopped when called again.
#   run.sh WORK_FOLDER          corpora, checkpoints and logs stay there, outside git
# Settings by environment: DEVICE=cpu|cuda, MINUTES (training in all), DECAY (the last of them), BATCH (tokens a step),
# SHAPE (options of train.py for the size), COUNT (conversations of each kind), INIT (checkpoint or GGUF to start from).
set -eu
here=$(cd "$(dirname "$0")" && pwd)
work=$1
device=${DEVICE:-cpu}
export OMP_WAIT_POLICY=PASSIVE # Waiting threads sleep: the machine may be busy with other work.
count=${COUNT:-20000}
generate="cargo run --release --quiet --package handyman-model --bin generate --"
mkdir -p "$work/shards" "$work/held"

python_env="$work/venv"
if [ ! -x "$python_env/bin/python" ]; then
    python3 -m venv "$python_env"
    "$python_env/bin/pip" install --quiet --requirement "$here/../requirements.txt"
fi
python="$python_env/bin/python"

# shard FOLDER NAME COMMAND...: the conversations that the command prints, tokenised.
shard() {
    target="$work/$1/$2.npz"
    shift 2
    [ -e "$target" ] && return
    "$@" > "$work/conversations.jsonl"
    "$python" "$here/chat.py" "$work/conversations.jsonl" "$target"
    rm "$work/conversations.jsonl"
}

cd "$here/../.."
shard shards copy-1 "$python" "$here/exercises.py" 6000 1
shard shards short-1 $generate --kind invented --short --seed 21 --count "$count"
shard shards invented-1 $generate --kind invented --seed 22 --count "$count"
shard shards product-1 $generate --kind product --seed 23 --count "$count"
shard held invented-held $generate --kind invented --held-out --seed 10 --count 400
shard held product-held $generate --kind product --held-out --seed 11 --count 400

speed=""
[ "$device" = cuda ] && speed="--bf16"
start=${INIT:+--init $INIT}
# Copying first, on short pieces; then everything.
first=$((${MINUTES:-120} / 10))
if [ ! -e "$work/run/first-phase-done" ]; then
    echo '{"copy": 0.6, "short": 0.4}' > "$work/shards/mixture.json"
    "$python" "$here/train.py" --shards "$work/shards" --out "$work/run" --device "$device" $speed $start ${SHAPE:-} \
        --batch-tokens "${BATCH:-4096}" --longest 512 --minutes "$first"
    touch "$work/run/first-phase-done"
fi
echo '{"copy": 0.05, "short": 0.1, "invented": 0.4, "product": 0.45}' > "$work/shards/mixture.json"
"$python" "$here/train.py" --shards "$work/shards" --out "$work/run" --device "$device" $speed \
    --held-out "$work/held/invented-held.npz" "$work/held/product-held.npz" \
    --batch-tokens "${BATCH:-4096}" --minutes $((${MINUTES:-120} - first)) --decay-minutes "${DECAY:-20}"
"$python" "$here/export.py" "$work/run" "$here/../handyman.gguf" --type q8_0
"$python" "$here/evaluate.py" "$here/../handyman.gguf" "$work/held/invented-held.npz" "$work/held/product-held.npz"
