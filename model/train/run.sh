#!/bin/sh
# From nothing to the shipped GGUF: data, training, export. Goes on where it stopped when called again.
#   run.sh WORK_FOLDER          corpora, checkpoints and logs stay there, outside git
# Settings by environment: DEVICE=cpu|cuda, MINUTES (training in all), DECAY (the last of them), BATCH (tokens a step),
# SHAPE (options of train.py for the size), COUNT (conversations of each kind), INIT (checkpoint or GGUF to start from),
# LONGEST (tokens of a conversation that are trained on; on a CPU attention over long ones is most of the time),
# PROCESSES (each takes one core, or one GPU, and BATCH tokens a step; by default one a CPU core up to 4),
# HINTS (weight of hints.py's loss; none without),
# CORPORA (folder with `nlu` and `snips`, see corpora.py), MISTAKES (conversations for the preference stage; none without).
set -eu
here=$(cd "$(dirname "$0")" && pwd)
# Absolute, for what follows is run from the repository's root.
mkdir -p "${1:?usage: run.sh WORK_FOLDER}/shards" "$1/held"
work=$(cd "$1" && pwd)
device=${DEVICE:-cpu}
export OMP_WAIT_POLICY=PASSIVE # Waiting threads sleep: the machine may be busy with other work.
export GLIBC_TUNABLES=glibc.malloc.hugetlb=1 # Great pages where the system has them: a step fills gigabytes anew.
count=${COUNT:-20000}
alike=$((${BATCH:-6144} / 256)) # Conversations with the same tools, that a batch can be of.
minutes=${MINUTES:-120}
programs=${CARGO_TARGET_DIR:-target}/release
generate=$programs/generate

python_env="$work/venv"
if [ ! -x "$python_env/bin/python" ]; then
    python3 -m venv "$python_env"
    "$python_env/bin/pip" install --quiet --requirement "$here/../requirements.txt"
fi
python="$python_env/bin/python"
export PATH="$python_env/bin:$PATH" # Building the kernels wants ninja.

# shard FOLDER NAME COMMAND...: the conversations that the command prints, tokenised; those called …first-… and desk-… up to
# their first reply.
shard() {
    target="$work/$1/$2.npz" part=""
    case $2 in *first-* | desk-*) part=--first ;; esac
    shift 2
    [ -e "$target" ] && return
    "$@" > "$work/conversations.jsonl"
    "$python" "$here/chat.py" "$work/conversations.jsonl" "$target" $part
    rm "$work/conversations.jsonl"
}

cd "$here/../.."
# With the features of all other builds, so that llama.cpp is not built twice.
cargo build --release --quiet --workspace --features handyman-model/evaluate --bins
shard shards copy-1 "$python" "$here/exercises.py" 6000 1
shard shards short-1 "$generate" --kind invented --short --seed 21 --count "$count"
shard shards invented-1 "$generate" --kind invented --seed 22 --count "$((count / 2))"
shard shards inventedfirst-1 "$generate" --kind invented --alike "$alike" --seed 51 --count "$((count * 2))"
shard shards everyday-1 "$generate" --kind everyday --requests 6 --seed 47 --count "$((count / 2))"
shard shards everydayfirst-1 "$generate" --kind everyday --requests 1 --alike "$alike" --seed 48 --count "$((count * 2))"
shard shards brief-1 "$generate" --kind product --requests 1 --seed 41 --count "$count"
shard shards renamed-1 "$generate" --kind product --renamed --requests 2 --seed 49 --count "$((count / 4))"
shard shards renamedfirst-1 "$generate" --kind product --renamed --full --requests 1 --alike "$alike" --seed 50 --count "$count"
shard shards first-1 "$generate" --kind product --full --requests 1 --seed 44 --count "$((count * 2))"
shard shards amiss-1 "$generate" --kind product --full --about amiss --requests 1 --seed 43 --count "$((count / 2))"
shard shards books-1 "$generate" --kind product --full --about bookings --requests 1 --seed 45 --count "$((count / 2))"
shard shards desk-1 "$generate" --kind product --full --about desk --requests 1 --seed 46 --count "$count"
shard shards full-1 "$generate" --kind product --full --requests 1 --seed 42 --count "$count"
shard held invented-held "$generate" --kind invented --held-out --seed 10 --count 400
shard held full-held "$generate" --kind product --full --requests 2 --held-out --seed 11 --count 400
if [ -n "${CORPORA:-}" ]; then
    "$generate" --kind product --full --count 1 > "$work/tools.jsonl"
    shard shards real-1 "$python" "$here/corpora.py" "$CORPORA" "$work/tools.jsonl" 1
