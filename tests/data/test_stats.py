"""The counts of a set whose every number is known (``mixed.py``), and what follows from them."""

from __future__ import annotations

import io
import json
import math
import sys
from collections import Counter
from pathlib import Path

import mixed
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from PIL import Image
from rich.console import Console
from typer import Typer
from typer.testing import CliRunner

from tracer1_data.counts.budget import Load, budget
from tracer1_data.counts.command import count_all, stats
from tracer1_data.counts.counting import Counts, count, mean, merge, quantile
from tracer1_data.counts.plot import draw
from tracer1_data.counts.tables import OTHERS, advice, tables
from tracer1_data.lengths import Estimate, Tokenizer
from tracer1_data.rows import SCHEMA

app = Typer(pretty_exceptions_enable=False)
app.command()(stats)


@pytest.fixture
def rows(tmp_path: Path) -> Path:
    return mixed.write(tmp_path / "mixed")


def run(*arguments: object):
    return CliRunner().invoke(app, list(map(str, arguments)), env={"COLUMNS": "200"})


def test_labels(rows: Path) -> None:
    counts = count(rows, Estimate())
    assert counts.rows == 7 and len(counts.episodes) == 4
    assert {name: dict(tally) for name, tally in counts.tallies.items()} == {
        "source": {"shop": 2, "phones": 3, "tools": 2},
        "platform": {"web": 2, "mobile": 3, "tool": 2},
        "task": {"buy": 2, "settings": 3, "": 2},
        "split": {"train": 7},
        "instructions": {"recorded": 4, "derived": 3},
        "stage2": {"": 6, "the tool's answer cannot be judged": 1},
        "image size": {"1280×720": 2, "1080×2400": 3, "no screenshot": 2},
        "target": {"box": 2, "point": 1, "none": 4},
        "horizon": {"3": 7},
        "first action": {"click": 3, "scroll": 1, "press_back": 1, "call_tool": 2},
        # Plans: click click finish, click finish; click scroll back, scroll back, back; twice call finish.
        "all actions": {"click": 4, "finish": 4, "scroll": 2, "press_back": 3, "call_tool": 2},
    }


def test_numbers(rows: Path) -> None:
    counts = count(rows, Estimate())
    assert counts.numbers["plan steps"] == {3: 2, 2: 4, 1: 1}
    assert counts.numbers["position"] == {0: 4, 1: 2, 2: 1}
    assert counts.episode_steps == {1: 2, 2: 1, 3: 1}
    assert counts.numbers["pictures"] == {1: 5, 0: 1, 3: 1}
    # Tokens of 32 × 32 pixels: 40 × 22, 34 × 75, three times 10 × 8.
    assert counts.numbers["image tokens"] == {880: 2, 2550: 3, 0: 1, 240: 1}


def test_tokens_are_estimated_from_the_text(rows: Path) -> None:
    counts = count(rows, Estimate())
    says = "Task: Buy <script>alert(1)</script> & go\nDone:\n"
    web = [f"{says}- none\nPlan:", f"{says}- click(): Click the search box\nPlan:"]
    phone = ["Task: Open the settings\nDone:\n- none\nPlan:"]
    phone += ["Task: Open the settings\nDone:\n- click(point=[250, 500]): Click at the left\nPlan:"]
    phone += [phone[1].replace("\nPlan", '\n- scroll(direction="down"): Scroll down\nPlan')]
    tools = ["Task: Which tea is it?\nDone:\n- none\nPlan:"] * 2
    text = [math.ceil(len(prompt) / 3.5) + 10 for prompt in web + phone + tools]  # one message: 5 around it, 5 behind
    assert counts.numbers["text tokens"] == Counter(text)
    pictures = [880 + 2] * 2 + [2550 + 2] * 3 + [0, 240 + 6]
    assert counts.numbers["prompt tokens"] == Counter(map(sum, zip(text, pictures, strict=True)))
    longest = '1. call_tool(name="search", arguments={"q": "tea"}): Search for tea\n2. finish(): Done'
    last = "1. press_back(): Go back"
    assert counts.numbers["plan tokens"][math.ceil(len(longest) / 3.5) + 1] == 2
    assert min(counts.numbers["plan tokens"]) == math.ceil(len(last) / 3.5) + 1


