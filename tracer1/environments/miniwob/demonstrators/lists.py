"""Demonstrators for long lists: posts, contacts, a menu of dishes."""

from __future__ import annotations

from tracer1.environments.miniwob.demonstrators.base import Demonstration, demonstrates
from tracer1.environments.miniwob.demonstrators.reading import groups

ICONS = {"Reply": "reply", "Retweet": "retweet", "Like": "like"}


@demonstrates("social-media")
def use_post(hands: Demonstration) -> None:
    user, button = groups(r'For the user (\S+), click on the "(.*)" button', hands.goal)
    if button in ICONS:
        return hands.click("image", ICONS[button], user)
    hands.click("image", "more", user)
    name = f"{button} {user}" if button in ("Mute", "Block") else button
    return hands.click("", name)


@demonstrates("phone-book")
def look_up_contact(hands: Demonstration) -> None:
    name, detail = groups(r"Find (.+?) in the contact book and click on their (phone|email|address)", hands.goal)
    while not hands.find("heading", name):
        hands.click("link", ">")
    hands.click_element(hands.get("link", group=detail.title()))


@demonstrates("order-food")
def order(hands: Demonstration) -> None:
    if "one of each" in hands.goal:
        wanted = [name.strip() for name in groups(r"item: (.*)", hands.goal)[0].split(", ")]
        while wanted:
            plus = next((e for e in hands.all("text", "+") if e.group in wanted), None)
            if plus is None:
                hands.scroll_down(wanted[0])
                continue
            hands.click_element(plus)
            wanted.remove(plus.group)
    else:
        amount, kind = groups(r"Order (\d) items that are (\S+)", hands.goal)
        hands.reveal("image", kind)
        item = hands.get("image", kind)
        hands.reveal("text", "+", item.group)
        for _ in range(int(amount)):
            hands.click("text", "+", item.group)
    hands.click("button", "Order!")
