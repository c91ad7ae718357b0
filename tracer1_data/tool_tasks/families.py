"""The families of tasks: what each asks. :mod:`tracer1_data.tool_tasks.solutions` says how each is solved.

Few wordings, names that can be copied, and all arithmetic left to the calculator: a planner of two million parameters can
learn these. Answers follow from the documents alone; tests work them out again.
"""

from __future__ import annotations

import random
from collections.abc import Callable

from tracer1.answers import ExpectedAnswer
from tracer1_data.tool_tasks.names import Names, Split
from tracer1_data.tool_tasks.tasks import Task
from tracer1_data.tool_tasks.workshop import Draft, Workshop, number

Family = Callable[[Workshop], Draft]
FAMILIES: dict[str, Family] = {}
UNITS = {
    "weights": ("kilograms", "grams", 1000),
    "lengths": ("metres", "centimetres", 100),
    "times": ("hours", "minutes", 60),
    "wages": ("euros", "cents", 100),
}


def _family(make: Family) -> Family:
    FAMILIES[make.__name__] = make
    return make


def make_task(family: str, split: Split, index: int, seed: int, names: Names) -> Task:
    """The task number ``index`` of a split. ``names`` remembers which file names are taken."""
    chance = random.Random(f"tool_tasks {seed} {split} {index}")
    draft = FAMILIES[family](Workshop(chance, names))
    return Task(f"{split}-{index:05d}-{family}", split, family, *draft)


@_family
def lookup(shop: Workshop) -> Draft:
    """One value of one document."""
    table, (fact, *_) = shop.table()
    asks = {"file": fact.file, "row": fact.row}
    text = shop.say(
        f"What is the {fact.column} of {fact.row} in {fact.file}?",
        f"Read {fact.file}: what is the {fact.column} of {fact.row}?",
    )
    return Draft(text, (table,), asks, number(fact.value))


@_family
def total(shop: Workshop) -> Draft:
    """The sum of two values of one document."""
    table, (one, other, *_) = shop.table()
    text = shop.say(
        f"What is the {one.column} of {one.row} plus that of {other.row} in {one.file}?",
        f"Add the {one.column} of {one.row} and that of {other.row} in {one.file}.",
    )
    asks = {"file": one.file, "row": one.row, "other": other.row, "sign": "+"}
    return Draft(text, (table,), asks, number(one.value + other.value))


@_family
def difference(shop: Workshop) -> Draft:
    """How much larger one value is than another."""
    table, facts = shop.table()
    less, more = sorted(facts[:2], key=lambda fact: fact.value)
    text = shop.say(
        f"What is the {more.column} of {more.row} minus that of {less.row} in {more.file}?",
        f"By how much is the {more.column} of {more.row} larger than that of {less.row} in {more.file}?",
    )
    asks = {"file": more.file, "row": more.row, "other": less.row, "sign": "-"}
    return Draft(text, (table,), asks, number(more.value - less.value))


@_family
def ratio(shop: Workshop) -> Draft:
    """How many times another value a value is: a whole number."""
    times, least = shop.chance.randint(2, 6), shop.chance.randint(12, 40)
    table, (more, less, *_) = shop.table(values=(times * least, least))
    text = shop.say(
        f"What is the {more.column} of {more.row} divided by that of {less.row} in {more.file}?",
        f"How many times that of {less.row} is the {more.column} of {more.row} in {more.file}?",
    )
    asks = {"file": more.file, "row": more.row, "other": less.row, "sign": "/"}
    return Draft(text, (table,), asks, number(times))


@_family
def two_files(shop: Workshop) -> Draft:
    """The sum of values of two documents."""
    table, (one, *_) = shop.table()
    second, (other, *_) = shop.table(table.title)
    text = shop.say(
        f"What is the {one.column} of {one.row} in {one.file} plus that of {other.row} in {other.file}?",
        f"Add the {one.column} of {one.row} in {one.file} and that of {other.row} in {other.file}.",
    )
    asks = {"file": one.file, "row": one.row, "second": other.file, "other": other.row}
    return Draft(text, (table, second), asks, number(one.value + other.value))


@_family
def picture(shop: Workshop) -> Draft:
    """The sum of two values that stand in a picture."""
    table, (one, other, *_) = shop.table(kinds=("png",))
    text = shop.say(
        f"What is the {one.column} of {one.row} plus that of {other.row} in the picture {one.file}?",
        f"Add the {one.column} of {one.row} and that of {other.row} in the picture {one.file}.",
    )
    asks = {"file": one.file, "row": one.row, "other": other.row, "sign": "+"}
    return Draft(text, (table,), asks, number(one.value + other.value))