def test_no_picture_is_read(rows: Path) -> None:
    whole = count(rows, Estimate())
    for shard in rows.glob("*.parquet"):
        metadata, data = pq.read_metadata(shard), bytearray(shard.read_bytes())
        for group in range(metadata.num_row_groups):
            for number in range(metadata.num_columns):
                chunk = metadata.row_group(group).column(number)
                if chunk.path_in_schema.startswith("images"):
                    end = chunk.data_page_offset + chunk.total_compressed_size
                    data[chunk.data_page_offset : end] = b"\xff" * chunk.total_compressed_size
        shard.write_bytes(data)
    with pytest.raises((OSError, pa.ArrowException)):
        pq.read_table(next(rows.glob("*.parquet")), columns=["images"])
    assert count(rows, Estimate()) == whole


def test_bytes_of_pictures_come_from_the_footer(rows: Path) -> None:
    stored = sum(len(picture["bytes"]) for row in mixed.rows() for picture in row["images"])
    assert stored < count(rows, Estimate()).image_bytes < 1.02 * stored  # and some bytes of page headers


def test_sum_of_sets(rows: Path) -> None:
    one = count(rows, Estimate())
    two = merge([one, one])
    assert (two.rows, two.image_bytes, two.episodes) == (14, 2 * one.image_bytes, one.episodes)
    assert two.tallies["task"] == {"buy": 4, "settings": 6, "": 4} and two.numbers["plan steps"] == {3: 4, 2: 8, 1: 2}
    assert one.rows == 7 and one.tallies["task"]["buy"] == 2


def test_quantiles_are_exact() -> None:
    numbers = Counter(range(1, 101))
    assert [quantile(numbers, percent) for percent in (50, 90, 99, 100)] == [50, 90, 99, 100]
    assert quantile(Counter({5: 99, 7000: 1}), 99) == 5 and quantile(Counter({5: 98, 7000: 2}), 99) == 7000
    assert quantile(Counter({3: 1}), 1) == 3 and quantile(Counter(), 50) == 0 and mean(Counter()) == 0
    assert mean(Counter({1: 3, 5: 1})) == 2


def made(prompts: dict[int, int], plans: dict[int, int]) -> Counts:
    counts = Counts("made", rows=sum(prompts.values()), image_bytes=500 * sum(prompts.values()))
    counts.number("prompt tokens").update(prompts)
    counts.number("plan tokens").update(plans)
    counts.number("image tokens").update({100: 150, 200: 50})
    return counts


def test_budget_by_hand() -> None:
    counts = made({1000: 198, 1025: 1, 2000: 1}, {64: 150, 65: 50})
    found = budget(counts, Load(train_batch=16, rollouts=4, gpus=3))
    assert (found.most.tokens, found.most.over) == (2048, 0)
    # 198 of 200 rows are 99 of 100: p99 is 1000, and rounded up 1024; two rows are longer.
    assert (found.usual.tokens, found.usual.over) == (1024, 2)
    assert (found.response.tokens, found.response.over) == (128, 0)
    assert found.sequences == 64 and found.encoded_bytes == 64 * 500
    assert found.pixel_bytes == 64 * 125 * 32 * 32 * 3 * 2 * 4
    assert found.cache_tokens == 22 * (2048 + 128)  # 64 rollouts on 3 GPUs: one has 22
    assert found.cache_bytes == found.cache_tokens * 36 * 2 * 8 * 128 * 2
    given = budget(counts, Load(response=64))
    assert (given.response.tokens, given.response.over) == (64, 50)


def test_advice_names_settings_and_reasons() -> None:
    counts, load = made({1000: 198, 1025: 1, 2000: 1}, {65: 200}), Load(response=512)
    said = {name: (value, why) for name, value, why in advice(counts, budget(counts, load), load, "counted").rows}
    assert said["data.max_prompt_length"][0] == "2048"
    assert said["… or, by p99"] == ("1024", "2 rows (1.00%) are then too long: leave them out of the set")
    assert said["data.max_response_length"] == (
        "512",
        "as given; leaves 447 for a thought before the longest reference plan",
    )
    same = made({1000: 200}, {65: 200})
    assert "… or, by p99" not in [row[0] for row in advice(same, budget(same, Load()), Load(), "").rows]


def test_tables_show_the_commonest_and_the_rest(rows: Path) -> None:
    counts = count(rows, Estimate())
    counts.tallies["task"] = Counter({f"task {number:02d}": 100 - number for number in range(30)})
    (table,) = [table for table in tables([counts], counts) if table.title == "Tasks"]
    assert len(table.rows) == 21 and table.rows[0] == ("task 00", "100", f"{100 / 2565:.1%}")
    assert table.rows[-1][:2] == (f"10 {OTHERS}", str(sum(100 - number for number in range(20, 30))))


