#!/usr/bin/env bash
# Stage 2 of TraceR1 on GUI data: GRPO on the executed first step, from the planner that stage 1 gave.
# A node with 8 GPUs by default; DEVICE=cpu for a laptop.
#
#   TRAIN_FILE=data/train VAL_FILE=data/val bash recipes/stage2_gui.sh
#   DEVICE=cpu MODEL_PATH=after_stage1 bash recipes/stage2_gui.sh trainer.total_training_steps=20
#
# On a running Ray cluster:
#   ray job submit --runtime-env-json '{"working_dir": "."}' -- bash recipes/stage2_gui.sh trainer.nnodes=4
set -euo pipefail

########################### user settings ###########################
DEVICE=${DEVICE:-gpu}
MODEL_PATH=${MODEL_PATH:-runs/stage1_gui/planner}
EXECUTOR=${EXECUTOR:-accessibility}       # or ui_tars, ui_tars_1_5, qwen3_vl: models that you serve
EXECUTOR_URLS=${EXECUTOR_URLS:-}          # where: http://node1:8000/v1,http://node2:8000/v1
EXECUTOR_MODEL=${EXECUTOR_MODEL:-}        # or a model that veRL serves in the same Ray cluster
EXECUTOR_GPUS=${EXECUTOR_GPUS:-1}         # … on that many GPUs more
TRAIN_FILE=${TRAIN_FILE:-data/train}      # a Parquet file, or a directory of shards
VAL_FILE=${VAL_FILE:-data/val}
OUTPUT=${OUTPUT:-runs/stage2_gui}
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
REWARD=(
    +tracer1/executor="$EXECUTOR"
)
if [[ -n $EXECUTOR_URLS ]]; then
    REWARD+=("reward.custom_reward_function.reward_kwargs.executor_options.base_urls=[$EXECUTOR_URLS]")
fi
if [[ -n $EXECUTOR_MODEL ]]; then
    REWARD+=(
        +tracer1/executor_server=ray
        reward.reward_model.model_path="$EXECUTOR_MODEL"
        reward.reward_model.n_gpus_per_node="$EXECUTOR_GPUS"
    )
fi
TRAINER=(
    trainer.default_local_dir="$OUTPUT"
    trainer.total_epochs="$TOTAL_EPOCHS"
)

exec python3 -m verl.trainer.main_ppo +tracer1=stage2 +tracer1/device="$DEVICE" \
    "${DATA[@]}" "${MODEL[@]}" "${REWARD[@]}" "${TRAINER[@]}" "$@"
