"""The pictures of the sample campaign: the solar lantern Sommerlicht in summer, drawn when they are first asked for."""

from __future__ import annotations

import math
import random
from functools import cache

from connectors.dam.sandbox_canvas import Canvas, Colour
from connectors.dam.sandbox_store import AssetStore
from connectors.dam.sandbox_vendor import Vendor

WIDTH, HEIGHT = 540, 360
WARM: Colour = (255, 205, 110)
#: What is in the library from the start, with what people wrote there.
BEGINNING = (
    ("lantern-at-the-lake.png", "Lantern at the lake", "Key visual of the summer campaign. Shot on the first evening."),
    ("balcony-in-june.png", "Balcony in June", "For the newsletter of 3 June."),
    ("dunes-after-sunset.png", "Dunes after sunset", ""),
)
#: What a person adds who has no picture at hand.
MORE = (
    "Folding solar lantern by a lake at sunset.png",
    "Folding solar lantern on a balcony at night.png",
    "Folding solar lantern in the dunes at dusk.png",
)


def load(store: AssetStore, vendor: Vendor) -> None:
    """Put the campaign's first pictures into a library; nobody is told."""
    for number, (name, title, described) in enumerate(BEGINNING):
        said = {"title": title, "description": described}
        fields = {vendor.shows[slot]: text for slot, text in said.items() if text and slot in vendor.shows}
        store.add(
            name,
            picture(number),
            "image/png",
            folder=vendor.home,
            width=WIDTH,
            height=HEIGHT,
            fields=fields,
            quiet=True,
            # Old enough that a hub that is new here leaves them to those who made them.
            at=store.clock() - 30 * 86_400.0,
        )


def fresh(number: int) -> tuple[str, bytes]:
    """The name and the bytes of another picture of the campaign."""
    name = MORE[number % len(MORE)]
    round = number // len(MORE)
    return (name.replace(".png", f" {round + 1}.png") if round else name), picture(3 + number)


def picture(number: int) -> bytes:
    """A picture as PNG: a lake, a balcony or dunes by turns, each number a little different."""
    return _drawn(number % 12)


@cache
def _drawn(number: int) -> bytes:
    canvas, dice = Canvas(WIDTH, HEIGHT), random.Random(number)
    (_lake, _balcony, _dunes)[number % 3](canvas, dice)
    return canvas.png()


def _lake(canvas: Canvas, dice: random.Random) -> None:
    shift = dice.uniform(-0.1, 0.1)
    canvas.sky([(0, (38, 52, 98)), (0.35, (176, 96, 118)), (0.55, (247, 163, 102)), (1, (252, 205, 140))])
    _stars(canvas, dice, 20, 90)
    sun = WIDTH * (0.72 + shift)
    canvas.glow(sun, 178, 110, (255, 214, 150), 0.7)
    canvas.disc(sun, 178, 26, (255, 236, 200))
    canvas.hill(lambda x: 176 - 34 * math.sin(3.1 * x + shift * 9) - 14 * math.sin(9 * x), (96, 74, 112))
    canvas.hill(lambda x: 200 - 18 * math.sin(5 * x + 2), (66, 56, 96))
    canvas.hill(lambda x: 212, (150, 104, 118))
    for line in range(14):
        y = 222 + line * 9
        canvas.box(sun + dice.uniform(-12, 12), y, 80 - line * 3 + dice.uniform(0, 30), 3, 1.5, (255, 214, 150), 0.5)
    canvas.hill(lambda x: 306 + 16 * math.sin(2.4 * x + 0.4), (52, 44, 58))
    _lantern(canvas, 168 + 120 * shift, 268, 1.15)


