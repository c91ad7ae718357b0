#!/usr/bin/env bash
# Stage 1 of TraceR1 on GUI data: GRPO on whole plans. A node with 8 GPUs by default; DEVICE=cpu for a laptop.
#
#   TRAIN_FILE=data/train VAL_FILE=data/val bash recipes/stage1_gui.sh
#   DEVICE=cpu MODEL_PATH=warm_start bash recipes/stage1_gui.sh trainer.total_training_steps=20
#
# On a running Ray cluster:
#   ray job submit --runtime-env-json '{"working_dir": "."}' -- bash recipes/stage1_gui.sh trainer.nnodes=4
set -euo pipefail

########################### user settings ###########################
DEVICE=${DEVICE:-gpu}
MODEL_PATH=${MODEL_PATH:-Qwen/Qwen3-VL-8B-Thinking}
TRAIN_FILE=${TRAIN_FILE:-data/train}      # a Parquet file, or a directory of shards
VAL_FILE=${VAL_FILE:-data/val}
OUTPUT=${OUTPUT:-runs/stage1_gui}
TOTAL_EPOCHS=${TOTAL_EPOCHS:-1}
#####################################################################

if [[ $DEVICE == cpu ]]; then
    export VERL_PLATFORM=cpu
fi

DATA=(
    data.train_files="$TRAIN_FILE"
    data.val_files="$VAL_FILE"
)
MODEL=(
    actor_rollout_ref.model.path="$MODEL_PATH"
)
TRAINER=(
    trainer.default_local_dir="$OUTPUT"
    trainer.total_epochs="$TOTAL_EPOCHS"
)

exec python3 -m verl.trainer.main_ppo +tracer1=stage1 +tracer1/device="$DEVICE" \
    "${DATA[@]}" "${MODEL[@]}" "${TRAINER[@]}" "$@"
