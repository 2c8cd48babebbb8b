"""The stage surrogate: a conservative reduced-form model of seasonal concentrations.

Steady state by calendar quarter: transport on mass-consistent winds (:mod:`.operator`), wet and
dry removal (:mod:`.removal`), first-order conversion and the NH3-HNO3-SO4 equilibrium
(:mod:`.aerosol`), solved by :mod:`.solver`, put together by :mod:`.model`. Absolute values never
decide attainment; the relative response does.
"""