def _balcony(canvas: Canvas, dice: random.Random) -> None:
    canvas.sky([(0, (27, 45, 86)), (0.6, (94, 96, 150)), (0.85, (226, 150, 140)), (1, (246, 190, 150))])
    _stars(canvas, dice, 45, 170)
    for house in range(9):
        wide, tall = dice.randint(48, 76), dice.randint(60, 150)
        x = house * 62 + dice.randint(0, 14)
        canvas.box(x, HEIGHT - tall / 2 - 60, wide, tall, 2, (44, 50, 84))
        for window in range(dice.randint(1, 4)):
            wx, wy = x + dice.choice((-14, 0, 14)), HEIGHT - tall - 46 + 24 * window
            canvas.box(wx, wy, 8, 11, 1, (255, 206, 130), 0.85)
    previous = None
    for bulb in range(12):
        x, y = 20 + bulb * 46, 46 + 26 * math.sin(math.pi * (bulb % 4) / 4)
        if previous:
            for step in range(12):
                share = step / 12
                canvas.disc(
                    previous[0] + (x - previous[0]) * share, previous[1] + (y - previous[1]) * share, 0.9, (20, 24, 44)
                )
        canvas.glow(x, y + 6, 22, WARM, 0.6)
        canvas.disc(x, y + 6, 4.5, (255, 240, 205))
        previous = (x, y)
    canvas.box(WIDTH / 2, 272, WIDTH + 20, 8, 2, (34, 30, 44))
    for bar in range(19):
        canvas.box(bar * 30 + 4, 316, 4, 90, 1, (34, 30, 44))
    canvas.hill(lambda x: 340, (74, 54, 52))
    pot = 390 + dice.uniform(-20, 20)
    for _leaf in range(26):
        turn = dice.uniform(-1.3, 1.3)
        canvas.disc(
            pot + 34 * math.sin(turn),
            292 - dice.uniform(4, 46),
            dice.uniform(5, 10),
            dice.choice(((62, 110, 84), (88, 138, 92), (46, 92, 80))),
        )
    for _ in range(7):
        canvas.disc(pot + dice.uniform(-34, 34), 270 + dice.uniform(-22, 14), 3.6, (244, 144, 132))
    canvas.box(pot, 318, 54, 44, 7, (186, 100, 72))
    canvas.box(180, 334, 130, 12, 3, (120, 84, 62))
    _lantern(canvas, 180, 294, 1.05)


def _dunes(canvas: Canvas, dice: random.Random) -> None:
    canvas.sky([(0, (58, 66, 120)), (0.4, (214, 128, 134)), (0.62, (252, 190, 132)), (1, (254, 222, 170))])
    _stars(canvas, dice, 14, 80)
    canvas.disc(120 + dice.uniform(-30, 60), 74, 17, (255, 244, 222))
    canvas.hill(lambda x: 190, (112, 112, 158))
    for wave in range(9):
        canvas.box(dice.uniform(0, WIDTH), 200 + wave * 5, dice.uniform(60, 180), 2, 1, (232, 186, 170), 0.6)
    canvas.hill(lambda x: 246 - 22 * math.sin(4 * x + 1.2), (206, 152, 112))
    canvas.hill(lambda x: 284 - 26 * math.sin(3 * x + 3.4), (176, 122, 94))
    for _tuft in range(16):
        x = dice.uniform(20, WIDTH - 20)
        for blade in range(5):
            for step in range(14):
                canvas.disc(
                    x + blade * 3 + (blade - 2) * step * 0.35, 292 - step * 2.2 + dice.uniform(0, 1), 1.1, (86, 90, 70)
                )
    canvas.hill(lambda x: 322 - 14 * math.sin(2.6 * x), (132, 90, 76))
    _lantern(canvas, 366 + dice.uniform(-50, 40), 284, 1.25)


def _stars(canvas: Canvas, dice: random.Random, number: int, below: int) -> None:
    for _ in range(number):
        canvas.disc(dice.uniform(0, WIDTH), dice.uniform(0, below), dice.uniform(0.5, 1.2), (255, 250, 235), 0.7)


def _lantern(canvas: Canvas, x: float, y: float, size: float) -> None:
    """The product: a folding solar lantern, alight, with its handle and its panel on top."""
    canvas.glow(x, y, 120 * size, WARM, 0.75)
    for step in range(61):
        turn = math.pi * step / 60
        canvas.disc(
            x + 25 * size * math.cos(turn), y - 36 * size - 24 * size * math.sin(turn), 1.5 * size, (54, 46, 52)
        )
    canvas.box(x, y, 58 * size, 76 * size, 12 * size, (255, 214, 128))
    for fold in range(5):
        canvas.box(x, y + (fold - 2) * 13 * size, 54 * size, 1.6 * size, 0.8 * size, (226, 164, 84), 0.8)
    canvas.glow(x, y, 30 * size, (255, 252, 236), 0.95)
    canvas.box(x, y - 38 * size, 62 * size, 9 * size, 4 * size, (58, 50, 56))
    canvas.box(x, y - 41 * size, 34 * size, 3 * size, 1 * size, (74, 96, 140))
    canvas.box(x, y + 38 * size, 62 * size, 9 * size, 4 * size, (58, 50, 56))
