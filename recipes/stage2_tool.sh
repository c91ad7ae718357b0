#!/usr/bin/env bash
# Stage 2 of TraceR1 on tool-use data: GRPO on the first call, which is really made, from the planner that stage 1 gave.
# A node with 8 GPUs by default. Every node needs bubblewrap, and the folder of files at the same place.
#
#   TRAIN_FILE=data/tool_train VAL_FILE=data/tool_val FILES=data/tool_tasks/files bash recipes/stage2_tool.sh
#   TOOLBOX=t3_agent FILES=data/MAT bash recipes/stage2_tool.sh \
#       'reward.custom_reward_function.reward_kwargs.executor_options.endpoints={…}'    # tracer1/toolbox/ENDPOINTS.md
#
# DEVICE=cpu without MODEL_PATH is the example, which goes on where stage1_tool.sh ended, and ends with a report.
set -euo pipefail

########################### user settings ###########################
DEVICE=${DEVICE:-gpu}
if [[ $DEVICE == cpu && -z ${MODEL_PATH:-} ]]; then
    exec bash "$(dirname "${BASH_SOURCE[0]}")/quickstart_tool.sh"
fi
MODEL_PATH=${MODEL_PATH:-runs/stage1_tool/planner}
TOOLBOX=${TOOLBOX:-local}                     # local, t3_agent, gta
FILES=${FILES:-data/tool_tasks/files}         # where the file names of the tasks are looked up
PAGES=${PAGES:-}                              # what the tools search and visit: a folder of pages, or a .jsonl file
TRAIN_FILE=${TRAIN_FILE:-data/tool_train}     # a Parquet file, or a directory of shards
VAL_FILE=${VAL_FILE:-data/tool_val}
OUTPUT=${OUTPUT:-runs/stage2_tool}
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
    +tracer1/executor=toolbox
    reward.custom_reward_function.reward_kwargs.executor_options.toolbox="$TOOLBOX"
    reward.custom_reward_function.reward_kwargs.executor_options.files="$FILES"
)
if [[ -n $PAGES ]]; then
    REWARD+=(+reward.custom_reward_function.reward_kwargs.executor_options.corpus="$PAGES")
fi
TRAINER=(
    trainer.default_local_dir="$OUTPUT"
    trainer.total_epochs="$TOTAL_EPOCHS"
)

exec python3 -m verl.trainer.main_ppo +tracer1=stage2 +tracer1/device="$DEVICE" \
    "${DATA[@]}" "${MODEL[@]}" "${REWARD[@]}" "${TRAINER[@]}" "$@"
