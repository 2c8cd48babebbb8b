"""Text of the DESID namelists."""

from __future__ import annotations

import pytest

from scenair.cmaq import desid_namelist
from scenair.cmaq.desid import Rule
from scenair.core.errors import InputError

SHIPPED = """&Desid_ScalingVars
 Desid_Max_Rules = 2000
/

&Desid_Scaling
 Desid_Rules_nml =
   ! Gases
   'EVERYWHERE', 'ALL'         ,'NO'     ,'NO'          ,'GAS'  ,1.  ,'UNIT','a',
   'EVERYWHERE', 'GR_RES_FIRES' ,'ALL'   ,'PCVOC'      ,'GAS' ,0.0  ,'MASS','o',
/

"""


def test_rules_go_before_the_closing_slash_and_read_back():
    rows = [Rule("C110000", "GR_POWER", "NO", 0.123456789), Rule("T01", "PT_POWER", "PEC", 1.5)]
    merged = desid_namelist.merge_rules(SHIPPED, rows, where="x.nml")
    assert desid_namelist.parse_rules(merged)[-2:] == rows
    assert merged.count("/\n") == 2
    assert merged.index("'C110000'") > merged.index("PCVOC")
    # a second merge replaces the first
    again = desid_namelist.merge_rules(merged, rows[:1], where="x.nml")
    assert desid_namelist.parse_rules(again)[2:] == rows[:1]
    assert desid_namelist.merge_rules(SHIPPED, rows[:1], where="x.nml") == again


def test_many_rules_raise_the_limit_of_the_namelist():
    rows = [Rule(f"R{i % 99}", f"S{i // 99}", "NO", 0.5) for i in range(3000)]
    assert "Desid_Max_Rules = 3202" in desid_namelist.merge_rules(SHIPPED, rows, where="x.nml")


@pytest.mark.parametrize("text", ["", "&Other\n/\n", "&Desid_Scaling\n 'A',"])
def test_a_namelist_without_rules_is_refused(text):
    with pytest.raises(InputError, match="no DESID rules section"):
        desid_namelist.merge_rules(text, [], where="x.nml")


def test_control_namelist_declares_every_region():
    text = desid_namelist.control_namelist(["EVERYWHERE", *(f"C{i}" for i in range(80))])
    assert "Desid_Max_Reg = 91" in text
    assert text.count("'CMAQ_MASKS'") == 80
    assert text.count("'EVERYWHERE'") == 1
    assert text.count("&") == text.count("\n/")
