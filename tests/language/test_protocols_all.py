"""What holds of every protocol: the reference is right, any two actions are judged, another type is wrong."""

from math import isfinite

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from tracer1.actions import DIRECTIONS, OUTCOMES, REGISTRY, Action
from tracer1.coordinates import Box, Size
from tracer1.protocols import PROTOCOLS, Target, cards, load_protocol

NAMES = sorted(PROTOCOLS)
texts = st.text(st.characters(exclude_categories=("Cs",)), max_size=12) | st.sampled_from(
    ["New York", "a:b", "[x]", "2", "3"]
)
thousandths = st.floats(0, 1000) | st.integers(0, 1000)
KINDS = {
    "text": texts,
    "point": st.lists(thousandths, min_size=2, max_size=2),
    "number": st.floats(0, 1000),
    "direction": st.sampled_from(DIRECTIONS),
    "outcome": st.sampled_from(OUTCOMES),
    "object": st.dictionaries(texts, st.none() | st.booleans() | st.integers() | texts, max_size=3),
}


def of_type(kind):
    given_always = {name: KINDS[kind.arguments[name]] for name in kind.required}
    given_sometimes = {name: KINDS[of] for name, of in kind.arguments.items() if name not in kind.required}
    arguments = st.fixed_dictionaries(given_always, optional=given_sometimes)
    return arguments.map(lambda arguments: Action(kind.name, arguments))


actions = st.one_of([of_type(kind) for kind in REGISTRY.values()])
sizes = st.builds(Size, st.integers(1, 4000), st.integers(1, 4000))


def around(point, image):
    """A box that reaches 2 % of the screen to each side of a ``thousand`` point, in pixels."""
    x, y = (part / 1000 for part in point)
    edges = (x - 0.02) * image.width, (y - 0.02) * image.height, (x + 0.02) * image.width, (y + 0.02) * image.height
    return Box(*edges, "pixel")


def target(action, image):
    place = action.arguments.get("point") or action.arguments.get("end") or [500, 500]
    return Target(action, image, (around(place, image),))


@pytest.mark.parametrize("name", NAMES)
@settings(deadline=None)  # the machine may be busy
@given(action=actions, image=sizes)
def test_the_reference_is_right(name, action, image):
    places = {"point", "end"} & REGISTRY[action.type].arguments.keys()
    assume(name == "tracer1" or places <= action.arguments.keys())
    text = action.arguments.get("text", action.arguments.get("value", "a"))
    assume(name != "gui_r1" or text.replace("[", "").replace("]", "").split())  # its quirk: an empty text is wrong
    found = load_protocol(name).judge(action, target(action, image))
    assert (found.type_right, found.right, found.score) == (True, True, 1.0)
    assert found.grounding is not False


@pytest.mark.parametrize("name", NAMES)
@settings(deadline=None)  # the machine may be busy
@given(predicted=actions, reference=actions, image=sizes)
def test_any_two_actions_are_judged(name, predicted, reference, image):
    found = load_protocol(name).judge(predicted, target(reference, image))
    assert isfinite(found.score) and 0 <= found.score <= 1
    assert found.rule
    if name not in ("tracer1", "agentnetbench"):
        assert found.score == float(found.right)
    if found.right:
        assert found.score == 1 and found.grounding is not False


@pytest.mark.parametrize("name", NAMES)
@settings(deadline=None)  # the machine may be busy
@given(predicted=actions, reference=actions, image=sizes)
def test_another_type_is_wrong(name, predicted, reference, image):
    assume(predicted.type != reference.type)
    assume(name != "infigui_r1" or (predicted.type, reference.type) != ("click", "open_app"))
    operations = {"click", "hover", "key", "type", "select"}
    assume(name != "seeclick_mind2web" or not {predicted.type, reference.type} <= operations)
    found = load_protocol(name).judge(predicted, target(reference, image))
    assert (found.right, found.score) == (False, 0.0)


@pytest.mark.parametrize("name", sorted(set(NAMES) - {"tracer1"}))
def test_a_row_without_a_place_is_refused_whatever_was_predicted(name):
    for predicted in (Action("click"), Action("click", {"point": [1, 1]}), Action("wait")):
        with pytest.raises(ValueError, match=f"{name} cannot judge a click without .* give the target "):
            load_protocol(name).judge(predicted, Target(Action("click"), Size(10, 10)))


@pytest.mark.parametrize("name", sorted(set(NAMES) - {"tracer1"}))
def test_a_click_without_a_point_misses(name):
    box = Box(0, 0, 1000, 1000, "pixel")
    found = load_protocol(name).judge(Action("click"), Target(Action("click"), Size(1000, 1000), (box,)))
    assert (found.type_right, found.right, found.score, found.grounding) == (True, False, 0.0, False)


def test_protocols_are_found_by_name():
    assert all(load_protocol(name).name == name for name in NAMES)
    with pytest.raises(
        ValueError, match="unknown protocol 'exact': use one of tracer1, os_atlas, gui_odyssey_official"
    ):
        load_protocol("exact")


def test_cards_are_markdown_with_a_section_and_a_table_each():
    text = cards()
    assert [line[3:] for line in text.splitlines() if line.startswith("## ")] == list(PROTOCOLS)
    assert text.count("|---|---|") == len(PROTOCOLS)
    assert all(line.count("|") == 3 for line in text.splitlines() if line.startswith("| "))
    for protocol in PROTOCOLS.values():
        assert protocol.source in text and protocol.rules and protocol.quirks
