#!/usr/bin/env bash
# Tool use, whole, on one machine without a GPU: tasks over real small files, demonstrations, a tiny planner, stage 1, stage 2
# with every first call really made, plan–act loop with tools, report.
#
#   bash recipes/quickstart_tool.sh                          # → runs/quickstart_tool/report.html
#   bash recipes/quickstart_tool.sh stage1                   # up to the end of stage 1
#   SEED=2 RUN=runs/tool2 bash recipes/quickstart_tool.sh    # another seed
#
# Call it again after an interruption: what is finished is not done again, training continues from its last checkpoint.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

########################### user settings ###########################
SEED=${SEED:-1}
RUN=${RUN:-runs/quickstart_tool}
STAGE1_STEPS=${STAGE1_STEPS:-30}
STAGE2_STEPS=${STAGE2_STEPS:-40}
TASKS=${TASKS:-1000}                 # to train on
HELDOUT=${HELDOUT:-150}              # with names that no training task has
HORIZON=${HORIZON:-4}                # T
HISTORY=${HISTORY:-4}                # K
VALIDATION=${VALIDATION:-150}        # rows on which plans are scored during training
#####################################################################
UNTIL=${1:-stage2}

export DEVICE=cpu
source recipes/setup.sh

DATA=$RUN/data
FILES=$RUN/tasks/files PAGES=$RUN/tasks/pages
stage() { python -m tracer1.stages "$RUN" "$@"; }

python -m tracer1 record "$RUN" --seed "$SEED" --setting horizon="$HORIZON" --setting history="$HISTORY" \
    --setting stage1_steps="$STAGE1_STEPS" --setting stage2_steps="$STAGE2_STEPS" --setting tasks="$TASKS"

stage "tool tasks" --output "$RUN/tasks" -- python -m tracer1_data.tool_tasks \
    --output "$RUN/tasks" --seed 1 --train "$TASKS" --heldout "$HELDOUT"

for split in train heldout; do
    stage "rows of $split" --input "$RUN/tasks" --output "$DATA/$split" -- python -m tracer1_data prepare tool_tasks \
        --input "$RUN/tasks" --output "$DATA/$split" --split "$split" --horizon "$HORIZON" --history "$HISTORY" --style compact
done

stage "warm start" --input "$DATA/train" --input "$DATA/heldout" \
    --output "$RUN/warm_start" -- python -m tracer1.training.warm_start \
    "$DATA/train" "$DATA/heldout" "$RUN/warm_start" --seed "$SEED" --replace

# What a tiny planner needs; everything else is what a cluster uses.
TINY=(data.max_prompt_length=192 data.max_response_length=72 actor_rollout_ref.rollout.max_model_len=264)
UPDATES=(actor_rollout_ref.actor.optim.lr=1.5e-4 actor_rollout_ref.actor.ppo_mini_batch_size=8)  # two updates a step
# Half of the rows are beyond this planner: in their groups rewards differ by the tenth that is format. Divided by the standard
# deviation, that tenth would weigh as much as a right answer.
PLAIN_ADVANTAGES=(algorithm.norm_adv_by_std_in_grpo=false)

train() {  # train <number of the stage> <steps> <planner it starts from> [options]
    local number=$1 steps=$2 planner=$3 out=$RUN/stage$1
    MODEL_PATH=$planner TRAIN_FILE=$DATA/train VAL_FILE=$DATA/heldout OUTPUT=$out FILES=$FILES PAGES=$PAGES \
        stage "stage $number" --input "$planner" --input "$DATA/train" --output "$out" -- \
        bash "recipes/stage${number}_tool.sh" "${TINY[@]}" "${UPDATES[@]}" "${@:4}" \
        data.seed="$SEED$number" data.val_max_samples="$VALIDATION" \
        trainer.total_epochs=1000 trainer.total_training_steps="$steps" trainer.save_freq=10 trainer.test_freq=10
    stage "planner after stage $number" --input "$out/global_step_$steps" --output "$RUN/planner$number" -- \
        python -m verl.model_merger merge --backend fsdp \
        --local_dir "$out/global_step_$steps/actor" --target_dir "$RUN/planner$number"
}

score() {  # score <name in the report> <planner>
    stage "scores of $1" --input "$2" --input "$DATA" -- python -m tracer1 score "$1" \
        --planner "$2" --output "$RUN/evaluation" --style compact --horizon "$HORIZON" --history "$HISTORY" \
        --max-tokens 72 --max-steps 8 --samples 4 --limit 300 --workers 8 \
        --executor toolbox --executor-option toolbox=local --executor-option files="$FILES" \
        --executor-option corpus="$PAGES" \
        --rows "held-out tasks=$DATA/heldout" --tool-tasks "held-out tasks=$RUN/tasks@heldout"
}

score "warm start" "$RUN/warm_start"
train 1 "$STAGE1_STEPS" "$RUN/warm_start"
score "stage 1" "$RUN/planner1"
if [[ $UNTIL != stage1 ]]; then
    train 2 "$STAGE2_STEPS" "$RUN/planner1" "${PLAIN_ADVANTAGES[@]}"
    score "stage 2" "$RUN/planner2"
fi

python -m tracer1 report "$RUN"
echo "Done: open $RUN/report.html"
