"""Seeded mutants of problem files: what typing mistakes, broken editors and hostile people make of them."""

import random
import re
from collections.abc import Iterator

NUMBER = re.compile(r"(?<![\w.])[-+]?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?(?![\w.])")
WORD = re.compile(r"[A-Za-z_]{3,}")
NASTY = [
    *("nan", "inf", "-inf", "true", "false", "0", "-1", "1.5", "1e308", "1e400", "-0.0", "5e-324", '"x"', "[]", "{}"),
    *(
        "2008-01-16",
        "0x1F",
        "1_000",
        "''",
        "[[]]",
        "[1, [2]]",
        "{ a = 1 }",
        "9" * 30,
        "9" * 500,
        "1e-999",
        "07",
        "+",
        "",
    ),
]
LINES = [
    *(
        "[",
        "]",
        "=",
        "a = 1",
        "[a]",
        "[[model]]",
        "[model]",
        "[options]",
        "seed = 1",
        "x.y.z = 2",
        '"" = 1',
        "\x00",
        "﻿",
    ),
    *('"""', "'''", "# comment", "[model.settings]", "[a.b.c.d.e.f.g.h.i.j]", "kind = 'bound'", "[behavior]", "\\"),
]


def mutants(texts: list[str], count: int, seed: int) -> Iterator[bytes]:
    """Yield `count` mutants of the texts, the same for the same seed."""
    chance = random.Random(seed)
    for _ in range(count):
        text = chance.choice(texts)
        for _ in range(chance.choice([1, 1, 1, 2, 3])):
            text = chance.choice(MUTATIONS)(text, chance)
        raw = text.encode("utf-8", "surrogatepass")
        yield _bytes(raw, chance) if chance.random() < 0.1 else raw


def _at(pattern: re.Pattern[str], text: str, chance: random.Random) -> re.Match[str] | None:
    found = list(pattern.finditer(text))
    return chance.choice(found) if found else None


def _number(text: str, chance: random.Random) -> str:
    found = _at(NUMBER, text, chance)
    return text if found is None else text[: found.start()] + chance.choice(NASTY) + text[found.end() :]


def _letter(text: str, chance: random.Random) -> str:
    found = _at(WORD, text, chance)
    if found is None:
        return text
    word, place = found.group(), chance.randrange(len(found.group()))
    new = chance.choice([word[:place] + word[place + 1 :], word[:place] + chance.choice("aeioux_1") + word[place:]])
    return text[: found.start()] + new + text[found.end() :]


def _character(text: str, chance: random.Random) -> str:
    place = chance.randrange(len(text) + 1)
    return text[:place] + chance.choice('[]{}=,."#\n\t\\é') + text[place + chance.choice([0, 1]) :]


def _lines(text: str, chance: random.Random) -> str:
    lines = text.split("\n")
    place, other = chance.randrange(len(lines)), chance.randrange(len(lines))
    action = chance.randrange(4)
    if action == 0:
        del lines[place]
    elif action == 1:
        lines.insert(other, lines[place])
    elif action == 2:
        lines[place], lines[other] = lines[other], lines[place]
    else:
        lines.insert(place, chance.choice(LINES))
    return "\n".join(lines)


def _truncate(text: str, chance: random.Random) -> str:
    return text[: chance.randrange(len(text) + 1)]


def _bytes(raw: bytes, chance: random.Random) -> bytes:
    place = chance.randrange(len(raw) + 1)
    return raw[:place] + bytes([chance.randrange(256)]) + raw[place + 1 :]


MUTATIONS = [_number, _number, _letter, _letter, _character, _lines, _lines, _truncate]
