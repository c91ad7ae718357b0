"""The Markdown table of a report whose numbers were chosen by hand."""

from synthetic import make_run

from tracer1.files import read_json
from tracer1.report.page import write_report
from tracer1.report.table import markdown


def test_one_run(tmp_path):
    run = make_run(tmp_path / "run")
    write_report([run], run)
    # Of four episodes 1, 2 and 3 are solved; every offline mean is that share.
    assert markdown(read_json(run / "report.json")).splitlines() == [
        "| | warm start | stage 1 | stage 2 |",
        "|---|---|---|---|",
        "| **episodes solved, held-out seeds** | 1/4 = 25% | 2/4 = 50% | 3/4 = 75% |",
        "| stage-1 score, held-out seeds | 0.25 | 0.50 | 0.75 |",
        "| first step right when executed, held-out seeds | 0.25 | 0.50 | 0.75 |",
        "| the same of sampled plans, held-out seeds | 0.25 | 0.50 | 0.75 |",
    ]


def test_of_several_runs_the_range_is_given(tmp_path):
    runs = [make_run(tmp_path / f"seed{seed}", seed, solved=solved) for seed, solved in ((1, 2), (2, 4))]
    write_report(runs, tmp_path)
    lines = markdown(read_json(tmp_path / "report.json")).splitlines()
    assert lines[2].endswith("| 6/8 = 75% (50%–100%) |")
    assert lines[3].endswith("| 0.75 (0.50–1.00) |")
