"""Demonstrators for date fields and calendars."""

from __future__ import annotations

import calendar

from tracer1.environments.miniwob.demonstrators.base import Demonstration, demonstrates
from tracer1.environments.miniwob.demonstrators.reading import date, groups

MONTHS = list(calendar.month_name)[1:]


@demonstrates("enter-date")
def enter_date(hands: Demonstration) -> None:
    month, day, year = date(hands.goal)
    hands.key("Tab", "Go to the date field")  # a click would land in the middle of the date
    hands.type(f"{month:02d}/{day:02d}/{year}", "date")
    hands.click("button", "Submit")


@demonstrates("enter-time")
def enter_time(hands: Demonstration) -> None:
    hour, minute, half = groups(r"Enter (\d+):(\d+) (AM|PM) as the time", hands.goal)
    hands.key("Tab", "Go to the time field")
    hands.type(f"{int(hour):02d}:{minute}{half}", "time")
    hands.click("button", "Submit")


@demonstrates("choose-date", "choose-date-nodelay", "choose-date-easy", "choose-date-medium")
def choose_date(hands: Demonstration) -> None:
    month, day, _ = date(hands.goal)
    hands.click("textbox", "Date")
    pick_day(hands, month, day)
    hands.click("button", "Submit")


def pick_day(hands: Demonstration, month: int, day: int) -> None:
    """In an open calendar, go to the month and click the day."""
    while (shown := shown_month(hands)) != month:
        hands.click("link", "Prev" if shown > month else "Next")
    hands.click("gridcell", str(day))


def shown_month(hands: Demonstration) -> int:
    """The month (1 to 12) of the open calendar."""
    return next(MONTHS.index(e.name) + 1 for e in hands.all("text") if e.name in MONTHS)
