"""What happened in the history years: analytics of the inventory itself."""

from __future__ import annotations

from typing import Final

#: Names of the analytics; each is a rule ``inventory_{name}``.
ANALYTICS: Final = (
    "sectors",
    "falling",
    "tapio",
    "ekc",
    "lmdi",
    "lorenz",
    "gini",
    "cocontrol",
    "measures",
    "maps",
    "change",
)