def test_long_episodes_are_grouped_by_ten(rows: Path) -> None:
    counts = count(rows, Estimate())
    counts.episodes = {1: 1, 2: 10, 3: 11, 4: 35}
    (table,) = [table for table in tables([counts], counts) if table.title == "Steps of episodes"]
    assert [row[:2] for row in table.rows] == [("1–10", "2"), ("11–20", "1"), ("31–40", "1")]


def change(rows: Path, **columns: object) -> Path:
    made = list(mixed.rows())[:4]
    made[2] = {**made[2], **columns}
    pq.write_table(pa.Table.from_pylist(made, SCHEMA), rows / "train-00000-000.parquet")
    return rows


@pytest.mark.parametrize(
    ("columns", "says"),
    [
        ({"reward_model": {"ground_truth": "{}"}}, "row 2: the ground truth is not what tracer1_data writes (KeyError"),
        ({"reward_model": {"ground_truth": "no JSON"}}, "row 2: the ground truth is not"),
        ({"reward_model": {"ground_truth": None}}, "row 2: ground_truth is empty"),
        ({"prompt": []}, "row 2: prompt is empty"),
        ({"prompt": None}, "row 2: prompt is empty"),
        ({"extra_info": {"position": None}}, "row 2: extra_info.position is empty"),
    ],
)
def test_a_bad_row_is_named(rows: Path, columns: dict, says: str) -> None:
    with pytest.raises(ValueError) as error:
        count(change(rows, **columns), Estimate())
    assert says in str(error.value) and "train-00000-000.parquet, row" in str(error.value)


def test_a_ground_truth_may_hold_the_word_elements(rows: Path) -> None:
    tool = list(mixed.rows())[5]
    truth = json.loads(tool["reward_model"]["ground_truth"])
    truth["reference"][0][1]["arguments"] = {"a": 1, "elements": [', "elements": ']}
    for elements in ([["link", ', "elements": ', [0, 0, 1, 1], "", "", False]], []):
        text = json.dumps({**truth, "elements": elements})
        counts = count(change(rows, reward_model={"ground_truth": text}), Estimate())
        assert counts.tallies["first action"]["call_tool"] == 3
    del truth["elements"]
    counts = count(change(rows, reward_model={"ground_truth": json.dumps(truth)}), Estimate())
    assert counts.tallies["first action"]["call_tool"] == 3


def test_what_is_no_set_is_one_message(rows: Path, tmp_path: Path) -> None:
    result = run(tmp_path / "none.parquet")
    assert result.exit_code == 1 and "there is no" in result.output
    (tmp_path / "cut.parquet").write_bytes(b"PAR1")
    assert "not a readable Parquet file" in run(tmp_path / "cut.parquet").output
    (tmp_path / "empty").mkdir()
    assert "holds no Parquet file" in run(tmp_path / "empty").output
    (tmp_path / "empty" / "parquet").mkdir()
    assert "holds rows for EasyR1" in run(tmp_path / "empty").output
    table = pa.Table.from_pylist(list(mixed.rows()), SCHEMA)
    old = table.set_column(5, "extra_info", pa.array([{"index": 1}] * 7))
    pq.write_table(old, tmp_path / "old.parquet")
    assert "extra_info lacks episode, instructions" in run(tmp_path / "old.parquet").output
    pq.write_table(table.slice(0, 0), tmp_path / "nothing.parquet")
    result = run(tmp_path / "nothing.parquet")
    assert result.exit_code == 1 and "there is no row" in result.output


def test_command_prints_tables(rows: Path) -> None:
    result = run(rows, "--train-batch", 16, "--rollouts", 4, "--gpus", 2, "--response-tokens", 300)
    assert result.exit_code == 0, result.output
    words = " ".join(result.output.split())
    assert "rows 7" in words and "episodes 4" in words and "data.max_prompt_length 2624" in words
    assert "data.max_response_length 300" in words and "16 prompts × 4 rollouts" in words
    assert "estimated as UTF-8 bytes / 3.5" in words and "the tool's answer cannot be judged 1 14.3%" in words


def test_command_writes_page_and_picture(rows: Path, tmp_path: Path) -> None:
    other = mixed.write(tmp_path / "<b>other")
    page, picture = tmp_path / "out" / "page.html", tmp_path / "out" / "plots.png"
    result = run(rows, other, "--html", page, "--png", picture)
    assert result.exit_code == 0, result.output
    with Image.open(io.BytesIO(picture.read_bytes())) as image:
        assert image.format == "PNG" and image.width > 1000
    text = page.read_text()
    assert "<b>other" not in text and "&lt;b&gt;other" in text and text.count("data:image/png;base64,") == 1
    assert "<td>rows</td><td>7</td><td>7</td><td>14</td>" in text


