"""Constants of physics that more than one stage uses (CODATA 2018, exact in the SI)."""

from __future__ import annotations

from typing import Final

#: Molar gas constant, J mol-1 K-1 (to the ten digits that results are made with).
GAS_CONSTANT: Final = 8.314462618
#: Molecules in a mole, mol-1.
AVOGADRO: Final = 6.02214076e23
