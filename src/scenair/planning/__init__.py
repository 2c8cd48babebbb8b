"""Planning: costs of measures, cost curves, least-cost portfolios, needs and indicators.

Pure functions on tables of measures; the figures of a city are the user's. Formulas of control
strategies follow EPA's Control Strategy Tool documentation (USEPA-OAQPS/emf).
"""