def test_output_that_cannot_be_written(rows: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    result = run(rows, "--png", tmp_path / "file" / "plots.png")
    assert result.exit_code == 4 and "cannot be written" in result.output


def test_what_to_install_is_said_before_counting(rows: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    result = run(rows, "--png", rows / "plots.png")
    assert result.exit_code == 1 and "pip install 'tracer1[report]'" in result.output
    assert run(rows).exit_code == 0


def test_plots_of_strange_names(rows: Path) -> None:
    counts = count(rows, Estimate())
    counts.tallies["source"] = Counter({r"$\frac{1": 3, "$a$ _b^ " * 20: 2, "设置": 1, "": 1})
    counts.tallies["stage2"] = Counter({"": 7})
    assert draw(counts, budget(counts, Load())).startswith(b"\x89PNG")


def test_names_of_sets_tell_them_apart(rows: Path, tmp_path: Path) -> None:
    other = mixed.write(tmp_path / "b" / "mixed")
    file, silent = other / "train-00000-000.parquet", Console(quiet=True)
    assert [one.name for one in count_all([rows, other], Estimate(), silent)] == [str(rows), str(other)]
    assert [one.name for one in count_all([rows, file], Estimate(), silent)] == ["mixed", "train-00000-000.parquet"]


def test_tokenizer_counts_words_and_its_template(rows: Path, tmp_path: Path) -> None:
    transformers, tokenizers = pytest.importorskip("transformers"), pytest.importorskip("tokenizers")
    words = tokenizers.Tokenizer(tokenizers.models.WordLevel({"[UNK]": 0}, unk_token="[UNK]"))
    words.pre_tokenizer = tokenizers.pre_tokenizers.WhitespaceSplit()
    made = transformers.PreTrainedTokenizerFast(tokenizer_object=words, unk_token="[UNK]")
    made.save_pretrained(tmp_path / "plain")
    # Three words around a message, two before the answer.
    made.chat_template = (
        "{% for m in messages %}[start] {{ m['role'] }}\n{{ m['content'] }} [end]\n{% endfor %}"
        "{% if add_generation_prompt %}[start] assistant\n{% endif %}"
    )
    made.save_pretrained(tmp_path / "planner")
    counts = count(rows, Tokenizer(tmp_path / "planner"))
    web = [
        "Task: Buy <script>alert(1)</script> & go Done: - none Plan:",
        "Task: Buy x & go Done: - click(): a b c d Plan:",
    ]
    phone = ["Task: Open the settings Done: - none Plan:", "Task: Open the settings Done: - a b c d e f Plan:"]
    phone += ["Task: Open the settings Done: - a b c d e f - a b c Plan:"]
    tool = ["Task: Which tea is it? Done: - none Plan:"] * 2
    assert counts.numbers["text tokens"] == Counter(len(text.split()) + 3 + 2 for text in web + phone + tool)
    assert Tokenizer(tmp_path / "planner").frame("system,user") == 2 * 3 + 2
    assert Tokenizer(tmp_path / "plain").frame("user") == Estimate().frame("user")
    result = run(rows, "--tokenizer", tmp_path / "planner")
    assert result.exit_code == 0 and "counted by the tokenizer of planner" in result.output


def test_no_tokenizer_is_one_message(rows: Path, tmp_path: Path) -> None:
    result = run(rows, "--tokenizer", tmp_path / "none")
    assert result.exit_code == 1 and "is no directory" in result.output
    (tmp_path / "empty").mkdir()
    result = run(rows, "--tokenizer", tmp_path / "empty")
    assert result.exit_code == 1 and "holds no tokenizer" in result.output and "tokenizer.json" in result.output


@pytest.mark.browser
def test_page_needs_nothing_from_outside(rows: Path, tmp_path: Path) -> None:
    from playwright.sync_api import sync_playwright

    from tracer1.environments.miniwob.browser import launch

    assert run(rows, "--html", tmp_path / "page.html").exit_code == 0
    with sync_playwright() as playwright:
        browser = launch(playwright)
        page, problems = browser.new_page(), []
        page.on("console", lambda message: problems.append(message.text))
        page.on("request", lambda request: problems.append(request.url) if "file:" not in request.url[:5] else None)
        page.goto((tmp_path / "page.html").as_uri())
        drawn = page.evaluate("document.querySelector('img').naturalWidth")
        wide = page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        browser.close()
    assert [problem for problem in problems if not problem.startswith("data:")] == [] and drawn > 1000 and wide
