#!/usr/bin/env bash
# Stage 1 of TraceR1 on tool-use data: GRPO on whole plans of tool calls. A node with 8 GPUs by default.
#
#   TRAIN_FILE=data/tool_train VAL_FILE=data/tool_val bash recipes/stage1_tool.sh
#
# DEVICE=cpu without MODEL_PATH is the example: it sets up, makes tasks, rows and a tiny planner (recipes/quickstart_tool.sh).
# On a running Ray cluster:
#   ray job submit --runtime-env-json '{"working_dir": "."}' -- bash recipes/stage1_tool.sh trainer.nnodes=4
set -euo pipefail

########################### user settings ###########################
DEVICE=${DEVICE:-gpu}
if [[ $DEVICE == cpu && -z ${MODEL_PATH:-} ]]; then
    exec bash "$(dirname "${BASH_SOURCE[0]}")/quickstart_tool.sh" stage1
fi
MODEL_PATH=${MODEL_PATH:-Qwen/Qwen3-VL-8B-Thinking}
TRAIN_FILE=${TRAIN_FILE:-data/tool_train}     # a Parquet file, or a directory of shards
VAL_FILE=${VAL_FILE:-data/tool_val}
OUTPUT=${OUTPUT:-runs/stage1_tool}
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
