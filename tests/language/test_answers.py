"""Answer rules: each line worked out from the published scorer."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracer1.answers import RULES, ExpectedAnswer

COLOURS = {"whitelist": [["red", "crimson"], ["two", "2"]], "blacklist": [["blue"]]}


@pytest.mark.parametrize(
    ("rule", "expected", "answer", "right"),
    [
        ("text", "Blue  whale", " blue whale\n", True),
        ("text", "ﬁne", "fine", True),  # the ligature's NFKC form
        ("text", "weather", "e", False),
        ("gaia", "17", "17.0", True),
        ("gaia", "1234.5", "$1,234.50", True),
        ("gaia", "50", "50%", True),
        ("gaia", "17", "about 17", False),
        ("gaia", "17", "", False),
        ("gaia", "a, b", "A,B", True),
        ("gaia", "a, b", "b, a", False),
        ("gaia", "a; 2", "a, 2.0", True),
        ("gaia", "a, b", "a, b, c", False),
        ("gaia", "St. Petersburg, Russia", "St Petersburg, Russia", False),  # in lists punctuation counts
        ("gaia", "St. Petersburg", "st petersburg!", True),
        ("gaia", "right", "wrong", False),
        ("gta", COLOURS, "There are 2 Red cars", True),
        ("gta", COLOURS, "There are 2 redder cars", False),  # whole words
        ("gta", COLOURS, "There are red cars", False),
        ("gta", COLOURS, "2 red cars, 1 blue", False),
        ("t3_agent", COLOURS, "There are 2 redder cars", True),
        ("t3_agent", COLOURS, "2 red cars, 1 blue", True),  # no blacklist there
        ("t3_agent", COLOURS, "two cars", False),
        ("gta", {"whitelist": [["c++"]], "blacklist": None}, "cc", False),  # literal, no pattern
    ],
)
def test_rules(rule, expected, answer, right):
    assert ExpectedAnswer(rule, expected).matches(answer) is right


@given(st.sampled_from(["text", "gaia"]), st.text(), st.text())
def test_any_answer_is_judged_and_the_expected_one_is_right(rule, expected, answer):
    assert ExpectedAnswer(rule, expected).matches(answer) in (True, False)
    if rule == "text" or not any(part in expected.lower() for part in ("nan", "inf")):
        assert ExpectedAnswer(rule, expected).matches(expected)


@pytest.mark.parametrize(
    ("rule", "value", "says"),
    [
        ("llm", "x", "unknown answer rule 'llm': use one of text"),
        ("gaia", 3, "gaia needs a text, got int"),
        ("gta", {"whitelist": []}, "at least one group"),
        ("gta", {"whitelist": ["red"]}, "list of lists"),
    ],
)
def test_what_does_not_fit_is_refused(rule, value, says):
    with pytest.raises(ValueError, match=says):
        ExpectedAnswer(rule, value)
    assert rule == "llm" or rule in RULES