@_family
def receipt(shop: Workshop) -> Draft:
    """A price in a picture times a count in a document."""
    prices, (price, *_) = shop.table("prices", ("png",))
    orders, (order, *_) = shop.table("orders", rows=(price.row,))
    text = shop.say(
        f"What is the price of {price.row} in the picture {price.file} times its count in {order.file}?",
        f"Multiply the price of {price.row} in the picture {price.file} by its count in {order.file}.",
    )
    asks = {"file": price.file, "second": order.file, "row": price.row}
    return Draft(text, (prices, orders), asks, number(price.value * order.value))


@_family
def order(shop: Workshop) -> Draft:
    """A price times a count, and a fee: two files and two calculations."""
    fee = shop.chance.randint(12, 99)
    prices, (price, *_) = shop.table("prices")
    orders, (amount, *_) = shop.table("orders", rows=(price.row,))
    text = shop.say(
        f"What is the price of {price.row} in {price.file} times its count in {amount.file}, plus a fee of {fee}?",
        f"Multiply the price of {price.row} in {price.file} by its count in {amount.file}, then add a fee of {fee}.",
    )
    asks = {"file": price.file, "second": amount.file, "row": price.row, "fee": fee}
    return Draft(text, (prices, orders), asks, number(price.value * amount.value + fee))


@_family
def follow(shop: Workshop) -> Draft:
    """A value of a document that another one names."""
    table, (fact, *_) = shop.table()
    note = shop.note(table.name)
    text = shop.say(
        f"What is the {fact.column} of {fact.row} in the file that {note.name} names?",
        f"Read {note.name}: what is the {fact.column} of {fact.row} in the file that it names?",
    )
    return Draft(text, (note, table), {"file": note.name, "row": fact.row}, number(fact.value))


@_family
def find(shop: Workshop) -> Draft:
    """A value of a document that a page names, which has to be found."""
    table, (fact, *_) = shop.table()
    page = shop.page("file", table.name)
    text = shop.say(
        f"Find the {page.title}, whose page names a file: what is the {fact.column} of {fact.row} in it?",
        f"Search for the {page.title}. Its page names a file: what is the {fact.column} of {fact.row} in it?",
    )
    return Draft(text, (page, table), {"topic": page.title, "row": fact.row}, number(fact.value))


@_family
def age(shop: Workshop) -> Draft:
    """How old a place was, by a page that another one names, which has to be found."""
    guide, facts = shop.guide()
    page, year = shop.page("guide", guide.name), shop.chance.randint(2011, 2025)
    text = shop.say(
        f"Find the {page.title}, whose page names a guide: how old was it in {year}?",
        f"Search for the {page.title}. Its page names a guide: how old was it in {year}?",
    )
    asks = {"topic": page.title, "row": "opened", "year": year}
    return Draft(text, (page, guide), asks, number(year - facts["opened"]))


@_family
def count(shop: Workshop) -> Draft:
    """How many rows of a longer table have a value over a limit."""
    table, facts = shop.table(kinds=("csv",), size=shop.chance.randint(8, 12))
    values = sorted(fact.value for fact in facts)
    limit = values[shop.chance.randint(1, len(values) - 2)]
    text = shop.say(
        f"How many names in {table.name} have a {table.columns[1]} over {limit}?",
        f"Count the names in {table.name} with a {table.columns[1]} over {limit}.",
    )
    expected = number(sum(value > limit for value in values))
    return Draft(text, (table,), {"file": table.name, "limit": limit}, expected)


@_family
def compare(shop: Workshop) -> Draft:
    """Which of two has the larger value: the answer is a name."""
    table, (one, other, *_) = shop.table()
    text = shop.say(
        f"Which has the larger {one.column} in {one.file}, {one.row} or {other.row}?",
        f"Read {one.file}: who has the larger {one.column}, {one.row} or {other.row}?",
    )
    asks = {"file": one.file, "row": one.row, "other": other.row}
    return Draft(text, (table,), asks, ExpectedAnswer("text", max(one, other, key=lambda fact: fact.value).row))


@_family
def convert(shop: Workshop) -> Draft:
    """A value in a smaller unit."""
    theme = shop.chance.choice(list(UNITS))
    unit, smaller, factor = UNITS[theme]
    table, (fact, *_) = shop.table(theme)
    text = shop.say(
        f"The {fact.column} of {fact.row} in {fact.file} is in {unit}: how many {smaller} is it?",
        f"How many {smaller} is the {fact.column} of {fact.row} in {fact.file}, which is in {unit}?",
    )
    asks = {"file": fact.file, "row": fact.row, "factor": factor}
    return Draft(text, (table,), asks, number(fact.value * factor))