fi

# bf16 where the hardware multiplies it. On a CPU what compiling saves it takes again for every new number of rows.
speed=""
[ "$device" = cpu ] && speed="--no-compile"
if [ "$device" = cuda ] || grep -qs avx512_bf16 /proc/cpuinfo; then speed="$speed --bf16"; fi
start=${INIT:+--init $INIT}
longest=${LONGEST:-}
[ -z "$longest" ] && [ "$device" = cpu ] && longest=1408
# Processes meet once a step, threads in every product.
processes=1
if [ "$device" = cpu ]; then processes=$(($(nproc) < 4 ? $(nproc) : 4)); fi
processes=${PROCESSES:-$processes}
train="$python $here/train.py"
if [ "$processes" -gt 1 ]; then
    export OMP_NUM_THREADS=1
    train="$python_env/bin/torchrun --nproc-per-node $processes $here/train.py --threads 1"
fi
# Copying first, on short pieces, where training starts from nothing; then everything.
first=0
if [ -z "$start" ] && [ ! -e "$work/run/first-phase-done" ]; then
    first=$((minutes / 10))
    echo '{"copy": 0.6, "short": 0.4}' > "$work/shards/mixture.json"
    $train --shards "$work/shards" --out "$work/run" --device "$device" $speed ${SHAPE:-} \
        --batch-tokens "${BATCH:-6144}" --longest 512 --minutes "$first"
    touch "$work/run/first-phase-done"
fi
cat > "$work/shards/mixture.json" <<MIXTURE
{"first": 0.19, "full": 0.10, "books": 0.09, "amiss": 0.12, "desk": 0.07, "brief": 0.04, "real": 0.02, "copy": 0.03, "short": 0.01,
 "renamed": 0.01, "renamedfirst": 0.05, "invented": 0.02, "inventedfirst": 0.10, "everyday": 0.01, "everydayfirst": 0.14}
MIXTURE
$train --shards "$work/shards" --out "$work/run" --device "$device" $speed $start \
    --held-out "$work/held/invented-held.npz" "$work/held/full-held.npz" ${longest:+--longest $longest} \
    --batch-tokens "${BATCH:-6144}" --minutes $((minutes - first)) --decay-minutes "${DECAY:-20}" ${HINTS:+--hints $HINTS}

# The model's own mistakes in the product's runtime, and training on them: only when asked for, since it gained
# nothing on a network that is still short of tokens (LOG.md).
if [ -n "${MISTAKES:-}" ]; then
    "$python" "$here/export.py" "$work/run" "$work/supervised.gguf" --type q8_0
    "$generate" --kind product --full --requests 2 --seed 61 --count "$MISTAKES" > "$work/mistakes.jsonl"
    "$programs/evaluate" --model "$work/supervised.gguf" --product "$work/mistakes.jsonl" --pairs "$work/pairs.jsonl"
    "$python" "$here/prefer.py" "$work/run" "$work/pairs.jsonl" "$work/preferred" --threads "$(nproc)" \
        --held-out "$work/held/full-held.npz"
    "$python" "$here/export.py" "$work/preferred" "$here/../handyman.gguf" --type q8_0
else
    "$python" "$here/export.py" "$work/run" "$here/../handyman.gguf" --type q8_0
fi
make model-eval
